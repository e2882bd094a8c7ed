"""Suggest values for a report from its URL and quote, and find claims that it may duplicate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from service.claims import listing
from service.claims.views import FoundClaim
from service.errors import InvalidQuery, UnknownOutlet
from service.methods.attribution import read_attribution
from service.outlets import lookup
from service.outlets.by_address import OutletMatch
from service.outlets.listing import list_outlets
from service.pages.desk.forms import Form
from service.schemas.claim_lists import SEARCH_LENGTH
from service.storage.db import Database
from service.values.addresses import parse_address
from service.values.ids import NAME_LENGTH
from service.values.names import name_key
from service.values.pages import published_on
from service.values.search_terms import index_terms

_LIKELY = 3
_SHARED_WORDS = 2
"""The smallest number of words that a likely duplicate shares with a report."""
_SHARE = 0.4
"""The smallest share of a likely duplicate's words that the report also contains."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """The outlet that publishes at a URL, or the host of the URL if the outlet is unknown."""

    found: OutletMatch | None = None
    host: str | None = None
    domain: str = ""
    """The domain for a new outlet; empty if the host has no registered domain."""


def find_publisher(db: Database, url: str, *, now: dt.datetime) -> Publisher:
    """Return the outlet that publishes at a URL, or the host and domain for a new outlet.

    For an invalid URL, all fields of the result are empty.
    """
    try:
        return Publisher(found=lookup.lookup_outlet(db, url=url, at=now))
    except UnknownOutlet:
        address = parse_address(url)
        return Publisher(host=address.host, domain=address.registered or "")
    except InvalidQuery:
        return Publisher()


def fill_in(db: Database, form: Form, publisher: Publisher, *, now: dt.datetime) -> Form:
    """Return a copy of a form with suggested values, keeping the values that the editor entered.

    Suggestions for the previous URL are replaced. They come only from the text of the URL and the quote: no request is
    sent.
    """
    url, before = form.get("url", ""), form.get("read_url", "")
    suggested = {"published_at": _published(url, now=now), "domain": publisher.domain}
    earlier = {"published_at": _published(before, now=now), "domain": find_publisher(db, before, now=now).domain}
    filled = form.copy()
    for name, value in suggested.items():
        if form.get(name, "").strip() in ("", earlier[name]):
            filled[name] = value
    if not any(form.get(name, "").strip() for name in ("cited", "cited_as", "relays")):
        filled.update(_source(db, form.get("quote", ""), publisher))
    filled["read_url"] = url
    return filled


def likely_duplicates(db: Database, form: Form, *, now: dt.datetime) -> Sequence[FoundClaim]:
    """Return recorded claims that may duplicate the one in a form, judged by the words that they share."""
    like = f"{form.get('text', '')} {form.get('quote', '')}".strip()[:SEARCH_LENGTH]
    if not like:
        return []
    found = listing.list_claims(db, like=like, after=None, limit=_LIKELY, now=now).items
    return [claim for claim in found if _is_likely(claim)]


def _is_likely(claim: FoundClaim) -> bool:
    shared = len(claim.words or ())
    return shared >= _SHARED_WORDS and shared >= _SHARE * len(index_terms(claim.text))


def _published(url: str, *, now: dt.datetime) -> str:
    """Return the date in a URL's path, such as 2024-03-29; empty if there is none or it is in the future."""
    day = published_on(url)
    return "" if day is None or day > now.date() else day.isoformat()


def _source(db: Database, quote: str, publisher: Publisher) -> dict[str, str]:
    """Return the form fields for the source that a quote cites, unless it is the publisher itself."""
    if (named := read_attribution(quote)) is None:
        return {}
    slug = _outlet_named(db, named.name) if named.name else None
    if slug is not None and publisher.found is not None and slug == publisher.found.outlet.slug:
        return {}
    return {"relays": "yes", "cited": slug or "", "cited_as": named.words[:NAME_LENGTH]}


def _outlet_named(db: Database, name: str) -> str | None:
    """Return the slug of the outlet with this name or alias; None unless exactly one outlet has it."""
    key = name_key(name)
    outlets = list_outlets(db, q=name[:NAME_LENGTH], after=None, limit=50).items
    found = [one.slug for one in outlets if key in map(name_key, [one.name, *one.aliases])]
    return found[0] if len(found) == 1 else None
