"""/method: the calculation of scores, from docs/method.md of the repository"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib import resources

from flask import Response
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from service.pages.layout import page_blueprint, show
from service.values.names import slug_of
from service.values.vocabulary import Scope
from service.web.auth import requires

blp = page_blueprint("method")

_READER = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])
# Wide parts scroll in a region that the keyboard can focus.
_TABLE = Markup(
    '<div class="scroll" role="region" aria-label="{place}. {heading}" tabindex="0"><table>'
    '<caption class="hidden">{heading}</caption>\n'
)


@blp.get("/method")
@requires(Scope.READ)
def get_method() -> Response:
    """Show how scores are calculated."""
    text, chapters = _read()
    return show("method.html", text=text, chapters=chapters)


@functools.cache
def _read() -> tuple[Markup, Sequence[tuple[str, str]]]:
    """Convert docs/method.md to HTML; return it with its chapters as pairs of anchor and title."""
    tokens = _READER.parse(resources.files("service.pages").joinpath("method.md").read_text("utf-8"))
    chapters = _adapt_headings(tokens)
    _adapt_blocks(tokens)
    for token in tokens:
        for inline in token.children or ():
            _adapt_inline(inline)
    # Safe, because the parser escapes HTML in the text.
    return Markup(_READER.renderer.render(tokens, _READER.options, {})), chapters  # noqa: S704


def _adapt_headings(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """Add anchors to the headings, and lower all chapters by one level, because a page has one h1.

    Returns:
        The anchors and titles of the chapters.
    """
    chapters: list[tuple[str, str]] = []
    for opening, text, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        anchor = slug_of(text.content)
        opening.attrSet("id", anchor)
        if opening.tag == "h1":
            chapters.append((anchor, text.content))
        if len(chapters) > 1:
            opening.tag = closing.tag = f"h{int(opening.tag[1]) + 1}"
    return chapters[1:]


def _adapt_blocks(tokens: Sequence[Token]) -> None:
    """Let tables and code blocks scroll and take the focus, and turn empty header cells into data cells."""
    heading, tables = "", 0
    for index, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                heading = tokens[index + 1].content
            case "table_open":
                tables += 1
                token.type, token.content = "html_block", _TABLE.format(place=f"Table {tables}", heading=heading)
            case "table_close":
                token.type, token.content = "html_block", "</table></div>\n"
            case "code_block" | "fence":
                token.type = "code_block"
                token.attrSet("tabindex", "0")
            case "th_open" if not tokens[index + 1].content:
                token.tag = tokens[index + 2].tag = "td"


def _adapt_inline(token: Token) -> None:
    """Unlink files of the repository, which have no page, and keep percent signs next to their numbers."""
    if token.type == "link_open" and not str(token.attrs.get("href", "")).startswith(("#", "http")):
        del token.attrs["href"]
    if token.type == "text":
        token.content = token.content.replace(" %", "\N{NO-BREAK SPACE}%")
