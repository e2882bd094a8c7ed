"""/claims/{id}: a claim, its reports and its resolutions"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from flask import Response
from markupsafe import Markup

from service.claims import forecast as forecasts
from service.claims import story
from service.claims.forecast_views import DailyForecast
from service.errors import NotFound
from service.methods.rating import Reliability
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import EVERYTHING
from service.pages import claim_words, time_plots, timeline
from service.pages.claim_state import state_of
from service.pages.layout import page_blueprint, show
from service.scores.read import read_scores
from service.scores.score import Score
from service.transfer.claimreview.item import review_item
from service.transfer.publish import get_published_claim
from service.values.documents import members_of
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.publisher import find_publisher
from service.web.runtime import runtime

blp = page_blueprint("claim")

_ROWS = 200
_LISTED = 60
"""The largest number of outlets in a list."""


@blp.get("/claims/<uuid:claim_id>")
@requires(Scope.READ)
def get_claim(claim_id: UUID) -> Response:
    """Show a claim with its reports, its forecast and its resolutions."""
    now = utc_now()
    found = story.get_story(runtime().db, claim_id, now=now)
    forecast = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL, now=now)
    lists = claim_words.lists(found)
    return show(
        "claim.html",
        **members_of(found),
        state=state_of(found),
        in_short=claim_words.sum_up(found),
        lists=lists,
        listed=_LISTED,
        records=_records(lists, now),
        picture=timeline.draw_timeline(found, now=now),
        rows=_ROWS,
        forecast=forecast,
        moved=time_plots.through_time(forecast_points(forecast.kept)),
        review=_review(claim_id),
        as_of=now,
    )


def _records(lists: Iterable[claim_words.OutletList], now: dt.datetime) -> dict[str, Score]:
    """Return the scores of the outlets that the lists show, by slug."""
    slugs = [one.slug for each in lists for one in each.outlets[:_LISTED]]
    return {score.outlet: score for score in read_scores(runtime().db, slugs, lens=EVERYTHING, now=now)}


def _review(claim_id: UUID) -> Markup | None:
    """Return a claim's published ClaimReview, escaped for a script element; None if there is none."""
    if (publisher := find_publisher()) is None:
        return None
    with suppress(NotFound):
        item = review_item(get_published_claim(runtime().db, claim_id), publisher)
        return Markup(json.dumps(item).replace("<", "\\u003c"))  # noqa: S704 - escaped
    return None


@dataclass(frozen=True, slots=True)
class _ForecastPoint:
    """A stored daily forecast as a point of a chart."""

    as_of: dt.datetime
    reliability: Reliability


def forecast_points(kept: Iterable[DailyForecast]) -> list[_ForecastPoint]:
    """Convert stored forecasts to points of a chart, with intervals of zero width."""
    return [
        _ForecastPoint(
            dt.datetime.combine(one.day, dt.time(), dt.UTC),
            Reliability(one.probability, one.probability, one.probability, level=DEFAULT_LEVEL),
        )
        for one in kept
    ]
