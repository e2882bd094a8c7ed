"""Add reports to claims, withdraw them, and read them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.describe import describe_report
from service.claims.load import load_claim
from service.claims.report_rules import NewReport, add_reports, check_reports
from service.claims.rights import check_filing, check_report_change
from service.claims.views import ReportView
from service.errors import AlreadyWithdrawn, NotFound, RelaysRestOnIt
from service.methods.relays import relay_cycle
from service.outlets.mentions import Directory
from service.outlets.sums import updating_sums
from service.storage.db import Database, retried
from service.storage.db_errors import WriteConflict
from service.storage.facts import counting_reports, surviving_outlet
from service.storage.models import Claim, Report, Withdrawal
from service.values.vocabulary import Caller


@retried
def add_report(
    db: Database, cache: ScoreCache, claim_id: UUID, *, report: NewReport, caller: Caller, now: dt.datetime
) -> tuple[ReportView, bool]:
    """Add a report to a claim.

    Returns:
        The report, and whether it is new. The same report sent again returns the existing one (R4).

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        InvalidBody: The report breaks a rule (R6b, R7), or names an unknown outlet.
        ReportDiffers: The report repeats a recorded one, but other members differ (R4).
        Forbidden: The claim is resolved, and the caller may not replace the stance of an outlet (R14b).
    """
    with db.write() as session:
        claim = load_claim(session, claim_id, lock=True)
        directory = Directory(session, now=now)
        [filing] = check_reports(claim, {"": report}, directory, caller=caller, now=now)
        check_filing(claim, [filing], caller)
        with updating_sums(session, [claim]):
            add_reports(claim, [filing])
            directory.settle(caller)
        view = describe_report(filing.report, claim)
        if filing.is_new:
            invalidate_scores(session, cache, [surviving_outlet(filing.report.outlet).slug], now=now)
    return view, filing.is_new


@retried
def withdraw_report(
    db: Database, cache: ScoreCache, report_id: UUID, *, reason: str, caller: Caller, now: dt.datetime
) -> tuple[ReportView, bool]:
    """Withdraw a report that was filed by mistake. It stays listed, but no longer counts (R6).

    Returns:
        The report, and whether this call withdrew it. It may already have been withdrawn for the same reason.

    Raises:
        NotFound: No report has this id.
        Forbidden: The caller may not withdraw the report (R14b).
        AlreadyWithdrawn: The report was already withdrawn for a different reason.
        RelaysRestOnIt: Without the report, relays of other outlets would form a cycle (R7).
    """
    with db.write() as session:
        claim, report = load_report(session, report_id, lock=True)
        if report.withdrawal is not None and report.withdrawal.reason == reason:
            return describe_report(report, claim), False
        check_report_change(claim, report, caller)
        if report.withdrawal is not None:
            raise AlreadyWithdrawn(
                f"You tried to withdraw the report {report_id}, which was already withdrawn for a different reason: "
                f"{report.withdrawal.reason}"
            )
        with updating_sums(session, [claim]):
            report.withdrawal = Withdrawal(reason=reason, withdrawn_by=caller.key_id, recorded_at=now)
        invalidate_scores(session, cache, [surviving_outlet(report.outlet).slug], now=now)
        if relay_cycle(counting_reports(claim)):
            raise RelaysRestOnIt(
                f"You tried to withdraw the report {report_id}, but reports that relay it would then form a cycle on "
                f"the claim {claim.id}. Withdraw those relays first."
            )
        return describe_report(report, claim), True


def get_report(db: Database, report_id: UUID) -> ReportView:
    """Return the report with this id.

    Raises:
        NotFound: No report has this id.
    """
    with db.read() as session:
        claim, report = load_report(session, report_id)
        return describe_report(report, claim)


def load_report(session: Session, report_id: UUID, *, lock: bool = False) -> tuple[Claim, Report]:
    """Return a report with its claim. With `lock`, the claim is locked until the transaction ends.

    Raises:
        NotFound: No report has this id.
    """
    claim_id = session.scalar(sa.select(Report.claim_id).where(Report.id == report_id))
    if claim_id is None:
        raise NotFound(f"No report has the id {report_id}. Find it among the reports of its claim.")
    claim = load_claim(session, claim_id, lock=lock)
    if (found := next((report for report in claim.reports if report.id == report_id), None)) is None:
        raise WriteConflict("The claim of the report was merged, or its merge was undone.")
    return claim, found
