"""/oembed: descriptions of pages for sites that embed them (https://oembed.com)"""

from __future__ import annotations

import re
from typing import NotRequired, TypedDict
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from uuid import UUID

from flask import Blueprint, Response, json
from marshmallow.validate import Range
from werkzeug.datastructures import MultiDict

from service.claims import record
from service.errors import ClaimMerged, NotFound, OutletMerged, UnsupportedFormat
from service.outlets import edit
from service.outlets.describe import OutletView
from service.pages.layout import read_query
from service.pages.outlet import lens_in, query_string
from service.pages.sharing import cards, embed_code
from service.schemas.fields import Body, Count, Text
from service.values.ids import is_slug
from service.values.instants import utc_now
from service.values.names import slug_of
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.publisher import public_address
from service.web.runtime import runtime

blp = Blueprint("oembed", __name__)

_LIFE = 300
"""The number of seconds for which other sites may cache a response."""
_OUTLET = re.compile(r"/outlets/([^/\x00-\x1f]{1,500})/?")
_CLAIM = re.compile(r"/claims/([0-9A-Fa-f-]{36})/?")
_ELSEWHERE = "You sent a `url` that is not the page of an outlet or a claim on this service. Send the address of one."


class OembedQuery(Body):
    """The query of /oembed: the URL of a page, and the largest size that the other site can embed."""

    url = Text(2000, required=True)
    format = Text(20, load_default="json")
    maxwidth = Count(load_default=None, validate=Range(1))
    maxheight = Count(load_default=None, validate=Range(1))


class _Request(TypedDict):
    """The query of /oembed after validation."""

    url: str
    format: str
    maxwidth: int | None
    maxheight: int | None


class Description(TypedDict):
    """An oEmbed response, which describes how to embed a page."""

    version: str
    type: str
    title: str
    provider_name: str
    provider_url: str
    cache_age: int
    html: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]
    thumbnail_url: NotRequired[str]
    thumbnail_width: NotRequired[int]
    thumbnail_height: NotRequired[int]


@blp.get("/oembed")
@requires(Scope.READ)
def describe_page() -> Response:
    """Describe how to embed the page of an outlet or a claim."""
    given: _Request = read_query(OembedQuery())
    if given["format"] != "json":
        raise UnsupportedFormat("You requested a format that /oembed does not support. Send format=json.")
    address = public_address()
    if address is None or (page := _page_below(given["url"], address)) is None:
        raise NotFound(_ELSEWHERE)
    if found := _OUTLET.fullmatch(page.path):
        description = _describe_outlet(address, found[1], page, given)
    elif found := _CLAIM.fullmatch(page.path):
        description = _describe_claim(address, found[1], given)
    else:
        raise NotFound(_ELSEWHERE)
    response = Response(json.dumps(description), content_type="application/json")
    response.headers["Cache-Control"] = f"public, max-age={_LIFE}"
    return response


def _page_below(url: str, address: str) -> SplitResult | None:
    """Parse a URL, with its path relative to the public address; return None for a URL of another site."""
    ours = urlsplit(address)
    try:
        given = urlsplit(url)
    except ValueError:
        return None
    if (given.scheme, given.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
        return None
    path = unquote(given.path)
    return given._replace(path=path.removeprefix(ours.path)) if path.startswith(f"{ours.path}/") else None


def _describe_outlet(address: str, reference: str, page: SplitResult, given: _Request) -> Description:
    outlet = _find_outlet(reference)
    question = query_string(lens_in(MultiDict(parse_qsl(page.query))))
    width = min(given["maxwidth"] or embed_code.WIDTH, embed_code.WIDTH)
    height = min(given["maxheight"] or embed_code.HEIGHT, embed_code.HEIGHT)
    html = embed_code.frame_code(address, outlet.slug, outlet.name, question, width=width, height=height)
    described = _describe(address, "rich", outlet.name, f"/outlets/{outlet.slug}/card.png{question}", given)
    return {**described, "html": str(html), "width": width, "height": height}


def _find_outlet(reference: str) -> OutletView:
    """Return the outlet with this slug or id, or with a name such as `SurveyUSA` that yields its slug."""
    try:
        return edit.get_outlet(runtime().db, reference if is_slug(reference) else slug_of(reference))
    except OutletMerged as merged:
        return edit.get_outlet(runtime().db, merged.into)


def _describe_claim(address: str, reference: str, given: _Request) -> Description:
    try:
        claim_id = UUID(reference)
    except ValueError:
        raise NotFound(_ELSEWHERE) from None
    try:
        claim = record.get_claim(runtime().db, claim_id, now=utc_now())
    except ClaimMerged as merged:
        claim = record.get_claim(runtime().db, merged.into, now=utc_now())
    return _describe(address, "link", claim.text, f"/claims/{claim.id}/card.png", given)


def _describe(address: str, kind: str, title: str, card: str, given: _Request) -> Description:
    """Return the members that all descriptions share, with the card as thumbnail if it is small enough."""
    described = Description(
        version="1.0",
        type=kind,
        title=title,
        provider_name="Borneout",
        provider_url=f"{address}/",
        cache_age=_LIFE,
    )
    if (given["maxwidth"] or cards.WIDTH) >= cards.WIDTH and (given["maxheight"] or cards.HEIGHT) >= cards.HEIGHT:
        described["thumbnail_url"] = f"{address}{card}"
        described["thumbnail_width"], described["thumbnail_height"] = cards.WIDTH, cards.HEIGHT
    return described
