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
from service.errors import NotFound
from service.methods.reliability import DEFAULT_LEVEL, Reliability
from service.pages import charts, timeline
from service.pages.layout import page_blueprint, show
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


@blp.get("/claims/<uuid:claim_id>")
@requires(Scope.READ)
def get_claim(claim_id: UUID) -> Response:
    """Show a claim with its reports, its forecast and its resolutions."""
    found = story.get_story(runtime().db, claim_id, now=utc_now())
    forecast = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL, now=utc_now())
    shown = {"picture": timeline.draw_timeline(found), "in_short": timeline.summarise(found), "rows": _ROWS}
    moved = charts.through_time(_points(forecast.kept))
    return show("claim.html", **members_of(found), **shown, forecast=forecast, moved=moved, review=_review(claim_id))


def _review(claim_id: UUID) -> Markup | None:
    """Return the ClaimReview of a claim for a script element, in which no character may end the element."""
    if (publisher := find_publisher()) is None:
        return None
    with suppress(NotFound):
        item = review_item(get_published_claim(runtime().db, claim_id), publisher)
        return Markup(json.dumps(item).replace("<", "\\u003c"))  # noqa: S704 - escaped
    return None


@dataclass(frozen=True, slots=True)
class _ForecastPoint:
    """A stored forecast as a point of a plot."""

    as_of: dt.datetime
    reliability: Reliability


def _points(kept: Iterable[forecasts.DailyForecast]) -> list[_ForecastPoint]:
    """Return the stored forecasts as points of a line without a band."""
    return [
        _ForecastPoint(
            dt.datetime.combine(one.day, dt.time(), dt.UTC),
            Reliability(one.probability, one.probability, one.probability, level=DEFAULT_LEVEL),
        )
        for one in kept
    ]
