"""/v1/claims/{claim_id}/forecast"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from service import forecasts
from service.auth import requires
from service.runtime import runtime
from service.schemas.forecasts import ForecastOut, ForecastQuery
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("forecasts", __name__, url_prefix="/v1/claims", description="How likely open claims are to prove true")


@blp.route("/<uuid:claim_id>/forecast")
@requires(Scope.READ)
@blp.arguments(ForecastQuery, location="query")
@blp.response(200, ForecastOut)
@blp.tagged
def get_forecast(query: dict[str, Any], claim_id: UUID) -> dict[str, Any]:
    """Get how likely an open claim is to prove true, and why"""
    return forecasts.forecast_claim(runtime().db, claim_id, **query)
