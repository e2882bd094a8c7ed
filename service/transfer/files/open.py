"""Open a file of any supported format as numbered JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from service.transfer.files.cells import read_object
from service.transfer.files.charset import UTF_8, detect_encoding, to_utf8
from service.transfer.files.columns import known_names
from service.transfer.files.csv_rows import SEPARATORS, check_encoding, detect_dialect, read_rows
from service.transfer.files.json_values import has_a_value_a_line, has_wrapped_items, read_documents, read_ndjson
from service.transfer.files.locales import LOCALES
from service.transfer.files.options import FileOptions
from service.transfer.files.tables import read_table
from service.transfer.files.text_lines import MAX_LINE
from service.transfer.files.unpack import BLOCK, Readable, check_text, is_zip, peek, unpack
from service.transfer.files.workbook import Workbook

NumberedValue: TypeAlias = tuple[int, object]
"""The number of a line with its JSON value, or with its `ServiceError`."""

_BLANK = b" \t\r\n\x1e"


@dataclass(frozen=True, slots=True)
class Form:
    """The detected form of a file."""

    format: str
    encoding: str | None = None
    separator: str | None = None
    compression: str | None = None
    sheet: str | None = None

    def __str__(self) -> str:
        words = [self.format]
        if self.encoding is not None:
            words.append(f"in {self.encoding.upper()}")
        if self.separator is not None:
            words.append(f"separated by {SEPARATORS.get(self.separator, repr(self.separator))}")
        if self.sheet is not None:
            words.append(f"sheet {self.sheet!r}")
        if self.compression is not None:
            words.append(f"compressed with {self.compression}")
        return ", ".join(words)


class OpenFile(Iterator[NumberedValue]):
    """The values of a file, and its form."""

    def __init__(self, form: Form, values: Iterator[NumberedValue]) -> None:
        self.form = form
        self._values = values

    def __next__(self) -> NumberedValue:
        return next(self._values)


def open_lines(stream: Readable, options: FileOptions) -> OpenFile:
    """Return the lines of a file, each with its number and its JSON value or its error.

    The format, compression and encoding are detected from the first bytes. The stream is read forward only, and a line
    at a time is in memory. The number is that of the line in the file; in an array of JSON it is the ordinal of the
    item.

    Args:
        stream: The file.
        options: The options that the caller gave.

    Raises:
        UnreadableFile: The file as a whole cannot be read. This and the next are also raised while lines are read.
        TooLarge: The file exceeds a limit.
    """
    compression, blocks = unpack(stream, limit=options.limit)
    head, blocks = peek(blocks, BLOCK)
    if is_zip(head):
        workbook = Workbook(blocks)
        return OpenFile(Form("workbook", sheet=workbook.sheet), read_table(workbook, options))
    check_text(head)
    encoding, mark = detect_encoding(head, options.encoding)
    text_head, text = peek(to_utf8(blocks, encoding, mark), BLOCK)
    if (start := text_head.lstrip(_BLANK))[:1] in (b"{", b"["):
        text_head, text = peek(text, MAX_LINE + 1)
        start = text_head.lstrip(_BLANK)
    if not start:
        return OpenFile(Form("empty file", compression=compression), iter(()))
    if start[:1] in (b"{", b"["):
        is_wrapped = has_wrapped_items(start)
        is_ndjson = not is_wrapped and has_a_value_a_line(start)
        if is_ndjson:
            values = read_ndjson(text, text_head, encoding)
        else:
            values = read_documents(text, encoding, is_wrapped=is_wrapped)
        return OpenFile(
            Form("NDJSON" if is_ndjson else "JSON", encoding, compression=compression), _flat(values, options)
        )
    dialect = detect_dialect(text_head, options)
    if encoding == UTF_8:
        check_encoding(text_head, dialect.line_end)
    rows = read_table(read_rows(text, dialect, encoding), options)
    return OpenFile(Form("CSV", encoding, dialect.separator, compression), rows)


def _flat(values: Iterator[NumberedValue], options: FileOptions) -> Iterator[NumberedValue]:
    """Yield values, of which flat lines have the names of their columns, and national cells if there is a locale."""
    locale = LOCALES[options.locale] if options.locale else None
    known = known_names(options.names)
    for number, value in values:
        yield number, read_object(value, known, locale) if isinstance(value, dict) else value
