"""/feed.atom and the feeds of outlets and topics: recently recorded or resolved claims (RFC 4287)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, render_template

from service.cache.redis_link import RANKING
from service.claims.latest import LatestClaim, list_latest_claims
from service.claims.renames import new_name_of
from service.errors import NotFound
from service.outlets import edit
from service.outlets.track_record import EVERYTHING
from service.pages import phrases
from service.pages.layout import cached_page, legal_xml, page_blueprint
from service.pages.outlet import expiry_of, slug_in
from service.pages.topic import UNKNOWN_TOPIC, normal_form
from service.scores.read import read_score
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.publisher import public_address
from service.web.responses import redirect_read
from service.web.runtime import runtime

blp = page_blueprint("feeds")

_ENTRIES = 50
_EMPTY = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NO_ADDRESS = "Feeds contain absolute addresses, and this service has none until its operator sets BORNEOUT_PUBLIC_URL."

Make = Callable[[str], tuple[str, dt.datetime | None]]


@dataclass(frozen=True, slots=True)
class Feed:
    """The content of an Atom feed."""

    title: str
    subtitle: str
    path: str
    page: str
    """The path of the page about the feed's subject."""
    latest: Sequence[LatestClaim]
    since: dt.datetime = _EMPTY
    """The time of the last change, for a feed without claims."""

    @property
    def changed_at(self) -> dt.datetime:
        return self.latest[0].changed_at if self.latest else self.since


@blp.get("/feed.atom")
@requires(Scope.READ)
def get_feed() -> Response:
    """Return a feed of the most recently recorded or resolved claims."""

    def make(address: str) -> tuple[str, dt.datetime | None]:
        latest = list_latest_claims(runtime().db, limit=_ENTRIES, now=utc_now())
        title, subtitle = "Claims on Borneout", "What news outlets claim, and whether it proves true."
        return _render(Feed(title, subtitle, "/feed.atom", "/", latest), address), None

    return _send(RANKING, "feed", make=make)


@blp.get("/outlets/<outlet>/feed.atom")
@requires(Scope.READ)
def get_outlet_feed(outlet: str) -> Response:
    """Return a feed of an outlet's most recently recorded or resolved claims."""
    slug = slug_in(outlet)

    def make(address: str) -> tuple[str, dt.datetime | None]:
        now = utc_now()
        found = edit.get_outlet(runtime().db, slug)
        score = read_score(runtime().db, slug, lens=EVERYTHING, now=now)
        latest = list_latest_claims(runtime().db, outlet=slug, limit=_ENTRIES, now=now)
        record = " ".join(phrases.record_lines(score, found))
        page = f"/outlets/{slug}"
        feed = Feed(f"{found.name} on Borneout", record, f"{page}/feed.atom", page, latest, found.recorded_at)
        return _render(feed, address), expiry_of(score, score.changes_at, now)

    return _send(slug, "feed", make=make)


@blp.get("/topics/<path:topic>/feed.atom")
@requires(Scope.READ)
def get_topic_feed(topic: str) -> Response:
    """Return a feed of the most recently recorded or resolved claims on a topic."""
    path = normal_form(topic)
    if path != topic:
        return redirect_read(topic=path)

    def make(address: str) -> tuple[str, dt.datetime | None]:
        latest = list_latest_claims(runtime().db, topic=topic, limit=_ENTRIES, now=utc_now())
        if not latest:
            raise NotFound(UNKNOWN_TOPIC)
        page = f"/topics/{quote(topic)}"
        subtitle = f"What news outlets claim on {topic}, and whether it proves true."
        return _render(Feed(f"{topic} on Borneout", subtitle, f"{page}/feed.atom", page, latest), address), None

    try:
        return _send(RANKING, "feed", topic, make=make)
    except NotFound:
        if (renamed := new_name_of(runtime().db, topic)) is None:
            raise
        return redirect_read(topic=renamed)


def _send(about: str, *key: object, make: Make) -> Response:
    """Return a feed from the cache, or render it with links that begin with the public address."""
    if (address := public_address()) is None:
        raise NotFound(_NO_ADDRESS)
    response = cached_page(about, *key, make=lambda: make(address))
    response.content_type = "application/atom+xml; charset=utf-8"
    return response


def _render(feed: Feed, address: str) -> str:
    return legal_xml(render_template("feed.xml", feed=feed, site=address))
