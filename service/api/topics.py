"""/v1/topics"""

from __future__ import annotations

from typing import TypedDict

from flask import Response

from service.schemas.topics import TopicPage, TopicQuery
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint, not_modified
from service.web.cached_scores import cached_topics
from service.web.responses import OF_SCORES, score_response
from service.web.runtime import runtime

blp = Blueprint("topics", __name__, url_prefix="/v1/topics", description="The subjects of claims, as paths of names.")


class TopicRequest(TypedDict):
    """The query of the list of topics."""

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

    Returns every topic that has claims, and every topic above one, even if it has no claims of its own. All counts
    include the topics below. Each topic is directly followed by the topics below it, in alphabetical order.
    """
    at = runtime()
    return score_response(*cached_topics(at.db, at.cache, **query, now=utc_now()))
