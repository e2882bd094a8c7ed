"""/v1/outlets/{outlet}/score/explanation, /v1/outlets/{outlet}/score/history and /v1/outlets/{outlet}/calibration"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response

from service import explanations
from service.answers import OF_SCORES, score_response
from service.auth import requires
from service.cache import CacheStatus
from service.runtime import runtime
from service.schemas.explanations import (
    CalibrationOut,
    CalibrationQuery,
    ExplanationOut,
    ExplanationQuery,
    HistoryOut,
    HistoryQuery,
)
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("explanations", __name__, url_prefix="/v1/outlets", description="Why scores are what they are")


@blp.route("/<outlet>/score/explanation")
@requires(Scope.READ)
@blp.arguments(ExplanationQuery, location="query")
@blp.response(200, ExplanationOut, headers=OF_SCORES)
@blp.alt_response(304, description="Not modified", success=True)
@blp.follows
def explain_score(query: dict[str, Any], outlet: str) -> Response:
    """Get what the score of an outlet is made of: prior, sums, formula, and each claim's part

    The parts of all claims, over all pages, sum to `sums.d`. All pages are of the record that the first one was of.
    """
    answer = explanations.explain_score(runtime().db, outlet, **query, now=dt.datetime.now(dt.UTC))
    return score_response(answer, CacheStatus.UNKEPT)


@blp.route("/<outlet>/score/history")
@requires(Scope.READ)
@blp.arguments(HistoryQuery, location="query")
@blp.response(200, HistoryOut, headers=OF_SCORES)
@blp.alt_response(304, description="Not modified", success=True)
@blp.follows
def get_score_history(query: dict[str, Any], outlet: str) -> Response:
    """Get the score of an outlet as of the end of each month, and as of now

    Each point is what the score with this `as_of` is today: held against the newest context.
    """
    answer = explanations.score_history(runtime().db, outlet, **query, now=dt.datetime.now(dt.UTC))
    return score_response(answer, CacheStatus.UNKEPT)


@blp.route("/<outlet>/calibration")
@requires(Scope.READ)
@blp.arguments(CalibrationQuery, location="query")
@blp.response(200, CalibrationOut, headers=OF_SCORES)
@blp.alt_response(304, description="Not modified", success=True)
@blp.follows
def get_calibration(query: dict[str, Any], outlet: str) -> Response:
    """Get how often what an outlet gave a probability proved true

    By tenths of probability; a tenth that holds no claim is left out.
    """
    answer = explanations.outlet_calibration(runtime().db, outlet, **query, now=dt.datetime.now(dt.UTC))
    return score_response(answer, CacheStatus.UNKEPT)
