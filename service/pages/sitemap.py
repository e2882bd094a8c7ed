"""/sitemap.xml: the addresses of all pages for search engines, in several files if there are many"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.pages.layout import page_blueprint
from service.storage.models import Claim, Outlet
from service.transfer import sitemap
from service.transfer.sitemap import PageAddress
from service.values.instants import format_instant
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.publisher import public_address
from service.web.text_stream import stream_texts

blp = page_blueprint("sitemap")

_PAGES = ("/", "/claims", "/outlets", "/topics", "/method", "/docs")
"""The pages that always exist."""
_XML = "application/xml; charset=utf-8"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NO_ADDRESS = "A sitemap has absolute addresses, and this service has none until its operator sets BORNEOUT_PUBLIC_URL."


@blp.get("/sitemap.xml")
@requires(Scope.READ)
def get_sitemap() -> Response:
    """Return a sitemap of all pages or, if there are too many for one, an index of several sitemaps."""
    site = _site()

    def read(session: Session) -> Iterator[str]:
        if sitemap.count_pages(session) + len(_PAGES) > sitemap.MOST:
            yield from _index(site, session)
        else:
            outlets, claims = sitemap.outlet_pages(session, None), sitemap.claim_pages(session, None)
            yield from _urls(site, _PAGES, _chain(sitemap.topic_pages(session), outlets, claims))

    return stream_texts(read, _XML)


@blp.get("/sitemaps/pages.xml")
@requires(Scope.READ)
def get_other_pages() -> Response:
    """Return the part of the sitemap that lists topic pages and the pages that always exist."""
    site = _site()
    return stream_texts(lambda session: _urls(site, _PAGES, sitemap.topic_pages(session)), _XML)


@blp.get("/sitemaps/outlets-<uuid:start>.xml")
@requires(Scope.READ)
def get_outlet_pages(start: UUID) -> Response:
    """Return the part of the sitemap that lists outlet pages, starting at this id."""
    site = _site()
    return stream_texts(lambda session: _urls(site, (), sitemap.outlet_pages(session, start)), _XML)


@blp.get("/sitemaps/claims-<uuid:start>.xml")
@requires(Scope.READ)
def get_claim_pages(start: UUID) -> Response:
    """Return the part of the sitemap that lists claim pages, starting at this id."""
    site = _site()
    return stream_texts(lambda session: _urls(site, (), sitemap.claim_pages(session, start)), _XML)


def _site() -> str:
    if (site := public_address()) is None:
        raise NotFound(_NO_ADDRESS)
    return site


def _chain(*parts: Iterable[PageAddress]) -> Iterator[PageAddress]:
    for part in parts:
        yield from part


def _index(site: str, session: Session) -> Iterator[str]:
    yield f"{_HEAD}<sitemapindex {_SPACE}>\n"
    yield f"<sitemap><loc>{site}/sitemaps/pages.xml</loc></sitemap>\n"
    for name, table in (("outlets", Outlet), ("claims", Claim)):
        for start in sitemap.part_starts(session, table):
            yield f"<sitemap><loc>{site}/sitemaps/{name}-{start}.xml</loc></sitemap>\n"
    yield "</sitemapindex>\n"


def _urls(site: str, paths: Iterable[str], pages: Iterable[PageAddress]) -> Iterator[str]:
    """Yield the XML of a sitemap. Paths consist of slugs, ids and quoted topics, so none needs escaping."""
    yield f"{_HEAD}<urlset {_SPACE}>\n"
    for path in paths:
        yield f"<url><loc>{site}{path}</loc></url>\n"
    for page in pages:
        yield f"<url><loc>{site}{page.path}</loc><lastmod>{format_instant(page.changed_at)}</lastmod></url>\n"
    yield "</urlset>\n"
