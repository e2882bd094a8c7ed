"""Record claims with the reports that carry them, and correct what they say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache import ScoreCache
from service.db import Database, retried
from service.directory import Directory
from service.dossier import (
    WHOLE,
    check_group,
    describe_claim,
    load_claim,
    reporting_outlets,
    standing_resolution,
)
from service.errors import ClaimDiffers, FieldError, InvalidBody
from service.filing import Filing, NewReport, file_on, plan_filings
from service.identity import new_id
from service.models import Claim
from service.outbox import forget_scores
from service.sums import kept_sums
from service.versions import check_match, keep_version, said_before
from service.vocabulary import Caller, ClaimKind, Verdict

CHANGEABLE = ("text", "topic", "tags", "group", "resolves_by")
"""The members of a claim that a correction can change."""


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
) -> tuple[dict[str, Any], bool]:
    """Put a claim on record with the reports that carry it.

    Returns:
        The claim, and whether it is new: the same `external_id` with the same content gives the
        claim that is there (R4).

    Raises:
        InvalidBody: The claim or a report breaks a rule (R1, R7), or speaks of an outlet that is not on record.
        ClaimDiffers: The `external_id` is that of a claim which does not agree.
    """
    with db.write() as session:
        directory = Directory(session, now=now)
        known = claim_by_external_id(session, claim["external_id"])
        if known is not None:
            check_agrees(session, known, claim, reports, directory, caller=caller, now=now)
            return describe_claim(session, known, now=now), False
        recorded = new_claim(claim, caller=caller, now=now)
        with kept_sums(session, [recorded]):
            file_on(recorded, plan_first(recorded, reports, directory, caller=caller, now=now))
            session.add(recorded)
        stale = reporting_outlets(recorded)
        forget_scores(session, cache, stale, now=now)
        described = describe_claim(session, recorded, now=now)
    return described, True


def get_claim(db: Database, claim_id: UUID, *, now: dt.datetime) -> dict[str, Any]:
    """A claim with its reports, its resolution and its independent roots.

    Raises:
        NotFound: There is no such claim.
    """
    with db.read() as session:
        return describe_claim(session, load_claim(session, claim_id), now=now)


@retried
def change_claim(
    db: Database,
    cache: ScoreCache,
    claim_id: UUID,
    *,
    changes: Mapping[str, Any],
    seen: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> dict[str, Any]:
    """Change what a claim says; what it said before is kept.

    Args:
        db: The database.
        cache: The scores that the change makes old.
        claim_id: Which claim.
        changes: New values of `text`, `topic`, `tags`, `group` and `resolves_by`, those that change.
        seen: The tags of what the caller has seen; None for whatever there is.
        caller: Who changes it.
        now: The moment of the call.

    Raises:
        NotFound: There is no such claim.
        PreconditionFailed: The claim was changed meanwhile.
        InvalidBody: An event would lose its date (R1).
        GroupResolved: The claim is true, and so is another one of its new group (R3).
    """
    with db.write() as session:
        claim = load_claim(session, claim_id, lock=True)
        check_match(describe_claim(session, claim, now=now), seen)
        if all(getattr(claim, name) == value for name, value in changes.items()):
            return describe_claim(session, claim, now=now)
        keep_version(session, claim.id, _content(claim), caller=caller, now=now)
        with kept_sums(session, [claim]):
            for name, value in changes.items():
                setattr(claim, name, value)
        _check_dated(claim)
        standing = standing_resolution(claim)
        if standing is not None and standing.verdict is Verdict.TRUE:
            check_group(session, claim)
        stale = reporting_outlets(claim)
        forget_scores(session, cache, stale, now=now)
        session.flush()
        return describe_claim(session, claim, now=now)


def new_claim(given: NewClaim, *, caller: Caller, now: dt.datetime) -> Claim:
    """A claim without reports, not yet in a session."""
    return Claim(id=new_id(), **given, filed_by=caller.key_id, recorded_at=now, reports=[], resolutions=[])


def claim_by_external_id(session: Session, external_id: str | None) -> Claim | None:
    """The claim that a feed knows under this id, loaded whole."""
    if external_id is None:
        return None
    return session.scalar(sa.select(Claim).where(Claim.external_id == external_id).options(*WHOLE))


def differences(session: Session, known: Claim, given: Mapping[str, Any]) -> list[FieldError]:
    """The members sent in which a claim differs from the one on record; none if it once said just that."""
    errors = [
        FieldError(pointer=f"/{member}", detail="Differs from the claim on record.", code="differs")
        for member, value in given.items()
        if getattr(known, member) != value and not _is_redacted(known, member)
    ]
    sent = {name: value for name, value in given.items() if name in CHANGEABLE}
    corrected = all(error["pointer"][1:] in CHANGEABLE for error in errors)
    return [] if errors and corrected and said_before(session, known.id, sent) else errors


def _is_redacted(claim: Claim, member: str) -> bool:
    """Whether a member was taken out: whoever sends it again neither disagrees nor brings it back."""
    return any(note["member"] == member for note in claim.redacted or ())


def _content(claim: Claim) -> dict[str, Any]:
    return {name: getattr(claim, name) for name in CHANGEABLE}


def plan_first(
    claim: Claim, reports: Sequence[NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> list[Filing]:
    """See whether a new claim can be recorded with its first reports.

    Raises:
        InvalidBody: It or they break a rule (R1, R7); everything that is wrong is named at once.
    """
    errors: list[FieldError] = []
    filings: list[Filing] = []
    try:
        _check_dated(claim)
    except InvalidBody as exc:
        errors += exc.errors
    try:
        filings = plan_filings(claim, placed(reports), directory, caller=caller, now=now)
    except InvalidBody as exc:
        errors += exc.errors
    if errors:
        raise InvalidBody("The claim cannot be recorded as given.", errors=errors)
    return filings


def placed(reports: Sequence[NewReport]) -> dict[str, NewReport]:
    """Reports under the pointers to them in the claim they were sent with."""
    return {f"/reports/{index}": report for index, report in enumerate(reports)}


def _check_dated(claim: Claim) -> None:
    if claim.kind is ClaimKind.EVENT and claim.resolves_by is None:
        raise InvalidBody.at("/resolves_by", "An event needs the date by which it is due.", "required")


def check_agrees(
    session: Session,
    known: Claim,
    given: NewClaim,
    reports: Sequence[NewReport],
    directory: Directory,
    *,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Make sure that a claim that was sent again says what is on record, and no more.

    Raises:
        ClaimDiffers: It says something else, or has reports that are not on record.
        InvalidBody: One of its reports breaks a rule.
    """
    errors = differences(session, known, given)
    filings = plan_filings(known, placed(reports), directory, caller=caller, now=now)
    for index, filing in enumerate(filings):
        if filing.is_new:
            detail = "Not among the reports on record; file it on the claim."
            errors.append(FieldError(pointer=f"/reports/{index}", detail=detail, code="differs"))
    if errors:
        raise ClaimDiffers(f"The claim {known.id} has this external id and does not agree.", errors=errors)
