"""Find the biggest surprises: claims on which most outlets were unexpectedly right or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.views import ListedClaim
from service.methods.claim import count_claim, positions
from service.methods.rates import UNIT
from service.methods.tally import Context
from service.outlets.positions import ReportedClaim, read_claims
from service.scores.notable_claims import LISTED
from service.storage.models import Outlet, Report
from service.storage.predicates import is_among
from service.values.vocabulary import Role

PER_OUTLET = 2
"""A surprise is left out if all its outlets already have this number of claims in the list."""


@dataclass(frozen=True, slots=True)
class Surprise(ListedClaim):
    """A claim on which most outlets were expected to be right and most were wrong, or the reverse."""

    outlets: int
    """The number of outlets that are scored on it."""
    right: float
    expected: float
    """The number of outlets that would have been right if all were average."""


class _Outcome(NamedTuple):
    """The results of all outlets that are scored on a claim."""

    outlets: list[UUID]
    right: float
    expected: float

    @property
    def is_contrary(self) -> bool:
        """Whether most outlets were expected to be right and most were not, or the reverse."""
        half = len(self.outlets) / 2
        return (self.right - half) * (self.expected - half) < 0


def find_surprises(session: Session, claims: Sequence[UUID], context: Context) -> dict[UUID, _Outcome]:
    """Return the biggest surprises among these claims, each with the results of its outlets.

    They are sorted by the difference between the right and the expected number of outlets. Equal ones keep the order of
    the claims.
    """
    reported = list(read_claims(session, only=is_among(session, Report.claim_id, claims)))
    outlets = {report.outlet_id for claim in reported for report in claim.reports}
    rows = sa.select(Outlet.id).where(is_among(session, Outlet.id, outlets), Outlet.scorable)
    scorable = set(session.scalars(rows))
    found = {claim.id: _outcome(claim, scorable, context) for claim in reported}
    contrary = [(claim_id, found[claim_id]) for claim_id in claims if claim_id in found and found[claim_id].is_contrary]
    contrary.sort(key=lambda one: -round(abs(one[1].right - one[1].expected), 9))
    return dict(islice(_varied(contrary), LISTED))


def _varied(surprises: Iterable[tuple[UUID, _Outcome]]) -> Iterator[tuple[UUID, _Outcome]]:
    """Yield surprises, except those whose outlets all have `PER_OUTLET` earlier ones."""
    listed: Counter[UUID] = Counter()
    for claim_id, outcome in surprises:
        if any(listed[outlet_id] < PER_OUTLET for outlet_id in outcome.outlets):
            listed.update(outcome.outlets)
            yield claim_id, outcome


def _outcome(claim: ReportedClaim, scorable: Collection[UUID], context: Context) -> _Outcome:
    outlets: list[UUID] = []
    right, expected = 0, 0.0
    for outlet_id, position in positions(claim.reports, claim.facts.known_at).items():
        slot, amounts = count_claim(claim.facts, position)
        if outlet_id in scorable and slot.role is Role.OWN and slot.cell is not None and amounts.resolved:
            outlets.append(outlet_id)
            right += amounts.right
            expected += context.expected(slot.cell)
    return _Outcome(outlets, right / UNIT, expected)
