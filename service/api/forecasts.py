"""/v1/claims/{claim_id}/forecast"""

from __future__ import annotations

from uuid import UUID

from service import forecasts
from service.auth import requires
from service.forecasts import ForecastView
from service.runtime import runtime
from service.schemas.forecasts import ForecastOut, ForecastQuery
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint(
    "forecasts", __name__, url_prefix="/v1/claims", description="The probability that open claims prove true."
)


@blp.route("/<uuid:claim_id>/forecast")
@requires(Scope.READ)
@blp.arguments(ForecastQuery, location="query")
@blp.response(200, ForecastOut)
@blp.tagged
def get_forecast(query: dict[str, float], claim_id: UUID) -> ForecastView:
    """Get a claim's forecast

    Returns the probability that an open claim proves true, given the outlets that report it, with the contribution of
    each fact. A resolved claim and an opinion have no forecast: their status is `closed`.
    """
    return forecasts.forecast_claim(runtime().db, claim_id, **query)
