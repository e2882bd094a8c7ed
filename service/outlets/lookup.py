"""Find the outlets that publish at URLs, by the domains on record and never by guessing (R21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy.orm import Session

from service.cache.score_cache import ScoreCache
from service.errors import InvalidQuery, UnknownOutlet
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.find import OutletView, describe_outlet, domain_owners, find_outlets
from service.outlets.track_record import Lens
from service.scores.read import outlet_scores
from service.storage.db import Database
from service.values.addresses import Address, parse_address
from service.values.vocabulary import Basis, MatchRule

_LENS = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
"""The default view of a score."""


class LookupRequest(TypedDict):
    """A batch of URLs as sent."""

    urls: list[str]
    score: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """The rule by which the outlet of a URL was found, and the domain that matched."""

    rule: MatchRule
    key: str


@dataclass(frozen=True, slots=True)
class Found:
    """The outlet that publishes at a URL."""

    outlet: OutletView
    matched: Matched


@dataclass(frozen=True, slots=True)
class LookupItem:
    """The result for one URL of a batch; None where no outlet publishes at it."""

    url: str
    """As sent."""
    outlet: OutletView | None
    matched: Matched | None


@dataclass(frozen=True, slots=True)
class ScoredLookupItem(LookupItem):
    """The result for one URL of a batch, with the score of the outlet."""

    score: dict[str, Any] | None


def lookup_outlet(db: Database, *, url: str) -> Found:
    """Return the outlet that publishes at a URL or host.

    Raises:
        InvalidQuery: The text is neither a URL nor a host.
        UnknownOutlet: No outlet publishes there.
    """
    try:
        address = parse_address(url)
    except ValueError as exc:
        raise InvalidQuery.at("url", detail=str(exc), code="invalid") from exc
    with db.read() as session:
        found = _find(session, {url: address})
    if url not in found:
        raise UnknownOutlet(
            f"No outlet on record publishes at {address.host}, and none is guessed. Record the outlet with "
            "POST /v1/outlets, or add the domain to its outlet."
        )
    return found[url]


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
        found = _find(session, addresses)
    items = [_item(url, found.get(url)) for url in urls]
    if not score:
        return items
    scores = _scores(db, cache, found, now=now)
    return [ScoredLookupItem(item.url, item.outlet, item.matched, scores.get(item.url)) for item in items]


def _scores(db: Database, cache: ScoreCache, found: dict[str, Found], *, now: dt.datetime) -> dict[str, Any]:
    """Return the scores of the found outlets, each read once, by URL."""
    slugs = sorted({one.outlet.slug for one in found.values()})
    if not slugs:
        return {}
    scores = dict(zip(slugs, outlet_scores(db, cache, slugs, lens=_LENS, now=now), strict=True))
    return {url: scores[one.outlet.slug] for url, one in found.items()}


def _item(url: str, found: Found | None) -> LookupItem:
    return LookupItem(url, None, None) if found is None else LookupItem(url, found.outlet, found.matched)


def _find(session: Session, addresses: dict[str, Address]) -> dict[str, Found]:
    """Return the outlets at some addresses by URL, in one query for all of them."""
    keys = {url: list(address.keys()) for url, address in addresses.items()}
    owners = domain_owners(session, {key for of_one in keys.values() for key in of_one})
    closest = {url: key for url, of_one in keys.items() if (key := next(filter(owners.get, of_one), None))}
    outlets = _outlets(session, {owners[key] for key in closest.values()})
    return {url: Found(outlets[owners[key]], Matched(_rule(addresses[url], key), key)) for url, key in closest.items()}


def _outlets(session: Session, ids: set[UUID]) -> dict[UUID, OutletView]:
    """Return the outlets with these ids, or the ones that they were merged into, by the ids given."""
    owners = find_outlets(session, [str(id_) for id_ in ids]).values() if ids else ()
    surviving = {outlet.id: str(outlet.surviving.id) for outlet in owners}
    whole = find_outlets(session, surviving.values(), whole=True) if ids else {}
    return {id_: describe_outlet(whole[survivor]) for id_, survivor in surviving.items()}


def _rule(address: Address, key: str) -> MatchRule:
    if "/" in key:
        return MatchRule.PATH
    return MatchRule.HOST if key == address.host else MatchRule.PARENT
