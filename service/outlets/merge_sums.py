"""Compute how a merge of two outlets changes the sums (R22)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import MergeCycle
from service.methods.claim import add_up, count_claim, difference, positions
from service.methods.relays import as_merged, relay_cycle
from service.methods.tally import Amounts, Slot
from service.outlets.positions import ReportedClaim, read_claims, read_positions
from service.outlets.sums import Sums
from service.outlets.track_record import EVERYTHING, read_sums
from service.storage.models import Outlet, Report, Subtotal
from service.storage.predicates import merged_with


def merged_claim(claim: ReportedClaim, outlet: Outlet, target: Outlet) -> ReportedClaim:
    """Return a claim with the reports it would have if two outlets were merged."""
    return claim._replace(reports=[as_merged(report, outlet=outlet.id, into=target.id) for report in claim.reports])


def change_of_sums(session: Session, outlet: Outlet, target: Outlet, *, joined: bool) -> Sums:
    """Return how the sums change when two outlets are merged or, without `joined`, their merge is undone.

    Call it while the outlets are not merged.

    Raises:
        MergeCycle: The relays on a claim would form a cycle.
    """
    apart, together = Sums(), Sums()
    for claim in read_claims(session, only=sa.and_(names_outlet(outlet), names_outlet(target))):
        merged = merged_claim(claim, outlet, target)
        _check_relays(merged if joined else claim)
        apart.add_claim(claim.facts, positions(claim.reports, claim.facts.known_at))
        together.add_claim(merged.facts, positions(merged.reports, merged.facts.known_at))
    # Claims that name only one of the outlets keep their amounts, and only change their outlet.
    rest = difference(_own_record(session, outlet, from_sums=joined), apart.record_of(outlet.id))
    apart.add_record(outlet.id, rest)
    together.add_record(target.id, rest)
    return together.minus(apart) if joined else apart.minus(together)


def names_outlet(outlet: Outlet) -> sa.ColumnElement[bool]:
    """Return the SQL condition that a claim's reports are by, or cite, an outlet or one merged into it."""
    reports, outlets = sa.select(Report.claim_id), merged_with(outlet)
    named = reports.where(Report.outlet_id.in_(outlets)).union(reports.where(Report.cited_id.in_(outlets)))
    return Report.claim_id.in_(named)


def _own_record(session: Session, outlet: Outlet, *, from_sums: bool) -> dict[Slot, Amounts]:
    """Return an outlet's record without merges, read from its sums or, if it has none, from its reports."""
    if from_sums:
        return read_sums(session, Subtotal.outlet_id == outlet.id, topic=None).get(outlet.id, {})
    entries = read_positions(session, [outlet.id], EVERYTHING)
    return add_up(count_claim(entry.claim, entry.position) for entry in entries)


def _check_relays(claim: ReportedClaim) -> None:
    if any(report.relays for report in claim.reports) and relay_cycle(claim.reports):
        raise MergeCycle(
            f"You tried to merge outlets or to undo a merge, but on the claim {claim.id} relays would form a cycle. "
            "Withdraw one of these relays first."
        )
