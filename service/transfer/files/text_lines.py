"""Split a text into lines of limited length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.errors import TooLarge

MAX_LINE = 1 << 20  # bytes


def split_lines(blocks: Iterable[bytes], end: bytes) -> Iterator[bytes | None]:
    """Yield each line without its line end; None for a line longer than `MAX_LINE`."""
    rest, is_long = b"", False
    for block in blocks:
        first, *lines = block.split(end)
        rest = b"" if is_long else rest + first
        for line in lines:
            yield None if is_long or len(rest) > MAX_LINE else rest
            rest, is_long = line, False
        if len(rest) > MAX_LINE:
            rest, is_long = b"", True
    if is_long:
        yield None
    elif rest:
        yield rest


def too_long(subject: str = "line") -> TooLarge:
    """Return the error for a line or an item longer than `MAX_LINE`."""
    return TooLarge(f"The {subject} is longer than {MAX_LINE:,} bytes. Split it into several.")


def find_line_end(head: bytes, *, quotes: bool) -> bytes:
    r"""Return the line end of a text with these first bytes.

    Args:
        head: The first bytes, in UTF-8.
        quotes: Whether to ignore line ends inside quotes.

    >>> find_line_end(b'"a\nb",c\rd', quotes=True), find_line_end(b"a\r\nb", quotes=True)
    (b'\r', b'\n')
    """
    unquoted = b"".join(head.split(b'"')[::2]) if quotes else head
    cr, lf = unquoted.find(b"\r"), unquoted.find(b"\n")
    return b"\r" if cr >= 0 and (lf < 0 or (quotes and cr + 1 < lf)) else b"\n"
