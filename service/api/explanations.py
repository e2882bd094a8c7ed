"""/v1/outlets/{outlet}/score/explanation, /v1/outlets/{outlet}/score/history and /v1/outlets/{outlet}/calibration"""

from __future__ import annotations

from typing import TypedDict

from flask import Response

from service.cache.score_cache import CacheStatus
from service.outlets.track_record import Lens
from service.schemas.calibrations import CalibrationOut, CalibrationQuery
from service.schemas.explanations import ExplanationOut, ExplanationQuery
from service.schemas.histories import HistoryOut, HistoryQuery
from service.scores import calibration, explain, history
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.cached_scores import OF_SCORES, lasting_members, score_response, tagged
from service.web.documentation import not_modified
from service.web.runtime import read_late

blp = Blueprint(
    "explanations",
    __name__,
    url_prefix="/v1/outlets",
    description="The calculation of scores, their history, and the accuracy of stated probabilities.",
)


_EXPLANATION, _HISTORY, _CALIBRATION = ExplanationOut(), HistoryOut(), CalibrationOut()


class ExplanationRequest(TypedDict):
    """The parsed parameters of an explanation."""

    lens: Lens
    limit: int
    cursor: str | None


@blp.route("/<outlet>/score/explanation")
@requires(Scope.READ)
@blp.arguments(ExplanationQuery, location="query")
@blp.response(200, ExplanationOut, headers=OF_SCORES)
@not_modified
@blp.follows
def explain_score(query: ExplanationRequest, outlet: str) -> Response:
    """Explain an outlet's score

    Returns the calculation of a score step by step, and the contribution of each claim to it.

    The `share` values of the contributions on all pages add up to `sums.t` minus one half. All pages describe the
    record at the time of the first page.
    """
    found = read_late(lambda db: explain.explain_score(db, outlet, **query, now=utc_now()))
    document = _EXPLANATION.dump(found)
    lasting = lasting_members(document, query["lens"], "next_cursor")
    return score_response(tagged(document, lasting, next_cursor=found.next_cursor), CacheStatus.UNCACHED)


@blp.route("/<outlet>/score/history")
@requires(Scope.READ)
@blp.arguments(HistoryQuery, location="query")
@blp.response(200, HistoryOut, headers=OF_SCORES)
@not_modified
@blp.follows
def get_score_history(query: dict[str, Lens], outlet: str) -> Response:
    """Get an outlet's score over time

    Returns the score at the end of each month and now.

    Each point is the score that a request with that `as_of` returns today, so all points are compared with the newest
    context.
    """
    found = read_late(lambda db: history.score_history(db, outlet, **query, now=utc_now()))
    document = _HISTORY.dump(found)
    *earlier, latest = document["items"]
    lasting = lasting_members(document, query["lens"]) | {"items": [*earlier, lasting_members(latest, query["lens"])]}
    return score_response(tagged(document, lasting), CacheStatus.UNCACHED)


@blp.route("/<outlet>/calibration")
@requires(Scope.READ)
@blp.arguments(CalibrationQuery, location="query")
@blp.response(200, CalibrationOut, headers=OF_SCORES)
@not_modified
@blp.follows
def get_calibration(query: dict[str, Lens], outlet: str) -> Response:
    """Get an outlet's calibration

    Groups the claims for which the outlet stated a probability into ten bins, and returns the share of the claims in
    each bin that proved true. Empty bins are left out.
    """
    found = read_late(lambda db: calibration.outlet_calibration(db, outlet, **query, now=utc_now()))
    document = _CALIBRATION.dump(found)
    return score_response(tagged(document, lasting_members(document, query["lens"])), CacheStatus.UNCACHED)
