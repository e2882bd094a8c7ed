"""Prepare texts for cards: replace characters that the fonts lack, and wrap lines."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii
from PIL import ImageFont

# Characters that the fonts lack. They are transliterated as in slugs.
_UNDRAWABLE = re.compile(
    "[^\u0020-\u007e\u00a0-\u02af\u0370-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u214f\u2212]+"
)


def drawable(text: str) -> str:
    r"""Transliterate characters that the fonts lack, and remove invisible ones; keep the line breaks.

    >>> drawable("Ελλάδα\u202e и Łódź"), drawable("東京\u0000新聞")
    ('Ελλάδα и Łódź', 'DongJingXinWen')
    """
    return "\n".join(_letters(line) for line in text.splitlines())


def _letters(line: str) -> str:
    visible = "".join(char for char in unicodedata.normalize("NFC", line) if unicodedata.category(char)[0] != "C")
    return re.sub(" +", " ", _UNDRAWABLE.sub(lambda found: anyascii(found[0]), visible)).strip()


def text_rows(text: str, font: ImageFont.FreeTypeFont, *, width: int, most: int) -> list[str]:
    """Wrap a text to at most `most` rows of a width in pixels, ending a longer text with an ellipsis.

    Words are broken only if they are wider than a row.
    """
    rows: list[str] = []
    while text and len(rows) < most:
        end = _fitting(text, font, width)
        if end < len(text) and (space := text.rfind(" ", 0, end + 1)) > 0:
            end = space
        rows.append(text[:end])
        text = text[end:].lstrip()
    if text:
        last = rows[-1]
        while last and font.getlength(last + "…") > width:
            last = last[:-1]
        rows[-1] = last.rstrip() + "…"
    return rows


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> int:
    """Return the number of characters at the start of a text that fit into a row; at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= width else (low, middle - 1)
    return low
