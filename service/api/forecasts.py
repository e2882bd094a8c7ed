"""/v1/claims/{claim_id}/forecast"""

from __future__ import annotations

from uuid import UUID

from service.claims import forecast
from service.claims.forecast_views import ForecastView
from service.schemas.forecasts import ForecastOut, ForecastQuery
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.runtime import runtime

blp = Blueprint(
    "forecasts", __name__, url_prefix="/v1/claims", description="The probability that open claims prove true."
)


@blp.route("/<uuid:claim_id>/forecast")
@requires(Scope.READ)
@blp.arguments(ForecastQuery, location="query")
@blp.response(200, ForecastOut)
@blp.follows
@blp.tagged
def get_forecast(query: dict[str, float], claim_id: UUID) -> ForecastView:
    """Get a claim's forecast

    Returns the probability that an open claim proves true, given the outlets that report it, with the contribution of
    each fact. The open claims of a group are forecast together, as a choice between them and "none of them".

    A resolved claim or an opinion has no forecast, and its status is `closed`. If another claim of the group is true,
    the status is `decided`, and `decided_by` is the id of the true claim.
    """
    return forecast.forecast_claim(runtime().db, claim_id, **query, now=utc_now())
