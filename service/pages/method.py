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
# Wide parts scroll in a region that the keyboard can focus. Empty header cells become data cells.
_FRAMED = {
    "</table>": "</table></div>",
    "<pre>": '<pre tabindex="0">',
    "<th></th>": "<td></td>",
}
_TABLE = Markup(
    '<div class="scroll" role="region" aria-label="{place}. {heading}" tabindex="0"><table>'
    '<caption class="hidden">{heading}</caption>'
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
    chapters: list[tuple[str, str]] = []
    heading = ""
    tables: list[Markup] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            token.attrSet("id", slug_of(following.content))
            heading = following.content
            if token.tag == "h1":
                chapters.append((slug_of(following.content), following.content))
        if token.type in ("heading_open", "heading_close") and len(chapters) > 1:
            token.tag = f"h{int(token.tag[1]) + 1}"  # a page has one h1
        if token.type == "table_open":
            tables.append(_TABLE.format(place=f"Table {len(tables) + 1}", heading=heading))
        for inline in token.children or ():
            _adapt(inline)
    # Safe, because the parser escapes HTML in the text.
    html = Markup(_READER.renderer.render(tokens, _READER.options, {}))  # noqa: S704
    first, *others = html.split("<table>")
    html = first + Markup().join(table + part for table, part in zip(tables, others, strict=True))
    for written, shown in _FRAMED.items():
        html = html.replace(Markup(written), Markup(shown))  # noqa: S704 - as above
    return html, chapters[1:]


def _adapt(token: Token) -> None:
    """Unlink files of the repository, which have no page, and keep percent signs next to their numbers."""
    if token.type == "link_open" and not str(token.attrs.get("href", "")).startswith(("#", "http")):
        del token.attrs["href"]
    if token.type == "text":
        token.content = token.content.replace(" %", "\N{NO-BREAK SPACE}%")
