"""Look up outlets by URL, using only their recorded domains (R21), or by slug or id."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.errors import InvalidQuery, UnknownOutlet
from service.outlets.by_address import DomainMatch, OutletMatch, describe_by_id, find_by_address
from service.outlets.describe import OutletView
from service.outlets.find import find_outlets
from service.storage.db import Database
from service.values.addresses import Address, parse_address
from service.values.vocabulary import MissReason


@dataclass(frozen=True, slots=True)
class LookupItem:
    """The result of looking up one URL or reference; `outlet` is None if no outlet was found."""

    url: str | None
    """The URL as sent; None for a reference."""
    reference: str | None
    """The slug or id as sent; None for a URL."""
    outlet: OutletView | None
    matched: DomainMatch | None
    """The domain that matched the URL; None for a reference, or if no outlet was found."""
    reason: MissReason | None
    """The reason why no outlet was found; None if one was found."""


def lookup_outlet(db: Database, *, url: str, at: dt.datetime) -> OutletMatch:
    """Return the outlet that publishes at a URL or host, or did so at a past moment.

    Raises:
        InvalidQuery: The text is neither a URL nor a host.
        UnknownOutlet: No outlet publishes there.
    """
    try:
        address = parse_address(url)
    except ValueError as exc:
        raise InvalidQuery.at("url", detail=str(exc), code="invalid") from exc
    with db.read() as session:
        matches = find_by_address(session, {url: address}, at)
    if url not in matches:
        raise UnknownOutlet(
            f"You looked up {address.host}, at which no recorded outlet publishes. Record the outlet with POST "
            "/v1/outlets, or add the domain to its outlet."
        )
    return matches[url]


def lookup_outlets(
    db: Database, urls: Sequence[str], references: Sequence[str], *, at: dt.datetime
) -> list[LookupItem]:
    """Look up outlets by URL and by slug or id; return the results in the order given, URLs first.

    Args:
        db: The database.
        urls: The URLs or hosts.
        references: The slugs or ids.
        at: The moment for which the domains are looked up.
    """
    addresses: dict[str, Address] = {}
    for url in urls:
        with suppress(ValueError):
            addresses[url] = parse_address(url)
    with db.read() as session:
        matches = find_by_address(session, addresses, at)
        named = _find_named(session, references)
    found = [_item(url, matches.get(url), is_address=url in addresses) for url in urls]
    return [*found, *(_named_item(reference, named.get(reference)) for reference in references)]


def _item(url: str, match: OutletMatch | None, *, is_address: bool) -> LookupItem:
    if match is not None:
        return LookupItem(url, None, match.outlet, match.matched, None)
    return LookupItem(url, None, None, None, MissReason.UNKNOWN if is_address else MissReason.NOT_AN_ADDRESS)


def _named_item(reference: str, outlet: OutletView | None) -> LookupItem:
    return LookupItem(None, reference, outlet, None, MissReason.UNKNOWN if outlet is None else None)


def _find_named(session: Session, references: Sequence[str]) -> dict[str, OutletView]:
    """Return the outlets with these slugs or ids, or the ones that they were merged into (R22)."""
    found = find_outlets(session, list(dict.fromkeys(references))) if references else {}
    outlets = describe_by_id(session, {outlet.id for outlet in found.values()})
    return {reference: outlets[outlet.id] for reference, outlet in found.items()}
