"""Detect the encoding of a text, and convert the text to UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from service.errors import InvalidBody, UnreadableFile

UTF_8 = "utf-8"

_MARKS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",  # before UTF-16, whose mark is the start of one of these
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_START = 64
"""The number of bytes that show UTF-16 without a byte order mark: nearly every other one is zero."""
_WORD = re.compile(r"\w*[^\W\d_a-zA-Z]+\w*")
_LEGACY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "mac_roman", "cp850"),
    *("cp932", "gb18030", "big5", "cp949", "euc_jp"),
)
"""The encodings that may be suggested."""
_WESTERN = "ÄÖÜÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØŒÙÚÛäöüßàáâãåæçèéêëìíîïñòóôõøœùúûÿ\u2018\u2019“”„\u201a«»\u2013—…€£§°ºª·¡¿©®\xa0"
_NOT_WESTERN = re.compile(
    rf"[^\x00-\x7f{_WESTERN}]|[^\W\d_a-zA-Z]{{3}}|[a-zà-ÿ][À-ÞŒ]"
    r"|[^\W\d_][\u2018“”„\u201a«»…€¡¿©®][^\W\d_]|[£§°ª][^\W\d_]"
)
"""Marks of other languages in a text that is read as cp1252, such as three accents in a row or a capital in a word."""


def detect_encoding(head: bytes, named: str | None) -> tuple[str, int]:
    """Return the encoding of a text with these first bytes, and the length of its byte order mark.

    Args:
        head: The first bytes.
        named: The encoding that the caller named; a byte order mark has precedence.
    """
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, len(mark)
    if named == "utf-16":
        return _utf16(head) or "utf-16-le", 0
    return named or _utf16(head) or UTF_8, 0


def to_utf8(blocks: Iterable[bytes], encoding: str, mark: int) -> Iterator[bytes]:
    """Yield a text in UTF-8 without its byte order mark. Bytes that cannot be decoded stay invalid as UTF-8.

    Raises:
        UnreadableFile: The text ends in the middle of a character, or cannot be decoded further.
    """
    if encoding == UTF_8:
        for block in blocks:
            yield block[mark:] if mark else block
            mark = 0
        return
    decoder = codecs.getincrementaldecoder(encoding)(_lenient(encoding))
    try:
        for block in blocks:
            yield decoder.decode(block[mark:]).encode(errors="surrogatepass")
            mark = 0
        yield decoder.decode(b"", final=True).encode(errors="surrogatepass")
    except UnicodeError as exc:  # not only UnicodeDecodeError
        raise UnreadableFile(
            f"The file is not {encoding}, or incomplete. Name its encoding, or save it again."
        ) from exc


def is_legacy(head: bytes) -> bool:
    """Return whether the first bytes of a text are in a legacy encoding: most of their characters are not UTF-8."""
    text = codecs.getincrementaldecoder(UTF_8)("replace").decode(head)
    invalid = text.count("\ufffd")
    return 2 * invalid > sum(not character.isascii() for character in text)


def is_utf8(head: bytes) -> bool:
    """Return whether the first bytes are UTF-8; the last character may be incomplete."""
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def not_utf8(data: bytes, *, subject: str) -> str:
    """Return the sentence for data that are not UTF-8, with the encoding that they seem to have.

    Args:
        data: The data.
        subject: The name of the data in the sentence, such as `The file`.
    """
    if (encoding := _suggest(data)) is None:
        return f"{subject} is not UTF-8. Save the file as UTF-8, or name its encoding."
    word = _WORD.search(data.decode(encoding, "replace"))
    sample = f", where a word is {word[0][:40]!r}" if word else ""
    return (
        f"{subject} is not UTF-8. It looks like {encoding}{sample}. Name that encoding (--encoding {encoding}, or "
        f"?encoding={encoding} over HTTP), or save the file as UTF-8."
    )


def bad_line(line: bytes, encoding: str) -> InvalidBody:
    """Return the error for a line with bytes that the encoding of its file does not have."""
    if encoding == UTF_8:
        return InvalidBody.at("", not_utf8(line, subject="The line"), "encoding")
    return InvalidBody.at("", f"The line has bytes that {encoding} does not have. Name another encoding.", "encoding")


def _suggest(data: bytes) -> str | None:
    western = data.decode("cp1252", "replace")
    if _NOT_WESTERN.search(western) is None:  # a few accents are too little for the statistics below
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, and rarely needed

    found = from_bytes(data[: 1 << 16], cp_isolation=list(_LEGACY)).best()
    if found is None:
        return None
    return "cp1252" if western == data.decode(found.encoding, "replace") else found.encoding


def _utf16(head: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, of mostly Latin characters; None if the text is none."""
    start = head[: min(_START, len(head) // 2 * 2)]
    pairs = len(start) // 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if pairs >= 2 and max(even, odd) >= 0.8 * pairs and min(even, odd) <= 0.1 * pairs:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _lenient(encoding: str) -> str:
    """Return the error handler with which bytes that cannot be decoded become lone surrogates."""
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
