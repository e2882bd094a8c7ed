"""Find the outlets behind many pages, with their scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypedDict

from service.cache.score_cache import ScoreCache
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.find import OutletView
from service.outlets.lookup import DomainMatch, OutletMatch, find_by_address
from service.outlets.track_record import Lens
from service.scores.read import outlet_scores
from service.storage.db import Database
from service.values.addresses import Address, parse_address
from service.values.vocabulary import Basis

_LENS = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
"""The default view of a score."""


class LookupRequest(TypedDict):
    """A batch of URLs as sent."""

    urls: list[str]
    score: bool


@dataclass(frozen=True, slots=True)
class LookupItem:
    """The result for one URL of a batch; None where no outlet publishes at it."""

    url: str
    """As sent."""
    outlet: OutletView | None
    matched: DomainMatch | None


@dataclass(frozen=True, slots=True)
class ScoredLookupItem(LookupItem):
    """The result for one URL of a batch, with the score of the outlet."""

    score: dict[str, Any] | None


def lookup_outlets(
    db: Database, cache: ScoreCache, *, urls: Sequence[str], score: bool, now: dt.datetime
) -> Sequence[LookupItem]:
    """Return the outlets that publish at some URLs or hosts, in the order given.

    Args:
        db: The database.
        cache: The score cache.
        urls: The URLs or hosts; any other text has no outlet.
        score: Whether to add the scores of the outlets.
        now: The time of the call.
    """
    addresses: dict[str, Address] = {}
    for url in urls:
        with suppress(ValueError):
            addresses[url] = parse_address(url)
    with db.read() as session:
        found = find_by_address(session, addresses)
    items = [_item(url, found.get(url)) for url in urls]
    if not score:
        return items
    scores = _scores(db, cache, found, now=now)
    return [ScoredLookupItem(item.url, item.outlet, item.matched, scores.get(item.url)) for item in items]


def _scores(db: Database, cache: ScoreCache, found: dict[str, OutletMatch], *, now: dt.datetime) -> dict[str, Any]:
    """Return the scores of the found outlets, each read once, by URL."""
    slugs = sorted({one.outlet.slug for one in found.values()})
    if not slugs:
        return {}
    scores = dict(zip(slugs, outlet_scores(db, cache, slugs, lens=_LENS, now=now), strict=True))
    return {url: scores[one.outlet.slug] for url, one in found.items()}


def _item(url: str, found: OutletMatch | None) -> LookupItem:
    return LookupItem(url, None, None) if found is None else LookupItem(url, found.outlet, found.matched)
