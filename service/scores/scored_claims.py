"""Read the resolved claims, reported in an outlet's own name, that its score is based on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.cells import Cell
from service.methods.claim import ClaimFacts, Filed, add_up, count_claim
from service.methods.tally import Amounts, Slot
from service.outlets.positions import ClaimPosition, is_counted, read_positions
from service.outlets.track_record import Condition, Lens, OutletRecord
from service.storage.models import Outlet, Resolution
from service.values.vocabulary import Basis, Role


class ScoredClaim(NamedTuple):
    """A resolved claim that counts in an outlet's score, with the amounts that it adds to the record."""

    claim_id: UUID
    claim: ClaimFacts
    known_at: dt.datetime
    report: Filed
    """The report with the outlet's current stance."""
    slot: Slot
    cell: Cell
    amounts: Amounts

    def counts_from(self, basis: Basis) -> dt.datetime:
        """Return the moment from which the claim counts on a basis (R16, R18)."""
        due = self.claim.resolves_by
        return self.known_at if basis is Basis.RESOLVED or due is None else max(self.known_at, due)


def scored_claims(session: Session, outlet: Outlet, lens: Lens, *, now: dt.datetime) -> list[ScoredClaim]:
    """Return the claims that an outlet's score is based on, unordered; none if it is not scorable (R9)."""
    return scored_claims_of(session, [outlet.id], lens, now=now)[outlet.id] if outlet.scorable else []


def scored_claims_of(
    session: Session, outlets: Collection[UUID], lens: Lens, *conditions: Condition, now: dt.datetime
) -> dict[UUID, list[ScoredClaim]]:
    """Return the claims that the scores of scorable outlets are based on, by outlet id."""
    # Open claims may be many, and only a claim with an established truth can count.
    known = sa.and_(Resolution.truth.is_not(None), *conditions)
    found: dict[UUID, list[ScoredClaim]] = {outlet: [] for outlet in outlets}
    for standing in read_positions(session, outlets, lens, only=known):
        if is_counted(standing, lens, now=now) and (claim := _scored_claim(standing)):
            found[standing.outlet_id].append(claim)
    return found


def _scored_claim(standing: ClaimPosition) -> ScoredClaim | None:
    claim, report = standing.claim, standing.position.report
    slot, amounts = count_claim(claim, standing.position)
    if slot.role is Role.OWN and slot.cell and report and claim.known_at and amounts.resolved:
        return ScoredClaim(standing.claim_id, claim, claim.known_at, report, slot, slot.cell, amounts)
    return None


def own_record(outlet: Outlet, claims: Iterable[ScoredClaim]) -> OutletRecord:
    """Return the record that an outlet has on these claims alone."""
    return OutletRecord(outlet.slug, outlet.scorable, add_up((claim.slot, claim.amounts) for claim in claims))
