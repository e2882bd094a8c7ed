"""/v1/topics"""

from __future__ import annotations

from functools import partial
from typing import TypedDict
from uuid import UUID

from flask import Response

from service.claims import rename_topics, renames
from service.claims.renames import RenameView
from service.schemas.fields import PageQuery
from service.schemas.topics import RenameIn, RenameOut, RenamePage, TopicPage, TopicQuery
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.cached_scores import OF_SCORES, cached_topics, score_response
from service.web.calls import idempotent
from service.web.documentation import may_fail, not_modified
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime

blp = Blueprint("topics", __name__, url_prefix="/v1/topics", description="The subjects of claims, as paths of names.")


class TopicRequest(TypedDict):
    """The parsed parameters of the list of topics."""

    topic: str | None
    limit: int
    cursor: str | None


@blp.route("")
@requires(Scope.READ)
@blp.arguments(TopicQuery, location="query")
@blp.response(200, TopicPage, headers=OF_SCORES)
@not_modified
def list_topics(query: TopicRequest) -> Response:
    """List topics

    Returns every topic that has claims, and all topics above it, even those without claims of their own. All counts
    include the topics below. Topics are sorted alphabetically, each directly followed by the topics below it.
    """
    at = runtime()
    return score_response(*cached_topics(at.db, at.cache, **query, now=utc_now()))


@blp.route("/renames", methods=["POST"])
@requires(Scope.RESOLUTIONS_WRITE)
@idempotent()
@blp.arguments(RenameIn)
@blp.response(201, RenameOut)
@blp.tagged
def rename_topic(body: dict[str, str]) -> tuple[RenameView, int, dict[str, str]]:
    """Rename a topic

    Moves all claims on the topic, and on the topics below it, to the new path. If that topic exists, the two are
    merged. Earlier versions of the claims are kept, and scores of past moments also use the new path. Claims that are
    recorded later under the old path stay there.

    The call causes a 422 if the topic has no claims, if the new path is below it, or if a path would have more than 5
    names. If one of the claims is resolved, a key that filed it or a report on it also needs `resolutions:own`.
    """
    at = runtime()
    rename = rename_topics.rename_topic(at.db, at.cache, **body, caller=caller(), now=utc_now())
    return rename, 201, {"Location": f"/v1/topics/renames/{rename.id}"}


@blp.route("/renames")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, RenamePage)
def list_topic_renames(query: PageRequest) -> PageResponse[RenameView]:
    """List the renames of topics

    Returns all renames, the newest first, including those that were undone.
    """
    return page_of(query, partial(renames.list_renames, runtime().db))


@blp.route("/renames/<uuid:rename_id>")
@requires(Scope.READ)
@blp.response(200, RenameOut)
@blp.tagged
def get_topic_rename(rename_id: UUID) -> RenameView:
    """Get a rename of a topic

    Returns the rename with this id.
    """
    return renames.get_rename(runtime().db, rename_id)


@blp.route("/renames/<uuid:rename_id>", methods=["DELETE"])
@requires(Scope.RESOLUTIONS_WRITE)
@blp.response(204, description="The rename is undone. There is no body.")
@may_fail(409)
@blp.changes
def undo_topic_rename(rename_id: UUID, if_match: frozenset[str] | None) -> None:
    """Undo a rename of a topic

    Moves the claims back to their previous paths. Claims whose topic has since changed, and claims that were recorded
    under the new path, stay where they are.

    The call causes a 409 if the rename has already been undone (`rename-undone`), or if a later rename moved some of
    its claims again (`rename-superseded`). It requires the same scopes as a rename.
    """
    at, now = runtime(), utc_now()
    rename_topics.undo_rename(at.db, at.cache, rename_id, if_match=if_match, caller=caller(), now=now)
