"""Facts about claims and reports that the rules depend on, read from loaded rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from service.methods.claim import ClaimFacts, Filed
from service.storage.models import Claim, Outlet, Report, Resolution
from service.storage.versions import versions_of_reports
from service.values.instants import format_instant
from service.values.names import name_key


class OnRecord(NamedTuple):
    """A recorded report in its current or an earlier version, to recognise a report that repeats it (R4)."""

    report: Report
    earlier: Mapping[str, object] | None = None
    """The members of the earlier version; None for the current one."""

    @property
    def is_current(self) -> bool:
        return self.earlier is None

    @property
    def counts(self) -> bool:
        return self.is_current and self.report.withdrawal is None

    def member(self, name: str) -> object:
        """Return a member of this version, to compare it with the same member of a newly sent report."""
        return getattr(self.report, name) if self.earlier is None else self.earlier[name]


def newest_resolution(claim: Claim) -> Resolution | None:
    """Return the newest resolution of a claim, which may be a withdrawal."""
    return claim.resolutions[-1] if claim.resolutions else None


def standing_resolution(claim: Claim) -> Resolution | None:
    """Return the resolution in effect, or None while the claim is open or reopened (R11)."""
    newest = newest_resolution(claim)
    return newest if newest is not None and newest.verdict is not None else None


def surviving_outlet(outlet: Outlet) -> Outlet:
    """Return the outlet that an outlet's reports count for: its merge target, if any, else itself (R22)."""
    return outlet.merged_into or outlet


def reporting_outlets(claim: Claim) -> set[str]:
    """Return the slugs of the outlets that a claim's reports count for, so their scores depend on it."""
    return {surviving_outlet(report.outlet).slug for report in claim.reports}


def filers(claim: Claim) -> set[UUID | None]:
    """Return the ids of the keys that filed a claim or a report on it."""
    return {claim.filed_by, *(report.filed_by for report in claim.reports)}


def counting_reports(claim: Claim) -> list[Filed]:
    """Return the reports of a claim that are not withdrawn."""
    return [as_filed(report) for report in claim.reports if report.withdrawal is None]


def sided_reports(claim: Claim) -> list[Report]:
    """Return the reports of a claim that take a side and are not withdrawn (R15)."""
    return [report for report in claim.reports if report.withdrawal is None and report.stance.takes_side]


def as_filed(report: Report) -> Filed:
    """Return a report in the form that the scoring rules read."""
    # Positional arguments, because they are faster.
    return Filed(
        report.id,
        surviving_outlet(report.outlet).id,
        report.stance,
        report.published_at,
        report.recorded_at,
        report.is_relay,
        None if report.cited is None else surviving_outlet(report.cited).id,
        report.commitment,
        report.probability,
        report.published_precision,
    )


def claim_facts(claim: Claim) -> ClaimFacts:
    """Return the facts by which track records count a claim, whose resolutions must be loaded."""
    members = claim.kind, claim.topic, claim.resolves_by
    if (standing := standing_resolution(claim)) is None:
        return ClaimFacts(*members, None, None, None)
    return ClaimFacts(*members, standing.verdict, standing.truth, standing.known_at, standing.known_precision)


def reports_on_record(session: Session, claim: Claim) -> dict[str, list[OnRecord]]:
    """Return the reports of a claim, including their earlier versions, by fingerprint."""
    known: dict[str, list[OnRecord]] = {}
    corrected: dict[UUID, Report] = {}
    for report in claim.reports:
        original = original_fingerprint(report.fingerprint)
        known.setdefault(original, []).append(OnRecord(report))
        # Clients may repeat a redacted report with its original members or, from an export, with the remaining ones.
        if report.redacted and (remaining := fingerprint_of(report)) != original:
            known.setdefault(remaining, []).append(OnRecord(report))
        if report.corrected_at is not None:
            corrected[report.id] = report
    if corrected:
        for version in versions_of_reports(session, corrected):
            earlier = OnRecord(corrected[version.subject_id], version.content)
            known.setdefault(original_fingerprint(version.content["fingerprint"]), []).append(earlier)
    return known


def moved_fingerprint(report: Report) -> str:
    """Return the fingerprint of a report that a merge moves to a claim with an equal report (R22a)."""
    return f"{original_fingerprint(report.fingerprint)} {report.id}"


def original_fingerprint(fingerprint: str) -> str:
    """Return a fingerprint without the id that a merge may have added."""
    return fingerprint.partition(" ")[0]


def next_fingerprint(fingerprint: str) -> str:
    """Return the fingerprint of a report filed again after its withdrawal, from the withdrawn one's (R4)."""
    return hashlib.sha256(fingerprint.encode()).hexdigest()


def fingerprint_of(report: Report) -> str:
    """Return the hash of the members that make a report on a claim unique (R4)."""
    parts = (
        str(report.outlet.id),
        report.stance,
        format_instant(report.published_at),
        report.url,
        report.is_relay,
        None if report.cited is None else str(report.cited.id),
        None if report.cited_as is None else name_key(report.cited_as),
    )
    return _hash_of(parts)


@lru_cache(maxsize=2_000)  # an import uses the hash of each line twice
def _hash_of(parts: tuple[str | bool | None, ...]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
