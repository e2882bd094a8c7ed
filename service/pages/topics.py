"""/topics: what claims are about, and the ranking on each"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from flask import Response

from service.claims import listing
from service.claims.views import ListedClaim
from service.errors import NotFound
from service.pages.layout import page_blueprint, read_query, show
from service.pages.ranking import RankingQuery, keep_ranking
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("topics")

_TOPICS = 500
_CLAIMS = 12
_UNKNOWN = "No claim on record is on this topic."


@blp.get("/topics")
@requires(Scope.READ)
def list_topics() -> Response:
    """The topics with the most claims"""
    return show("topics.html", topics=listing.list_topics(runtime().db, limit=_TOPICS))


@blp.get("/topics/<path:topic>")
@requires(Scope.READ)
def get_topic(topic: str) -> Response:
    """The ranking on one topic, and what was claimed on it lately"""
    if "\0" in topic:  # which no database could look for
        raise NotFound(_UNKNOWN)
    asked = replace(read_query(RankingQuery()), topic=topic)
    return keep_ranking("topic.html", asked, claims=lambda: _claims(topic))


def _claims(topic: str) -> list[ListedClaim]:
    now = dt.datetime.now(dt.UTC)
    page = listing.list_claims(runtime().db, topic=topic, after=None, limit=_CLAIMS, now=now)
    if not page.items:
        raise NotFound(_UNKNOWN)
    return list(page.items)
