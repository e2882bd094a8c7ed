"""Check the rights of a key to change claims and reports, and to file late reports (R14b)."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from service.claims.report_rules import Filing
from service.claims.resolve import check_own
from service.errors import FiledByAnother, ResolutionInEffect
from service.methods.claim import ORDER, positions
from service.storage.facts import as_filed, standing_resolution, surviving_outlet
from service.storage.models import Claim, Report
from service.values.vocabulary import Caller, Scope

SHARED = frozenset({"text", "group", "resolves_by"})
"""The members that the truth of a claim depends on.

Without `resolutions:write`, a key may not change them while another key has a report on the claim.
"""


def check_claim_change(claim: Claim, changed: AbstractSet[str], caller: Caller) -> None:
    """Check that a key may change members of a locked claim (R14b).

    Raises:
        FiledByAnother: Another key filed the claim, or has a report on it and a member in `SHARED` changes.
        ResolutionInEffect: The claim is resolved, and the key lacks `resolutions:write`.
        OwnClaim: The key filed the resolved claim, or a report on it, and lacks `resolutions:own`.
    """
    if standing_resolution(claim) is not None:
        _check_after_resolution(claim, caller)
    elif Scope.RESOLUTIONS_WRITE not in caller.scopes:
        _check_filed_by(claim, caller)
        if changed & SHARED:
            _check_unshared(claim, caller)


def check_report_change(claim: Claim, report: Report, caller: Caller) -> None:
    """Check that a key may change or withdraw a report on a locked claim (R14b).

    Raises:
        FiledByAnother: Another key filed the report.
        ResolutionInEffect: The claim is resolved, and the key lacks `resolutions:write`.
        OwnClaim: The key filed the resolved claim, or a report on it, and lacks `resolutions:own`.
    """
    if standing_resolution(claim) is not None:
        _check_after_resolution(claim, caller)
    elif Scope.RESOLUTIONS_WRITE not in caller.scopes:
        _check_filed_by(report, caller)


def check_filing(claim: Claim, filings: Iterable[Filing], caller: Caller) -> None:
    """Check that a key may add validated reports to a locked claim (R14b).

    On a resolved claim, a report that replaces the current stance of its outlet requires the rights to change reports.
    The first stance of an outlet, a report that is not scored, and a report that changes nothing scored do not.

    Raises:
        ResolutionInEffect: A report would replace a current stance, and the key lacks `resolutions:write`.
        OwnClaim: A report would replace a current stance, and the key filed the claim or a report on it and lacks
            `resolutions:own`.
    """
    new = [as_filed(filing.report) for filing in filings if filing.is_new]
    if not new or (resolution := standing_resolution(claim)) is None:
        return
    outlets = {report.outlet_id for report in new}
    before = [
        as_filed(report)
        for report in claim.reports
        if report.withdrawal is None and surviving_outlet(report.outlet).id in outlets
    ]
    if not before:
        return
    after = positions(sorted([*before, *new], key=ORDER), resolution.known_at)
    if any(
        position.scored not in (None, after[outlet_id].scored)
        for outlet_id, position in positions(before, resolution.known_at).items()
    ):
        _check_after_resolution(claim, caller)


def _check_after_resolution(claim: Claim, caller: Caller) -> None:
    if Scope.RESOLUTIONS_WRITE not in caller.scopes:
        raise ResolutionInEffect(
            f"You tried to change the record of the resolved claim {claim.id} without the scope resolutions:write. Use "
            "a key with that scope, or dispute the resolution if it is wrong."
        )
    check_own(claim, caller)


def _check_filed_by(row: Claim | Report, caller: Caller) -> None:
    if row.filed_by != caller.key_id:
        kind = "claim" if isinstance(row, Claim) else "report"
        raise FiledByAnother(
            f"You tried to change the {kind} {row.id}, which another key filed, without the scope resolutions:write. "
            "Use the key that filed it, or one with that scope."
        )


def _check_unshared(claim: Claim, caller: Caller) -> None:
    if any(report.withdrawal is None and report.filed_by != caller.key_id for report in claim.reports):
        raise FiledByAnother(
            f"You tried to change the text, group or due date of the claim {claim.id}, on which another key has a "
            "report, without the scope resolutions:write. Use a key with that scope."
        )
