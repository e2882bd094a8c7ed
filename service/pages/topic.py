"""/topics and /topics/{topic}: the topics of claims, and the ranking of outlets on each"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from urllib.parse import quote

from flask import Response, render_template

from service.cache.redis_link import RANKING
from service.claims import listing
from service.claims.renames import new_name_of
from service.claims.topic_names import topics_below
from service.claims.topics import list_topics as list_all
from service.claims.views import ListedClaim
from service.errors import NotFound
from service.pages.layout import cached_page, page_blueprint, read_query
from service.pages.ranking import cached_ranking_page
from service.pages.ranking_query import RankingQuery
from service.values.instants import utc_now
from service.values.topics import lineage, topic_path
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.responses import redirect_read
from service.web.runtime import runtime

blp = page_blueprint("topic")

_TOPICS = 500
_CLAIMS = 12
_BELOW = 200
UNKNOWN_TOPIC = "No recorded claim has this topic. All topics are listed at /topics."
"""The detail of the error for an unknown topic."""


@blp.get("/topics")
@requires(Scope.READ)
def list_topics() -> Response:
    """Show the topics with the most claims, each followed by its subtopics."""

    def make() -> tuple[str, dt.datetime | None]:
        topics = list_all(runtime().db, now=utc_now())
        shown = sorted(topics.items, key=lambda one: -one.claims)[:_TOPICS]
        in_order = sorted(shown, key=lambda one: one.place)
        return render_template("topics.html", topics=in_order), topics.changes_at

    return cached_page(RANKING, "topics.html", make=make)


@blp.get("/topics/<path:topic>")
@requires(Scope.READ)
def get_topic(topic: str) -> Response:
    """Show the ranking of outlets on a topic, and the latest claims on it."""
    path = normal_form(topic)
    if path != topic:
        return redirect_read(topic=path)
    view = replace(read_query(RankingQuery()), topic=topic)
    try:
        return cached_ranking_page(
            "topic.html",
            view,
            claims=lambda: _claims(topic),
            above=lambda: _above(topic),
            below=lambda: topics_below(runtime().db, topic, limit=_BELOW),
        )
    except NotFound:
        if (renamed := new_name_of(runtime().db, topic)) is None:
            raise
        return redirect_read(topic=renamed)


def normal_form(topic: str) -> str:
    """Return the normal form of the topic that a URL names (R21b)."""
    if "\0" in topic:  # PostgreSQL rejects NUL
        raise NotFound(UNKNOWN_TOPIC)
    try:
        return topic_path(topic.strip("/"))
    except ValueError as exc:
        raise NotFound(UNKNOWN_TOPIC) from exc


def _above(topic: str) -> list[tuple[str, str]]:
    """Return the topics above a topic, each with the address of its page."""
    return [(path, f"/topics/{quote(path)}") for path in lineage(topic)[:-1]]


def _claims(topic: str) -> list[ListedClaim]:
    now = utc_now()
    page = listing.list_claims(runtime().db, topic=topic, after=None, limit=_CLAIMS, now=now)
    if not page.items:
        raise NotFound(UNKNOWN_TOPIC)
    return list(page.items)
