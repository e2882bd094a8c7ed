"""Search outlets by name or domain, and claims by their words, with corrected spelling"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.claims import listing
from service.claims.search import search_claims
from service.claims.spelling import correct_search
from service.claims.views import ListedClaim
from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.search import FoundOutlet, search_outlets
from service.outlets.track_record import Lens
from service.schemas.claim_lists import SEARCH_LENGTH
from service.scores.read import read_scores
from service.scores.score import Score
from service.values.addresses import parse_address, registered_domain
from service.values.ids import NAME_LENGTH
from service.values.instants import utc_now
from service.values.vocabulary import Basis
from service.web.runtime import runtime

_LIMIT = 20
_SIMILAR = 3
"""The largest number of outlets with similar names that are suggested."""
_LENS = Lens(None, Basis.RESOLVED, as_of=None, recorded_by=None, level=DEFAULT_LEVEL)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The outlets and claims that a search found."""

    outlets: Sequence[FoundOutlet] = ()
    scores: Mapping[str, Score] = field(default_factory=dict)
    """The scores of the outlets by slug."""
    claims: Sequence[ListedClaim] = ()
    is_address: bool = False
    """Whether the search was for an address, so that claims were not searched."""
    have_some: bool = False
    """Whether the claims have only some of the words, because no claim has all of them."""
    corrected: str | None = None
    """The corrected words that the search used; None if it used the original words."""
    more_outlets: bool = False
    more_claims: bool = False

    @property
    def only_outlet(self) -> str | None:
        """The slug of the outlet if it is the only result; None if its name is only similar to the words."""
        is_one = len(self.outlets) == 1 and not self.claims and not self.outlets[0].is_similar
        return self.outlets[0].slug if is_one else None


def is_an_address(q: str) -> bool:
    """Return whether a search is for a URL or a domain, rather than for words."""
    if "." not in q.strip(".") or " " in q:
        return False
    try:
        parse_address(q)
    except ValueError:
        return False
    return True


def find(q: str) -> SearchResult:
    """Return the outlets and claims that match words or, for an address, only the outlets."""
    is_address, now = is_an_address(q), utc_now()
    outlets = _outlets(q, is_address=is_address)
    shown = outlets[:_LIMIT]
    scores = read_scores(runtime().db, [outlet.slug for outlet in shown], lens=_LENS, now=now) if shown else []
    found = SearchResult(
        shown, {score.outlet: score for score in scores}, is_address=is_address, more_outlets=len(outlets) > _LIMIT
    )
    return found if is_address else _add_claims(found, q[:SEARCH_LENGTH], now)


def _outlets(q: str, *, is_address: bool) -> list[FoundOutlet]:
    found = search_outlets(runtime().db, q=q[:NAME_LENGTH], limit=_LIMIT + 1)
    if is_address and all(outlet.is_similar for outlet in found):
        host = parse_address(q).host
        label = (registered_domain(host) or host).split(".")[0]
        found = [replace(each, is_similar=True) for each in search_outlets(runtime().db, q=label, limit=_SIMILAR)]
    return found[:_SIMILAR] if found and found[0].is_similar else found


def _add_claims(found: SearchResult, text: str, now: dt.datetime) -> SearchResult:
    db = runtime().db
    is_unknown = all(outlet.is_similar for outlet in found.outlets)
    corrected = correct_search(db, q=text) if is_unknown else None
    claims, has_more = search_claims(db, q=corrected or text, limit=_LIMIT, now=now)
    if claims or not is_unknown:
        return replace(found, claims=claims, more_claims=has_more, corrected=corrected)
    likely = listing.list_claims(db, like=corrected or text, after=None, limit=_LIMIT, now=now)
    return replace(found, claims=likely.items, have_some=True)
