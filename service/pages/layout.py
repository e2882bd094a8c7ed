"""What all pages share: how they read their query, are put into the frame, kept, and sent."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import marshmallow as ma
from flask import Blueprint, Flask, Response, render_template, request

from service import __version__
from service.cache.score_cache import CacheKey, EncodedResponse
from service.errors import InvalidQuery
from service.pages import charts, phrases
from service.pages.assets import asset_url
from service.pages.failures import show_failures, show_unknown_paths
from service.schemas.loading import places
from service.values.documents import etag_of
from service.web.runtime import runtime

_FOLDER = Path(__file__).parent


def set_up_pages(app: Flask) -> None:
    """Give templates their words, and unknown paths their page."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(phrases.FILTERS)
    app.jinja_env.globals.update(asset=_asset, base=_base, charts=charts, phrases=phrases)
    show_unknown_paths(app)


def _base() -> str:
    """Return what each link to a page begins with: the base path, empty where there is none."""
    return request.script_root


def _asset(name: str) -> str:
    return _base() + asset_url(name)


def page_blueprint(name: str) -> Blueprint:
    """A blueprint whose failures are pages."""
    blp = Blueprint(name, f"service.pages.{name}", template_folder="templates")
    show_failures(blp)
    return blp


def read_query(schema: ma.Schema) -> Any:
    """What a page is asked; fields left blank in a form count as left out, and what it does not know as not said.

    Raises:
        InvalidQuery: A value cannot be used.
    """
    given: dict[str, Any] = {}
    for name, values in request.args.lists():
        if filled := [value for value in values if value.strip()]:
            given[name] = filled if isinstance(schema.fields.get(name), ma.fields.List) else filled[-1]
    try:
        return schema.load(given, unknown=ma.EXCLUDE)
    except ma.ValidationError as exc:
        raise InvalidQuery.of(places(exc.messages_dict)) from exc


def show(template: str, **context: Any) -> Response:
    """A page as it is now; a browser may keep it, and asks each time whether it has changed."""
    return _send(_sealed(render_template(template, **context)))


def cached_page(
    about: str, *what: object, make: Callable[[], tuple[str, dt.datetime | None]], is_usual: bool = True
) -> Response:
    """A page from the cache, or made and put there, until the scores that it shows are made old.

    Args:
        about: The outlet that it is about, or RANKING.
        what: Which of the pages about it.
        make: Makes it, and says when it is old by the passing of time alone: at once, if it says nothing.
        is_usual: Whether it is one of the pages that many ask for. The others are made each time, or whoever thinks up
            addresses would push the scores out of the cache.
    """
    if not is_usual:
        return _send(_sealed(make()[0]))
    question = CacheKey(about, json.dumps(["page", edition(_FOLDER), _base(), *what], default=str))

    def compute(_: object) -> list[EncodedResponse]:
        page, expires_at = make()
        return [_sealed(page, expires_at=expires_at)]

    [answer], _ = runtime().cache.get_or_compute([question], compute)
    return _send(answer)


@functools.cache
def edition(folder: Path) -> str:
    """A mark of all that pages are made of: what another release has kept is no page of this one."""
    mark = hashlib.sha256(__version__.encode())
    for file in sorted(one for kind in ("*.py", "*.html", "*.svg", "*.css", "*.js") for one in folder.rglob(kind)):
        mark.update(file.name.encode() + file.read_bytes())
    return mark.hexdigest()[:16]


def _sealed(page: str, *, expires_at: dt.datetime | None = None) -> EncodedResponse:
    body = page.encode()
    return EncodedResponse(body, etag_of(body.decode()), expires_at=expires_at)


def _send(answer: EncodedResponse) -> Response:
    response = Response(answer.body, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(answer.etag, weak=True)
    return response
