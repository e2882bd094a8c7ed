"""/outlets/{outlet}: the record of one outlet, why its score is what it is, and its badge"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, render_template

from service.claims import listing
from service.claims.views import ListedClaim
from service.methods.reliability import DEFAULT_LEVEL, RATED_FROM
from service.outlets import edit
from service.outlets.track_record import Lens
from service.pages.fields import Day
from service.pages.layout import cached_page, page_blueprint, read_query, show
from service.schemas.fields import Body, Text, one_of
from service.scores import explain, read
from service.scores import portrait as portraits
from service.values.ids import is_slug
from service.values.instants import format_instant
from service.values.vocabulary import Basis, ClaimStatus, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("outlet")

_CLAIMS = 50
_BADGE_LIFE = 300  # seconds that others may show a badge without asking


class RecordQuery(Body):
    """How to look at an outlet's record, and from where in its list of claims."""

    topic = Text(100, load_default=None)
    basis = one_of(Basis, load_default=Basis.RESOLVED)
    as_of = Day(load_default=None)
    cursor = Text(2000, load_default=None)

    @ma.post_load
    def make_lens(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        cursor = data.pop("cursor")
        return {"lens": Lens(**data, recorded_by=None, level=DEFAULT_LEVEL), "cursor": cursor}


@blp.get("/outlets/<outlet>")
@requires(Scope.READ)
def get_outlet(outlet: str) -> Response:
    """The record of an outlet"""
    lens = read_query(RecordQuery())["lens"]
    if not is_slug(outlet):  # its page is the one by its slug
        slug = edit.get_outlet(runtime().db, outlet).slug
        return Response(status=308, headers={"Location": f"/outlets/{slug}{question(lens)}"})
    return cached_page(outlet, "outlet", lens, make=lambda: _portray(outlet, lens), is_usual=lens.is_current)


@blp.get("/outlets/<outlet>/why")
@requires(Scope.READ)
def explain_score(outlet: str) -> Response:
    """Why the score of an outlet is what it is"""
    asked = read_query(RecordQuery())
    now = dt.datetime.now(dt.UTC)
    named = edit.get_outlet(runtime().db, outlet)
    why = json.loads(explain.explain_score(runtime().db, outlet, **asked, limit=_CLAIMS, now=now).body)
    return show("why.html", outlet=named, why=why, lens=asked["lens"], question=question(asked["lens"]))


@blp.get("/outlets/<outlet>/badge.svg")
@requires(Scope.READ)
def get_badge(outlet: str) -> Response:
    """The score of an outlet as a picture to put on another page"""
    at, now, lens = runtime(), dt.datetime.now(dt.UTC), read_query(RecordQuery())["lens"]
    answer, _ = read.outlet_score(at.db, at.cache, outlet, lens=lens, now=now)
    response = Response(render_template("badge.svg", score=json.loads(answer.body)), content_type="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={_BADGE_LIFE}"
    response.set_etag(answer.etag, weak=True)
    return response


def question(lens: Lens) -> str:
    """What to ask the API for the same view, with the question mark; empty where nothing has to be said."""
    asked = {} if lens.basis is Basis.RESOLVED else {"basis": lens.basis.value}
    asked |= {} if lens.topic is None else {"topic": lens.topic}
    asked |= {} if lens.as_of is None else {"as_of": format_instant(lens.as_of)}
    return f"?{urlencode(asked)}" if asked else ""


def _portray(outlet: str, lens: Lens) -> tuple[str, dt.datetime | None]:
    db, now = runtime().db, dt.datetime.now(dt.UTC)
    portrait = portraits.portray_outlet(db, outlet, lens=lens, now=now)
    about = listing.ClaimFilters(outlet=outlet, topic=lens.topic)
    due = _reported({**about, "status": ClaimStatus.DUE}, now)
    still_open = _reported({**about, "status": ClaimStatus.OPEN}, now)
    disputed = _reported({**about, "disputed": True}, now)
    asked = {"lens": lens, "question": question(lens), "whenever": question(replace(lens, as_of=None))}
    asked |= {"on_all": question(replace(lens, basis=Basis.RESOLVED))}
    more = {"still_open": [*due, *still_open][: portraits.SHOWN], "disputed": disputed, "rated_from": RATED_FROM}
    page = render_template("outlet.html", **portrait, **asked, **more)
    is_on_something = lens.topic is None or portrait["score"]["counts"]["claims"]
    return page, portrait["expires_at"] if is_on_something else now


def _reported(filters: listing.ClaimFilters, now: dt.datetime) -> Sequence[ListedClaim]:
    """Return claims that an outlet reported, the newest first."""
    return listing.list_claims(runtime().db, **filters, after=None, limit=portraits.SHOWN, now=now).items
