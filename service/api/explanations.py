"""/v1/outlets/{outlet}/score/explanation, /v1/outlets/{outlet}/score/history and /v1/outlets/{outlet}/calibration"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response

from service.cache.score_cache import CacheStatus
from service.schemas.explanations import (
    CalibrationOut,
    CalibrationQuery,
    ExplanationOut,
    ExplanationQuery,
    HistoryOut,
    HistoryQuery,
)
from service.scores import explain
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint, not_modified
from service.web.responses import OF_SCORES, score_response
from service.web.runtime import runtime

blp = Blueprint(
    "explanations",
    __name__,
    url_prefix="/v1/outlets",
    description="The calculation of scores, their history, and the accuracy of stated probabilities.",
)


@blp.route("/<outlet>/score/explanation")
@requires(Scope.READ)
@blp.arguments(ExplanationQuery, location="query")
@blp.response(200, ExplanationOut, headers=OF_SCORES)
@not_modified
@blp.follows
def explain_score(query: dict[str, Any], outlet: str) -> Response:
    """Explain an outlet's score

    Returns the calculation of a score step by step, and the contribution of each claim to it.

    The contributions of all claims, over all pages, sum to `sums.d`. All pages describe the record at the time of the
    first page.
    """
    answer = explain.explain_score(runtime().db, outlet, **query, now=dt.datetime.now(dt.UTC))
    return score_response(answer, CacheStatus.UNCACHED)


@blp.route("/<outlet>/score/history")
@requires(Scope.READ)
@blp.arguments(HistoryQuery, location="query")
@blp.response(200, HistoryOut, headers=OF_SCORES)
@not_modified
@blp.follows
def get_score_history(query: dict[str, Any], outlet: str) -> Response:
    """Get an outlet's score over time

    Returns the score at the end of each month and now.

    Each point is the score that `as_of` returns today, so all points are compared with the newest context.
    """
    answer = explain.score_history(runtime().db, outlet, **query, now=dt.datetime.now(dt.UTC))
    return score_response(answer, CacheStatus.UNCACHED)


@blp.route("/<outlet>/calibration")
@requires(Scope.READ)
@blp.arguments(CalibrationQuery, location="query")
@blp.response(200, CalibrationOut, headers=OF_SCORES)
@not_modified
@blp.follows
def get_calibration(query: dict[str, Any], outlet: str) -> Response:
    """Get an outlet's calibration

    Returns how often claims proved true to which the outlet gave a probability, in tenths of probability. Tenths
    without claims are left out.
    """
    answer = explain.outlet_calibration(runtime().db, outlet, **query, now=dt.datetime.now(dt.UTC))
    return score_response(answer, CacheStatus.UNCACHED)
