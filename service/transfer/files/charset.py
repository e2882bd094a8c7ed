"""Detect the encoding of a text, and convert the text to UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from service.errors import UnreadableFile

UTF_8 = "utf-8"

_MARKS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",  # before UTF-16, because a mark of UTF-32 begins with one of UTF-16
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_START = 64
"""The number of bytes at the start of a text that are checked for UTF-16 without a byte order mark."""


def detect_encoding(head: bytes, named: str | None) -> tuple[str, int]:
    """Return the encoding of a text with these first bytes, and the length of its byte order mark.

    Args:
        head: The first bytes.
        named: The encoding that the caller named. A byte order mark takes precedence.
    """
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, len(mark)
    if named == "utf-16":
        return _utf16(head) or "utf-16-le", 0
    return named or _utf16(head) or UTF_8, 0


def to_utf8(blocks: Iterable[bytes], encoding: str, mark: int) -> Iterator[bytes]:
    """Yield a text as UTF-8 without its byte order mark.

    Bytes that cannot be decoded become invalid UTF-8, so that their lines are rejected later.

    Raises:
        UnreadableFile: The text ends in the middle of a character, or the rest of it cannot be decoded.
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
    except UnicodeError as exc:  # some codecs raise this instead of UnicodeDecodeError
        raise UnreadableFile(
            f"The file is not {encoding}, or is incomplete. Name its encoding, or save it again."
        ) from exc


def is_utf8(head: bytes) -> bool:
    """Return whether the first bytes are UTF-8; the last character may be incomplete."""
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _utf16(head: bytes) -> str | None:
    """Return the encoding of a text that seems to be UTF-16 without a byte order mark, else None.

    In UTF-16 with mostly Latin characters, about every other byte is zero.
    """
    start = head[: min(_START, len(head) // 2 * 2)]
    pairs = len(start) // 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if pairs >= 2 and max(even, odd) >= 0.8 * pairs and min(even, odd) <= 0.1 * pairs:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _lenient(encoding: str) -> str:
    """Return the error handler that decodes invalid bytes as lone surrogates."""
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
