"""/claims/{id}: a claim, its reports and its resolutions"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Response

from service.claims import forecast as forecasts
from service.claims import story
from service.methods.reliability import DEFAULT_LEVEL
from service.pages import charts, timeline
from service.pages.layout import page_blueprint, show
from service.values.documents import members_of
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("claim")

_ROWS = 200


@blp.get("/claims/<uuid:claim_id>")
@requires(Scope.READ)
def get_claim(claim_id: UUID) -> Response:
    """Show a claim with its reports, its forecast and its resolutions."""
    found = story.get_story(runtime().db, claim_id, now=dt.datetime.now(dt.UTC))
    forecast = forecasts.forecast_claim(runtime().db, claim_id, level=DEFAULT_LEVEL)
    shown = {"picture": timeline.draw_timeline(found), "in_short": timeline.summarise(found), "rows": _ROWS}
    moved = charts.through_time(_points(forecast.kept))
    return show("claim.html", **members_of(found), **shown, forecast=forecast, moved=moved)


def _points(kept: Iterable[forecasts.DailyForecast]) -> list[dict[str, Any]]:
    """Return the stored forecasts as points of a line without a band."""
    bounds = ("mean", "lower", "upper")
    return [{"as_of": f"{one.day}T00:00:00Z", "reliability": dict.fromkeys(bounds, one.probability)} for one in kept]
