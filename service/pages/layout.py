"""Functions that all pages share: parse the query, render a template, and cache and send the page."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import marshmallow as ma
from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.datastructures import MultiDict

from service import __version__
from service.cache.score_cache import CacheKey, EncodedResponse
from service.config import Settings
from service.errors import InvalidQuery
from service.pages import charts, phrases
from service.pages.assets import asset_url
from service.pages.desk_tabs import list_tabs
from service.pages.failures import show_failures, show_unknown_paths
from service.pages.mistakes import mistakes_in
from service.pages.readable_errors import readable
from service.pages.sharing import citations, embed_code
from service.schemas.fields import Instant
from service.schemas.loading import places
from service.values.instants import restore_plus, utc_now
from service.web.kept_responses import note_validity
from service.web.publisher import public_address
from service.web.runtime import runtime

_FOLDER = Path(__file__).parent
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def set_up_pages(app: Flask) -> None:
    """Register the template filters and globals, and the error pages for unknown paths."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(phrases.FILTERS, mistakes=mistakes_in, readable=readable)
    app.jinja_env.globals.update(asset=_asset, base=_base, address=public_address, operator=_operator)
    app.jinja_env.globals.update(settings=_settings, today=utc_now, printed_address=_printed_address)
    app.jinja_env.globals.update(charts=charts, citations=citations, embed_code=embed_code, phrases=phrases)
    app.jinja_env.globals.update(desk_tabs=list_tabs)
    show_unknown_paths(app)


def _base() -> str:
    """Return the base path of all links; empty if there is none."""
    return request.script_root


def _printed_address() -> str:
    """Return the path and query of this request, to print on pages that have no canonical address."""
    return request.full_path.removesuffix("?")


def _settings() -> Settings:
    return runtime().settings


def _operator() -> str:
    return runtime().settings.operator


def _asset(name: str) -> str:
    return _base() + asset_url(name)


def page_blueprint(name: str) -> Blueprint:
    """Return a blueprint for pages, with a handler that renders errors as error pages."""
    blp = Blueprint(name, "service.pages", template_folder="templates")
    show_failures(blp)
    return blp


def read_query(schema: ma.Schema) -> Any:
    """Parse the query of a page, ignoring blank and unknown parameters.

    Raises:
        InvalidQuery: A value is invalid.
    """
    return read_parameters(schema, request.args)


def read_parameters(schema: ma.Schema, parameters: MultiDict[str, str]) -> Any:
    """Parse the parameters of a page, as `read_query` does.

    Raises:
        InvalidQuery: A value is invalid.
    """
    given: dict[str, str | list[str]] = {}
    for name, values in parameters.lists():
        field = schema.fields.get(name)
        if filled := [value for value in values if value.strip()]:
            value = restore_plus(filled[-1]) if isinstance(field, Instant) else filled[-1]
            given[name] = filled if isinstance(field, ma.fields.List) else value
    try:
        return schema.load(given, unknown=ma.EXCLUDE)
    except ma.ValidationError as exc:
        raise InvalidQuery.of(places(exc.messages_dict)) from exc


def legal_xml(document: str) -> str:
    """Return an XML document without the characters that XML 1.0 forbids, even as references."""
    return _FORBIDDEN.sub("", document)


def show(template: str, **context: object) -> Response:
    """Render a page that browsers may cache, but must revalidate each time."""
    return _send(_sealed(render_template(template, **context)))


def cached_page(
    about: str, *key: object, make: Callable[[], tuple[str | bytes, dt.datetime | None]], is_usual: bool = True
) -> Response:
    """Return a page from the cache, or render it and cache it until the scores on it are invalidated.

    Args:
        about: The slug of the outlet that the page is about, or RANKING for pages about several outlets.
        key: Values that distinguish the page from other pages about the same outlet.
        make: A function that renders the page or picture, and returns it with its time of expiry, if any.
        is_usual: Whether the page is requested often. Other pages are not cached, so requests for arbitrary
            addresses cannot evict scores from the cache.
    """
    if not is_usual:
        return _send(_sealed(make()[0]))
    shown = _base(), public_address(), runtime().settings.public_disputes, runtime().settings.contact
    question = CacheKey(about, json.dumps(["page", edition(_FOLDER), *shown, *key], default=str))

    def compute(_: object) -> list[EncodedResponse]:
        page, expires_at = make()
        return [_sealed(page, expires_at=expires_at)]

    [answer], _ = runtime().cache.get_or_compute([question], compute)
    return _send(answer)


@functools.cache
def edition(folder: Path) -> str:
    """Return a hash of the source files of pages, so that releases do not share cached pages."""
    digest = hashlib.sha256(__version__.encode())
    patterns = ("*.py", "*.html", "*.xml", "*.svg", "*.css", "*.js", "*.ttf")
    for file in sorted(path for pattern in patterns for path in folder.rglob(pattern)):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _sealed(page: str | bytes, *, expires_at: dt.datetime | None = None) -> EncodedResponse:
    body = page.encode() if isinstance(page, str) else page
    return EncodedResponse(body, hashlib.sha256(body).hexdigest()[:16], expires_at=expires_at)


def _send(answer: EncodedResponse) -> Response:
    response = Response(answer.body, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(answer.etag, weak=True)
    note_validity(answer.stamps, answer.expires_at)
    return response
