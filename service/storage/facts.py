"""Facts about a loaded claim, as input for the rules."""

from __future__ import annotations

from uuid import UUID

from service.methods.provenance import Filed
from service.methods.tally import ClaimFacts
from service.storage.models import Claim, Report, Resolution


def newest_resolution(claim: Claim) -> Resolution | None:
    """Return the newest resolution of a claim, which may be a withdrawal."""
    return claim.resolutions[-1] if claim.resolutions else None


def standing_resolution(claim: Claim) -> Resolution | None:
    """Return the resolution in effect, or None while the claim is open or reopened (R11)."""
    newest = newest_resolution(claim)
    return newest if newest is not None and newest.verdict is not None else None


def reporting_outlets(claim: Claim) -> set[str]:
    """Return the slugs of the outlets whose scores depend on a claim."""
    return {report.outlet.surviving.slug for report in claim.reports}


def filers(claim: Claim) -> set[UUID | None]:
    """Return the ids of the keys that filed a claim or a report on it."""
    return {claim.filed_by, *(report.filed_by for report in claim.reports)}


def counting_reports(claim: Claim) -> list[Filed]:
    """Return the reports of a claim that are not withdrawn, as input for the provenance rules."""
    return [as_filed(report) for report in claim.reports if report.withdrawal is None]


def sided_reports(claim: Claim) -> list[Report]:
    """Return the reports of a claim that take a side and are not withdrawn (R15)."""
    return [report for report in claim.reports if report.withdrawal is None and report.stance.takes_side]


def as_filed(report: Report) -> Filed:
    """Return a report as input for the provenance rules."""
    return Filed(
        id=report.id,
        outlet_id=report.outlet.surviving.id,
        stance=report.stance,
        published_at=report.published_at,
        recorded_at=report.recorded_at,
        relays=report.is_relay,
        cited_id=None if report.cited is None else report.cited.surviving.id,
        commitment=report.commitment,
        probability=report.probability,
        published_precision=report.published_precision,
    )


def claim_facts(claim: Claim) -> ClaimFacts:
    """Return the facts of a claim that track records count. The claim is loaded with its resolutions."""
    members = claim.kind, claim.topic, claim.resolves_by
    if (standing := standing_resolution(claim)) is None:
        return ClaimFacts(*members, None, None, None)
    return ClaimFacts(*members, standing.verdict, standing.truth, standing.known_at, standing.known_precision)
