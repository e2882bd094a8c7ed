"""File reports on claims, and list them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from service.cache import ScoreCache
from service.db import Database, retried
from service.directory import Directory
from service.dossier import counting_reports, describe_report, load_claim, require_claim
from service.errors import AlreadyWithdrawn, NotFound, RelaysRestOnIt
from service.filing import NewReport, file_on, plan_filings
from service.instants import parse_instant
from service.models import Claim, Report, Withdrawal
from service.outbox import forget_scores
from service.paging import Keyset, Page, Position
from service.provenance import relay_cycle
from service.register import merged_with, require_outlet
from service.sums import kept_sums
from service.vocabulary import Caller


@retried
def add_report(
    db: Database, cache: ScoreCache, claim_id: UUID, *, report: NewReport, caller: Caller, now: dt.datetime
) -> tuple[dict[str, Any], bool]:
    """File one more report on a claim.

    Returns:
        The report, and whether it is new: one sent again is the one that is there (R4).

    Raises:
        NotFound: There is no such claim.
        InvalidBody: The report breaks a rule (R7), or speaks of an outlet that is not on record.
    """
    with db.write() as session:
        claim = load_claim(session, claim_id, lock=True)
        [filing] = plan_filings(claim, {"": report}, Directory(session, now=now), caller=caller, now=now)
        with kept_sums(session, [claim]):
            file_on(claim, [filing])
        described = describe_report(filing.report, claim)
        if filing.is_new:
            forget_scores(session, cache, [filing.report.outlet.surviving.slug], now=now)
    return described, filing.is_new


@retried
def withdraw_report(
    db: Database, cache: ScoreCache, report_id: UUID, *, reason: str, caller: Caller, now: dt.datetime
) -> tuple[dict[str, Any], bool]:
    """Say that a report was filed by mistake: it is kept and shown, and does not count any more (R6).

    Returns:
        The report, and whether it was withdrawn just now and not before, for the same reason.

    Raises:
        NotFound: There is no such report.
        AlreadyWithdrawn: It was withdrawn for another reason.
        RelaysRestOnIt: Without it, outlets would relay one another in a circle (R7).
    """
    with db.write() as session:
        claim_id = session.scalar(sa.select(Report.claim_id).where(Report.id == report_id))
        if claim_id is None:
            raise NotFound(f"No report {report_id} is on record.")
        claim = load_claim(session, claim_id, lock=True)
        report = next(report for report in claim.reports if report.id == report_id)
        created = report.withdrawal is None
        if report.withdrawal is None:
            with kept_sums(session, [claim]):
                report.withdrawal = Withdrawal(reason=reason, withdrawn_by=caller.key_id, recorded_at=now)
            forget_scores(session, cache, [report.outlet.surviving.slug], now=now)
        elif report.withdrawal.reason != reason:
            raise AlreadyWithdrawn(f"The report {report_id} was withdrawn before: {report.withdrawal.reason}")
        if relay_cycle(counting_reports(claim)):
            raise RelaysRestOnIt(f"Relays on the claim {claim_id} rest on the report {report_id}.")
        described = describe_report(report, claim)
    return described, created


def list_claim_reports(db: Database, claim_id: UUID, *, after: Position | None, limit: int) -> Page[dict[str, Any]]:
    """The reports on a claim, in the order they were published.

    Raises:
        NotFound: There is no such claim.
        InvalidQuery: `after` is not a position of this list.
    """
    keyset = Keyset([Report.published_at, Report.recorded_at, Report.id], [parse_instant, parse_instant, UUID])
    with db.read() as session:
        require_claim(session, claim_id)
        return _described(keyset.page(session, _shown().where(Report.claim_id == claim_id), after=after, limit=limit))


def list_outlet_reports(db: Database, reference: str, *, after: Position | None, limit: int) -> Page[dict[str, Any]]:
    """The reports of an outlet, the newest first.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: It was merged into another one.
        InvalidQuery: `after` is not a position of this list.
    """
    keyset = Keyset([Report.published_at, Report.id], [parse_instant, UUID], descending=True)
    with db.read() as session:
        filed = Report.outlet_id.in_(merged_with(require_outlet(session, reference)))
        return _described(keyset.page(session, _shown().where(filed), after=after, limit=limit))


def _shown() -> sa.Select[Report]:
    """Reports with everything that is shown of them."""
    return sa.select(Report).options(
        selectinload(Report.outlet),
        selectinload(Report.cited),
        selectinload(Report.withdrawal),
        selectinload(Report.claim).selectinload(Claim.resolutions),
    )


def _described(page: Page[Report]) -> Page[dict[str, Any]]:
    return Page([describe_report(report, report.claim) for report in page.items], page.next)
