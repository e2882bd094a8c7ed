"""Correct mistakes in reports, and keep the earlier versions (R4, R6b)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import fields
from uuid import UUID

from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.corrections import ReportChanges, ReportContent, content_of, corrected_content
from service.claims.describe import describe_report
from service.claims.report import load_report
from service.claims.rights import check_report_change
from service.claims.views import ReportView
from service.errors import FieldError, MemberRedacted, ReportRepeated, ReportWithdrawn
from service.outlets.sums import updating_sums
from service.storage.db import Database, retried
from service.storage.facts import fingerprint_of, next_fingerprint, reports_on_record, surviving_outlet
from service.storage.models import Claim, Report
from service.storage.versions import check_match, store_version
from service.values.vocabulary import Caller


@retried
def correct_report(
    db: Database,
    cache: ScoreCache,
    report_id: UUID,
    *,
    changes: ReportChanges,
    if_match: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> ReportView:
    """Change members of a report, and store its earlier version.

    Args:
        db: The database.
        cache: The score cache, in which the scores of the report's outlet are invalidated.
        report_id: The id of the report.
        changes: The members to change, with their new values.
        if_match: The ETags of the versions that the caller accepts; None for any version.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No report has this id.
        Forbidden: The caller may not change the report (R14b).
        PreconditionFailed: The report has been changed since the caller read it.
        ReportWithdrawn: The report was withdrawn.
        MemberRedacted: A new value would replace redacted content.
        InvalidBody: The stance would contradict the probability (R6b).
        ReportRepeated: The report would duplicate another one (R4).
    """
    with db.write() as session:
        claim, report = load_report(session, report_id, lock=True)
        check_report_change(claim, report, caller)
        check_match(describe_report(report, claim), if_match)
        _check_open(report, changes)
        before, after = content_of(report), corrected_content(report, changes)
        if after != before:
            _correct(session, claim, report, before, after, caller=caller, now=now)
            invalidate_scores(session, cache, [surviving_outlet(report.outlet).slug], now=now)
        return describe_report(report, claim)


def _correct(
    session: Session,
    claim: Claim,
    report: Report,
    before: ReportContent,
    after: ReportContent,
    *,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Store the corrected content of a report and its earlier version, and update the sums."""
    store_version(session, report.id, before, caller=caller, now=now)
    with updating_sums(session, [claim]), session.no_autoflush:
        for member in fields(after):
            setattr(report, member.name, getattr(after, member.name))
        if (after.stance, after.url) != (before.stance, before.url):
            report.fingerprint = _free_fingerprint(session, claim, report)
        report.corrected_at = now
    session.flush()


def _check_open(report: Report, changes: ReportChanges) -> None:
    """Check that a report is not withdrawn, and that no redacted member gets a new value."""
    if report.withdrawal is not None:
        raise ReportWithdrawn(
            f"You tried to change the report {report.id}, which was withdrawn ({report.withdrawal.reason!r}). File a "
            "new report with the correct values."
        )
    redacted = {note["member"] for note in report.redacted or ()}
    restored = [name for name, value in changes.items() if value is not None and name in redacted]
    if restored:
        detail = "This content was removed for legal reasons. Leave it out."
        raise MemberRedacted(
            f"You tried to restore content of the report {report.id} that was removed for legal reasons, so "
            "nothing was changed. Leave out the members listed in `errors`.",
            errors=[FieldError(pointer=f"/{name}", detail=detail, code="redacted") for name in restored],
        )


def _free_fingerprint(session: Session, claim: Claim, report: Report) -> str:
    """Return the first unused fingerprint for a corrected report (R4).

    Raises:
        ReportRepeated: The report would repeat another one that is not withdrawn.
    """
    others = {
        fingerprint: [version.report for version in versions if version.is_current and version.report is not report]
        for fingerprint, versions in reports_on_record(session, claim).items()
    }
    fingerprint = fingerprint_of(report)
    while repeated := others.get(fingerprint):
        for other in repeated:
            if other.withdrawal is None:
                raise ReportRepeated(
                    f"You tried to change the report {report.id} so that it repeats the report {other.id} in outlet, "
                    "stance, time, url and source. Withdraw one of the two instead."
                )
        fingerprint = next_fingerprint(fingerprint)
    return fingerprint
