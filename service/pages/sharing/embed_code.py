"""HTML that other sites copy to show an outlet's record, as a badge or a framed card. Pure."""

from __future__ import annotations

from markupsafe import Markup

WIDTH, HEIGHT = 480, 180
"""The default size of the card in pixels."""


def badge_code(address: str, slug: str, name: str, question: str) -> Markup:
    """Return the HTML of a badge that links to the page of an outlet."""
    page = f"{address}/outlets/{slug}"
    return Markup(
        '<a href="{}{}"><img src="{}/badge.svg{}" alt="The record of {} on Borneout" height="22"></a>'
    ).format(page, question, page, question, name)


def frame_code(
    address: str, slug: str, name: str, question: str, *, width: int = WIDTH, height: int = HEIGHT
) -> Markup:
    """Return the HTML of a frame that shows the card of an outlet."""
    return Markup(
        '<iframe src="{}/embed/outlets/{}{}" width="{}" height="{}" title="The record of {} on Borneout" '
        'loading="lazy" style="border:0"></iframe>'
    ).format(address, slug, question, width, height, name)
