"""Open a file of any supported format as numbered JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from service.transfer.files.charset import UTF_8, detect_encoding, to_utf8
from service.transfer.files.csv_rows import read_rows
from service.transfer.files.dialect import SEPARATORS, detect_dialect
from service.transfer.files.flat_json import read_flat
from service.transfer.files.json_layout import BLANK, Layout, detect_layout
from service.transfer.files.json_values import read_json
from service.transfer.files.legacy_encodings import check_encoding
from service.transfer.files.options import FileOptions
from service.transfer.files.other_formats import check_text, is_zip
from service.transfer.files.tables import read_table
from service.transfer.files.text_lines import MAX_LINE
from service.transfer.files.unpack import BLOCK, Readable, peek, unpack
from service.transfer.files.workbook import Workbook

NumberedValue: TypeAlias = tuple[int, object]
"""The number of a line with its JSON value, or with its `ServiceError`."""


@dataclass(frozen=True, slots=True)
class Form:
    """The detected format of a file, with its encoding, separator, compression and sheet."""

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
    """An iterator over the numbered values of a file, with the form of the file."""

    def __init__(self, form: Form, values: Iterator[NumberedValue]) -> None:
        self.form = form
        self._values = values

    def __next__(self) -> NumberedValue:
        return next(self._values)


def open_lines(stream: Readable, options: FileOptions) -> OpenFile:
    """Return the lines of a file, each with its number and its JSON value or its error.

    The format, compression and encoding are detected from the first bytes. The stream is read forward only, with
    one line at a time in memory. Values are numbered by line, or by position if JSON values span lines.

    Raises:
        UnreadableFile: The file as a whole cannot be read.
        TooLarge: The file exceeds a limit. The returned iterator may also raise both errors.
    """
    compression, blocks = unpack(stream, limit=options.limit)
    head, blocks = peek(blocks, BLOCK)
    if is_zip(head):
        workbook = Workbook(blocks, options.names)
        return OpenFile(Form("workbook", sheet=workbook.sheet), read_table(workbook, options, sheet=workbook.sheet))
    check_text(head)
    encoding, mark = detect_encoding(head, options.encoding)
    head, text = peek(to_utf8(blocks, encoding, mark), BLOCK)
    start = head.lstrip(BLANK)
    if not start:
        return OpenFile(Form("empty file", compression=compression), iter(()))
    if start[:1] in (b"{", b"["):
        return _open_json(text, encoding, compression, options)
    dialect = detect_dialect(head, options.names)
    if encoding == UTF_8:
        check_encoding(head, dialect.line_end)
    rows = read_table(read_rows(text, dialect, encoding), options)
    return OpenFile(Form("CSV", encoding, dialect.separator, compression), rows)


def _open_json(text: Iterator[bytes], encoding: str, compression: str | None, options: FileOptions) -> OpenFile:
    head, text = peek(text, MAX_LINE + 1)
    layout = detect_layout(head.lstrip(BLANK))
    name = "NDJSON" if layout in (Layout.LINES, Layout.COPIED_LINES) else "JSON"
    values = read_flat(read_json(text, head, layout, encoding), options)
    return OpenFile(Form(name, encoding, compression=compression), values)
