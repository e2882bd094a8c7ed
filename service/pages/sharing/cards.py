"""Draw the cards of link previews: a heading, a few lines and, if it is known, the estimate."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from service.methods.rating import Reliability
from service.pages.sharing.card_text import drawable, text_rows

WIDTH, HEIGHT = 1200, 630

_FOLDER = Path(__file__).parent / "fonts"
_PAPER, _INK, _FAINT, _MARK, _RAIL, _AVERAGE = "#fbfaf6", "#1d1c1a", "#5d5850", "#24567f", "#dedacf", "#8a6a1f"
_LEFT, _RIGHT = 72, WIDTH - 72
_LONGEST = 400
"""The largest number of characters of a text to draw; more do not fit on a card."""


@dataclass(frozen=True, slots=True)
class Card:
    """The content of a link preview's card."""

    heading: str
    lines: Sequence[str]
    foot: str
    estimate: Reliability | None = None
    average: float | None = None
    """The share of the outlet's claims that an average outlet would get right."""

    @property
    def text(self) -> str:
        """All texts of the card, one per line, as a description of the picture."""
        return "\n".join([self.heading, *self.lines, self.foot])


def draw_card(card: Card) -> bytes:
    """Draw a card as a PNG file, with its text as the description in the metadata."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 14), fill=_MARK)
    pen.text((_LEFT, 52), "Borneout", font=_font(30, bold=True), fill=_MARK)
    bottom = HEIGHT - (236 if card.estimate else 110)
    y = _write(pen, card.heading, 112, size=52, bold=True, color=_INK, rows=2 if card.estimate else 3)
    for number, line in enumerate(card.lines):
        if y + 50 < bottom:
            size, color = (36, _INK) if number == 0 else (30, _FAINT)
            y = _write(pen, line, y + 18, size=size, bold=False, color=color, rows=max(1, (bottom - y) // (size + 12)))
    if card.estimate is not None:
        _draw_scale(pen, card.estimate, card.average)
    _write(pen, card.foot, HEIGHT - 74, size=24, bold=False, color=_FAINT, rows=1)
    about = PngInfo()
    about.add_itxt("Description", drawable(card.text))
    file = io.BytesIO()
    image.quantize(32, method=Image.Quantize.FASTOCTREE).save(file, "PNG", pnginfo=about)
    return file.getvalue()


def _write(pen: ImageDraw.ImageDraw, text: str, y: int, *, size: int, bold: bool, color: str, rows: int) -> int:
    """Draw a text in at most `rows` rows, truncating a longer one, and return the y position below it."""
    font = _font(size, bold=bold)
    for row in text_rows(drawable(" ".join(text[:_LONGEST].splitlines())), font, width=_RIGHT - _LEFT, most=rows):
        pen.text((_LEFT, y), row, font=font, fill=color)
        y += size + 12
    return y


def _draw_scale(pen: ImageDraw.ImageDraw, found: Reliability, average: float | None) -> None:
    """Draw an estimate with its interval on a scale from 0 to 100 %, as the pages do."""
    y, label = HEIGHT - 168, _font(22, bold=False)

    def x(share: float) -> float:
        return _LEFT + share * (_RIGHT - _LEFT)

    pen.line((_LEFT, y, _RIGHT, y), fill=_RAIL, width=6)
    pen.line((x(found.lower), y, x(found.upper), y), fill=_MARK, width=12)
    if average is not None:
        pen.line((x(average), y - 30, x(average), y + 30), fill=_AVERAGE, width=5)
    pen.ellipse((x(found.mean) - 17, y - 17, x(found.mean) + 17, y + 17), fill=_MARK, outline=_PAPER, width=4)
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        pen.text((x(share), y + 30), f"{100 * share:.0f} %", font=label, fill=_FAINT, anchor=anchor)


@functools.cache
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    path = _FOLDER / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
