"""/v1/scores and /v1/outlets/{outlet}/score"""

from __future__ import annotations

from flask import Response

from service.outlets.track_record import Lens
from service.schemas.lens_queries import ScoreParameters, ScoreQuery
from service.schemas.score_queries import ScoresQuery, ScoresRequest, ScoreTableQuery, ScoreTableRequest
from service.schemas.scores import ScoreOut, ScorePage
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.cached_scores import OF_SCORES, cached_list, cached_ranking, cached_score, score_response
from service.web.cached_tables import cached_score_table
from service.web.documentation import not_modified
from service.web.line_stream import CSV, sends_lines
from service.web.runtime import runtime

blp = Blueprint("scores", __name__, url_prefix="/v1", description="The reliability of outlets.")


@blp.route("/outlets/<outlet>/score")
@requires(Scope.READ)
@blp.arguments(ScoreQuery, location="query")
@blp.response(200, ScoreOut, headers=OF_SCORES)
@not_modified
@blp.follows
def get_score(query: ScoreParameters, outlet: str) -> Response:
    """Get an outlet's score

    Returns the estimated share of its own claims that the outlet gets right, with its interval and the counts behind
    it. If none of its claims is resolved, `status` is `insufficient` and `reliability` is null.

    A score always includes the latest resolution. `Cache-Status` says whether it came from the cache.
    """
    at, now = runtime(), utc_now()
    return score_response(*cached_score(at.db, at.cache, outlet, lens=Lens(**query), now=now))


@blp.route("/scores")
@requires(Scope.READ)
@blp.arguments(ScoresQuery, location="query")
@blp.response(200, ScorePage, headers=OF_SCORES)
@not_modified
def list_scores(query: ScoresRequest) -> Response:
    """Rank outlets, or get the scores of several

    Without `outlet`, returns the ranking of outlets with at least `min_resolved` resolved claims. All pages show the
    ranking as it was when the first one was read, so no outlet is skipped or repeated. A cursor is valid for 15 minutes
    after the first page. After that, or if outlets were merged in between, it causes a 400 (`cursor-expired`).

    With `outlet`, returns the scores of the named outlets in that order, on one page; the other parameters of the
    ranking are then rejected with 400. Unknown outlets are rejected too.
    """
    at, now, lens = runtime(), utc_now(), query["lens"]
    if query["outlets"] is not None:
        return score_response(*cached_list(at.db, at.cache, query["outlets"], lens=lens, now=now))
    paging = query["paging"]
    return score_response(*cached_ranking(at.db, at.cache, query["criteria"], lens=lens, **paging, now=now))


@blp.route("/scores.csv")
@requires(Scope.READ)
@blp.arguments(ScoreTableQuery, location="query")
@sends_lines("The table, with a header row.", CSV)
@not_modified
def get_score_table(query: ScoreTableRequest) -> Response:
    """Get the scores of all outlets as a table

    Returns CSV (RFC 4180) for systems that rank or label pages. The columns are `slug`, `mean`, `lower`, `upper`,
    `resolved`, `status` and `as_of`; with `by=domain`, `domain` comes first. `mean`, `lower` and `upper` are those of
    `adjusted`, by which `GET /v1/scores` ranks outlets; they are empty if nothing is resolved.

    Every outlet that has a score is listed, whatever its number of resolved claims. The domains are those that outlets
    have now, or had at `as_of`; former domains are left out. Look up an address with `GET /v1/outlets/lookup`, or by
    its longest domain in the table.
    """
    answer, status = cached_score_table(runtime().db, runtime().cache, **query, now=utc_now())
    response = score_response(answer, status, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=scores.csv"
    return response
