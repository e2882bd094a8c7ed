"""Reject text in a legacy encoding that the caller did not name, and suggest the encoding."""

from __future__ import annotations

import codecs
import re

from service.errors import InvalidBody, UnreadableFile
from service.transfer.files.charset import UTF_8

_WORD = re.compile(r"\w*[^\W\d_a-zA-Z]+\w*")
_LEGACY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "mac_roman", "cp850"),
    *("cp932", "gb18030", "big5", "cp949", "euc_jp"),
)
"""The encodings that an error may suggest."""
_WESTERN = "ÄÖÜÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØŒÙÚÛäöüßàáâãåæçèéêëìíîïñòóôõøœùúûÿ\u2018\u2019“”„\u201a«»\u2013—…€£§°ºª·¡¿©®\xa0"
_NOT_WESTERN = re.compile(
    rf"[^\x00-\x7f{_WESTERN}]|[^\W\d_a-zA-Z]{{3}}|[a-zà-ÿ][À-ÞŒ]"
    r"|[^\W\d_][\u2018“”„\u201a«»…€¡¿©®][^\W\d_]|[£§°ª][^\W\d_]"
)
"""Signs that a text decoded as cp1252 has another encoding, such as three accents in a row."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x19]")
_LEGACY_SHARE = 0.1
"""If at least this share of lines is not UTF-8, the whole file is rejected."""


def check_encoding(head: bytes, line_end: bytes) -> None:
    """Check that a text with these first bytes is UTF-8, except for a few lines.

    These lines are rejected one by one when they are read.

    Raises:
        UnreadableFile: The text is in a legacy encoding, which the error suggests, or is binary data.
    """
    if _is_legacy(head):
        header, *lines = head.strip().split(line_end)
        bad = sum(not line.isascii() for line in lines)
        if bad == len(lines) or (bad > 1 and bad >= _LEGACY_SHARE * len(lines)) or not header.isascii():
            raise UnreadableFile(not_utf8(head, subject="The file"))


def _is_legacy(head: bytes) -> bool:
    """Return whether most of the characters outside ASCII are not valid UTF-8."""
    text = codecs.getincrementaldecoder(UTF_8)("replace").decode(head)
    invalid = text.count("\ufffd")
    return 2 * invalid > sum(not character.isascii() for character in text)


def not_utf8(data: bytes, *, subject: str) -> str:
    """Return the error text for data that are not UTF-8, with the encoding that they seem to have.

    Args:
        data: The data.
        subject: The name of the data in the text, such as `The file`.
    """
    if _BINARY.search(data):
        return f"{subject} is binary data and not UTF-8. Import CSV, TSV, JSON or a workbook (.xlsx)."
    if (encoding := _suggest(data)) is None:
        return f"{subject} is not UTF-8. Save the file as UTF-8, or name its encoding."
    word = _WORD.search(data.decode(encoding, "replace"))
    sample = f", where a word is {word[0][:40]!r}" if word else ""
    return (
        f"{subject} is not UTF-8. It looks like {encoding}{sample}. Name that encoding (--encoding {encoding}, or "
        f"?encoding={encoding} over HTTP), or save the file as UTF-8."
    )


def bad_line(line: bytes, encoding: str) -> InvalidBody:
    """Return the error for a line with bytes that are invalid in the encoding of the file."""
    if encoding == UTF_8:
        return InvalidBody.at("", not_utf8(line, subject="The line"), "encoding")
    return InvalidBody.at("", f"The line has bytes that are invalid in {encoding}. Name another encoding.", "encoding")


def _suggest(data: bytes) -> str | None:
    """Return the encoding that data seem to have; None if it cannot be guessed."""
    western = data.decode("cp1252", "replace")
    if _NOT_WESTERN.search(western) is None:  # charset_normalizer needs more than a few accents
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, and rarely needed

    found = from_bytes(data[: 1 << 16], cp_isolation=list(_LEGACY)).best()
    if found is None:
        return None
    return "cp1252" if western == data.decode(found.encoding, "replace") else found.encoding
