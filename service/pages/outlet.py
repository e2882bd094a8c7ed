"""/outlets/{outlet}: the record of an outlet, the calculation of its score, and its badge"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, replace
from urllib.parse import urlencode

from flask import Response, render_template
from werkzeug.datastructures import MultiDict

from service.claims import listing
from service.claims.filters import ClaimFilters
from service.claims.views import ListedClaim
from service.methods.reliability import RATED_FROM
from service.outlets import edit
from service.outlets.track_record import Lens
from service.pages import time_plots
from service.pages.fields import Day
from service.pages.layout import cached_page, page_blueprint, read_parameters, read_query, show
from service.schemas.fields import Text, TopicPath, one_of
from service.schemas.lens_queries import LensRequest, OneOutletQuery
from service.scores.explain import Explanation, explain_score
from service.scores.history import HistoryPoint
from service.scores.portrait import MAX_CLAIMS, Portrait, portray_outlet
from service.scores.read import read_score
from service.scores.score import Score
from service.values.documents import members_of
from service.values.ids import is_slug
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import Basis, ClaimStatus, Scope
from service.web.auth import requires
from service.web.runtime import read_late, runtime

blp = page_blueprint("outlet")

_CLAIMS = 50
_BADGE_LIFE = 300
"""The number of seconds for which other sites may cache a badge."""


class RecordQuery(OneOutletQuery):
    """The query of the pages of an outlet, which selects a part of its record."""

    topic = TopicPath(load_default=None)
    basis = one_of(Basis, load_default=Basis.RESOLVED)
    as_of = Day(load_default=None)
    cursor = Text(2000, load_default=None)


@blp.get("/outlets/<outlet>")
@requires(Scope.READ)
def get_outlet(outlet: str) -> Response:
    """Show the record of an outlet."""
    lens = _read_query()["lens"]
    if not is_slug(outlet):
        slug = edit.get_outlet(runtime().db, outlet).slug
        return Response(status=308, headers={"Location": f"/outlets/{slug}{query_string(lens)}"})
    return cached_page(outlet, "outlet", lens, make=lambda: _portray(outlet, lens), is_usual=lens.is_current)


@blp.get("/outlets/<outlet>/why")
@requires(Scope.READ)
def show_explanation(outlet: str) -> Response:
    """Show the calculation of an outlet's score."""
    request, now = _read_query(), utc_now()
    view = read_late(lambda db: edit.get_outlet(db, outlet))
    lens, cursor = request["lens"], request["cursor"]
    why = read_late(lambda db: explain_score(db, outlet, lens=lens, cursor=cursor, limit=_CLAIMS, now=now))
    shown = {"why": why, "numbers": _numbers(why), "question": query_string(lens)}
    return show("why.html", outlet=view, **shown)


@blp.get("/outlets/<outlet>/badge.svg")
@requires(Scope.READ)
def get_badge(outlet: str) -> Response:
    """Draw the score of an outlet as a badge for other sites."""
    lens = _read_query()["lens"]
    slug = slug_in(outlet)
    response = cached_page(slug, "badge", lens, make=lambda: _draw_badge(slug, lens), is_usual=lens.is_current)
    response.content_type = "image/svg+xml"
    response.headers["Cache-Control"] = f"public, max-age={_BADGE_LIFE}"
    return response


def slug_in(outlet: str) -> str:
    """Return the slug of the outlet with this id; return a slug unchanged, even if it is unknown."""
    return outlet if is_slug(outlet) else edit.get_outlet(runtime().db, outlet).slug


def query_string(lens: Lens) -> str:
    """Return the query string that selects a part of a record; empty if all values are defaults."""
    query = {} if lens.basis is Basis.RESOLVED else {"basis": lens.basis.value}
    query |= {} if lens.topic is None else {"topic": lens.topic}
    query |= {} if lens.as_of is None else {"as_of": format_instant(lens.as_of)}
    return f"?{urlencode(query)}" if query else ""


def read_lens() -> Lens:
    """Return the part of a record that the query of this request selects."""
    return _read_query()["lens"]


def lens_in(parameters: MultiDict[str, str]) -> Lens:
    """Return the part of a record that the parameters of a page select.

    Raises:
        InvalidQuery: A value is invalid.
    """
    given: LensRequest = read_parameters(RecordQuery(), parameters)
    return given["lens"]


def _read_query() -> LensRequest:
    request: LensRequest = read_query(RecordQuery())
    return request


def _portray(outlet: str, lens: Lens) -> tuple[str, dt.datetime | None]:
    now = utc_now()
    portrait = portray_outlet(runtime().db, outlet, lens=lens, now=now)
    about = ClaimFilters(outlet=outlet, topic=lens.topic)
    due = _claims({**about, "status": ClaimStatus.DUE}, now)
    still_open = _claims({**about, "status": ClaimStatus.OPEN}, now)
    parent, known = portrait.outlet.parent, rated_points(portrait)
    page = render_template(
        "outlet.html",
        **members_of(portrait),
        parent=parent and edit.get_outlet(runtime().db, parent),
        lens=lens,
        question=query_string(lens),
        whenever=query_string(replace(lens, as_of=None)),
        on_all=query_string(replace(lens, basis=Basis.RESOLVED)),
        still_open=[*due, *still_open][:MAX_CLAIMS],
        opinions=_claims({**about, "status": ClaimStatus.OPINION}, now),
        disputed=_claims({**about, "disputed": True}, now),
        known=known,
        plot=time_plots.through_time(known),
    )
    return page, expiry_of(portrait.score, portrait.matured.changes_at, now)


def rated_points(portrait: Portrait) -> list[HistoryPoint]:
    """Return the points of an outlet's history with enough results for an estimate (R17a)."""
    return [point for point in portrait.history if point.record.resolved >= RATED_FROM]


def _draw_badge(slug: str, lens: Lens) -> tuple[str, dt.datetime | None]:
    now = utc_now()
    score = read_score(runtime().db, slug, lens=lens, now=now)
    return render_template("badge.svg", score=score), expiry_of(score, score.changes_at, now)


def expiry_of(score: Score, changes_at: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """Return when a page expires: at once for a topic without claims, so invented topics are not cached."""
    return changes_at if score.topic is None or score.counts.claims else now


def _numbers(why: Explanation) -> dict[str, float]:
    """Return the sums from which a score is calculated, by name; empty if there are none."""
    if why.sums is None:
        return {}
    return asdict(why.sums)


def _claims(filters: ClaimFilters, now: dt.datetime) -> Sequence[ListedClaim]:
    """Return the newest claims that match the filters."""
    return listing.list_claims(runtime().db, **filters, after=None, limit=MAX_CLAIMS, now=now).items
