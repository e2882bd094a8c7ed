"""Record claims with their first reports, and read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.describe import SAME_TEXT, describe_claim, describe_new_claim
from service.claims.load import WHOLE, load_claim, surviving_claim
from service.claims.repeats import differences
from service.claims.report_rules import Filing, NewReport, add_reports, check_reports
from service.claims.views import ClaimView
from service.errors import ClaimDiffers, FieldError, InvalidBody, ReportDiffers
from service.outlets.known import OutletName
from service.outlets.mentions import Directory
from service.outlets.sums import add_sums, lock_outlets, sums_of
from service.storage.base import plain
from service.storage.bulk import insert_rows
from service.storage.db import Database, retried
from service.storage.facts import reporting_outlets
from service.storage.models import Claim, Report
from service.values.ids import new_id
from service.values.vocabulary import Caller, ClaimKind


class NewClaim(TypedDict):
    """A claim as sent, without its reports."""

    text: str
    kind: ClaimKind
    topic: str | None
    tags: list[str]
    resolves_by: dt.datetime | None
    group: str | None
    external_id: str | None


@retried
def record_claim(
    db: Database,
    cache: ScoreCache,
    *,
    claim: NewClaim,
    reports: Sequence[NewReport],
    caller: Caller,
    now: dt.datetime,
) -> tuple[ClaimView, bool]:
    """Record a claim with its first reports.

    Returns:
        The claim, and whether it is new: the same `external_id` with the same content returns the existing claim (R4).

    Raises:
        InvalidBody: The claim or a report breaks a rule (R1, R7), or names an unknown outlet.
        ClaimDiffers: The recorded claim with this `external_id` differs.
        ReportDiffers: A report repeats another one and differs from it.
    """
    with db.write() as session, session.no_autoflush:
        directory = Directory(session, now=now)
        known = claim_by_external_id(session, claim["external_id"])
        directory.prefetch(mentioned_outlets(reports))
        if known is not None:
            current = surviving_claim(session, known)
            check_same(known, claim, reports, directory, current=current, caller=caller, now=now)
            return describe_claim(session, current, now=now), False
        new = new_claim(claim, caller=caller, now=now)
        filings = check_first_reports(new, reports, directory, caller=caller, now=now)
        add_reports(new, filings)
        directory.settle(caller)
        session.flush()  # created outlets
        lock_outlets(session, [new])
        # The INSERT also returns the claims with the same text, which saves a round trip to the database.
        same_text = insert_rows(session, {Claim: [new], Report: new.reports}, also_read=SAME_TEXT)
        add_sums(session, sums_of([new]))
        invalidate_scores(session, cache, reporting_outlets(new), now=now)
        view = describe_new_claim(session, new, same_text, now=now)
    return view, True


def get_claim(db: Database, claim_id: UUID, *, now: dt.datetime) -> ClaimView:
    """Return the claim with this id.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
    """
    with db.read() as session:
        return describe_claim(session, load_claim(session, claim_id), now=now)


def new_claim(given: NewClaim, *, caller: Caller, now: dt.datetime) -> Claim:
    """Return a new claim without reports, as a plain object that is not part of a session."""
    return plain(
        Claim,
        {
            "id": new_id(),
            **given,
            "filed_by": caller.key_id,
            "recorded_at": now,
            "reviews": None,
            "redacted": None,
            "merged_into_id": None,
            "reports": [],
            "resolutions": [],
        },
    )


def claim_by_external_id(session: Session, external_id: str | None) -> Claim | None:
    """Return the claim with this external id, with its reports and resolutions; None if there is none."""
    if external_id is None:
        return None
    return session.scalar(sa.select(Claim).where(Claim.external_id == external_id).options(*WHOLE))


def check_first_reports(
    claim: Claim, reports: Sequence[NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> list[Filing]:
    """Check a new claim and its first reports against the rules, and return the checked reports.

    Raises:
        InvalidBody: The claim or a report breaks a rule (R1, R7); `errors` names all places.
    """
    errors: list[FieldError] = []
    filings: list[Filing] = []
    try:
        check_due_date(claim)
    except InvalidBody as exc:
        errors += exc.errors
    try:
        filings = check_reports(claim, by_pointer(reports), directory, caller=caller, now=now)
    except InvalidBody as exc:
        errors += exc.errors
    if errors:
        raise InvalidBody(
            "The claim breaks a rule of the record, and nothing was recorded. Correct the members listed in errors.",
            errors=errors,
        )
    return filings


def mentioned_outlets(reports: Iterable[NewReport]) -> Iterator[str | OutletName]:
    """Yield the outlets that reports name or cite."""
    for report in reports:
        cited = None if report["relays"] is None else report["relays"]["outlet"]
        yield from (outlet for outlet in (report["outlet"], cited) if outlet is not None)


def by_pointer(reports: Sequence[NewReport]) -> dict[str, NewReport]:
    """Return the reports of a claim as sent, by their JSON pointers in the request."""
    return {f"/reports/{index}": report for index, report in enumerate(reports)}


def check_due_date(claim: Claim) -> None:
    """Check that an event has a due date (R1).

    Raises:
        InvalidBody: The claim is an event without a due date.
    """
    if claim.kind is ClaimKind.EVENT and claim.resolves_by is None:
        raise InvalidBody.at("/resolves_by", "An event needs the date by which it is due.", "required")


def check_same(
    known: Claim,
    given: NewClaim,
    reports: Sequence[NewReport],
    directory: Directory,
    *,
    current: Claim,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Check that a claim sent again is the same as the recorded one (R4).

    Args:
        known: The recorded claim.
        given: The claim as sent.
        reports: The reports as sent.
        directory: The directory that finds or creates their outlets.
        current: The recorded claim itself or, if it was merged, the claim that now has its reports (R22a).
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        ClaimDiffers: A member of the claim differs, or a report is new.
        ReportDiffers: Only reports differ from the recorded ones that they repeat.
        InvalidBody: A report breaks a rule.
    """
    errors = differences(directory.session, known, given)
    try:
        filings = check_reports(current, by_pointer(reports), directory, caller=caller, now=now)
    except ReportDiffers as exc:
        if not errors:
            raise
        errors, filings = [*errors, *exc.errors], []
    if errors := [*errors, *_new_reports(filings, current)]:
        raise ClaimDiffers(
            f"The claim {known.id} has this external_id, and the members listed in errors differ from it. "
            "Change that claim with PATCH, or send another external_id.",
            errors=errors,
        )


def _new_reports(filings: Iterable[Filing], claim: Claim) -> Iterator[FieldError]:
    """Yield an error for each report that is not recorded on the claim yet."""
    detail = f"This report is not recorded. Add it with POST /v1/claims/{claim.id}/reports."
    for index, filing in enumerate(filings):
        if filing.is_new:
            yield FieldError(pointer=f"/reports/{index}", detail=detail, code="differs")
