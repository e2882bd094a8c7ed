"""Find the outlets behind pages, by the domains on record and never by guessing (R21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.addresses import Address, parse_address
from service.cache import ScoreCache
from service.db import Database
from service.errors import InvalidQuery, UnknownOutlet
from service.records import Lens
from service.register import describe_outlet, domain_owners, find_outlets
from service.scores import outlet_scores
from service.scoring import DEFAULT_LEVEL
from service.vocabulary import Basis, MatchRule

_LENS = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
"""A score as it is given to who asks for nothing in particular."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What of a page's address is on record: the rule it was found by, and the outlet's domain."""

    rule: MatchRule
    key: str


@dataclass(frozen=True, slots=True)
class Found:
    """The outlet behind a page."""

    outlet: dict[str, Any]
    matched: Matched


def lookup_outlet(db: Database, *, url: str) -> Found:
    """The outlet behind a URL or a host.

    Raises:
        InvalidQuery: It is neither.
        UnknownOutlet: No outlet on record has this page.
    """
    try:
        address = parse_address(url)
    except ValueError as exc:
        raise InvalidQuery.at("url", detail=str(exc), code="invalid") from exc
    with db.read() as session:
        found = _find(session, {url: address})
    if url not in found:
        raise UnknownOutlet(f"No outlet on record publishes at {address.host}.")
    return found[url]


def lookup_outlets(
    db: Database, cache: ScoreCache, *, urls: Sequence[str], score: bool, now: dt.datetime
) -> list[dict[str, Any]]:
    """The outlets behind some URLs or hosts, in the order asked; None where there is none on record.

    Args:
        db: The database.
        cache: The scores.
        urls: Any text; what is no URL and no host is not found.
        score: Whether to give the outlets' scores, too.
        now: The moment of the call.
    """
    addresses: dict[str, Address] = {}
    for url in urls:
        with suppress(ValueError):
            addresses[url] = parse_address(url)
    with db.read() as session:
        found = _find(session, addresses)
    items = [_item(url, found.get(url)) for url in urls]
    if score:
        scores = _scores(db, cache, found, now=now)
        for item in items:
            item["score"] = scores.get(item["url"])
    return items


def _scores(db: Database, cache: ScoreCache, found: dict[str, Found], *, now: dt.datetime) -> dict[str, Any]:
    """The scores of the outlets found, each read once, by the URL that it was found by."""
    slugs = sorted({one.outlet["slug"] for one in found.values()})
    if not slugs:
        return {}
    scores = dict(zip(slugs, outlet_scores(db, cache, slugs, lens=_LENS, now=now), strict=True))
    return {url: scores[one.outlet["slug"]] for url, one in found.items()}


def _item(url: str, found: Found | None) -> dict[str, Any]:
    if found is None:
        return {"url": url, "outlet": None, "matched": None}
    return {"url": url, "outlet": found.outlet, "matched": found.matched}


def _find(session: Session, addresses: dict[str, Address]) -> dict[str, Found]:
    """The outlets behind addresses, by the URL that they were read from: one look for them all."""
    keys = {url: list(address.keys()) for url, address in addresses.items()}
    owners = domain_owners(session, {key for of_one in keys.values() for key in of_one})
    closest = {url: key for url, of_one in keys.items() if (key := next(filter(owners.get, of_one), None))}
    outlets = _outlets(session, {owners[key] for key in closest.values()})
    return {url: Found(outlets[owners[key]], Matched(_rule(addresses[url], key), key)) for url, key in closest.items()}


def _outlets(session: Session, ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    """The outlets with these ids, or those they were merged into, by the id given."""
    owners = find_outlets(session, [str(id_) for id_ in ids]).values() if ids else ()
    surviving = {outlet.id: str(outlet.surviving.id) for outlet in owners}
    whole = find_outlets(session, surviving.values(), whole=True) if ids else {}
    return {id_: describe_outlet(whole[survivor]) for id_, survivor in surviving.items()}


def _rule(address: Address, key: str) -> MatchRule:
    if "/" in key:
        return MatchRule.PATH
    return MatchRule.HOST if key == address.host else MatchRule.PARENT
