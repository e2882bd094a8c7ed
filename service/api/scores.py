"""/v1/scores and /v1/outlets/{outlet}/score"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response

from service import scores
from service.answers import OF_SCORES, score_response
from service.auth import requires
from service.runtime import runtime
from service.schemas.scores import ScoreOut, ScorePage, ScoreQuery, ScoresQuery
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("scores", __name__, url_prefix="/v1", description="How reliable outlets have been")


@blp.route("/outlets/<outlet>/score")
@requires(Scope.READ)
@blp.arguments(ScoreQuery, location="query")
@blp.response(200, ScoreOut, headers=OF_SCORES)
@blp.alt_response(304, description="Not modified", success=True)
@blp.follows
def get_score(query: dict[str, Any], outlet: str) -> Response:
    """Get the score of an outlet"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return score_response(*scores.outlet_score(at.db, at.cache, outlet, **query, now=now))


@blp.route("/scores")
@requires(Scope.READ)
@blp.arguments(ScoresQuery, location="query")
@blp.response(200, ScorePage, headers=OF_SCORES)
@blp.alt_response(304, description="Not modified", success=True)
def list_scores(query: dict[str, Any]) -> Response:
    """Rank outlets by how reliable they have been, or get the scores of some in the order asked"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    return score_response(*scores.list_scores(at.db, at.cache, **query, now=now))
