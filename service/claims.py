"""Record claims with the reports that carry them, and list what is on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.cache import ScoreCache
from service.db import Database, retried
from service.directory import Directory
from service.dossier import WHOLE, describe_claim, load_claim, reporting_outlets, summarise_claim
from service.errors import ClaimDiffers, FieldError, InvalidBody, nested
from service.identity import new_id
from service.models import Claim, Report, Resolution
from service.outbox import leave_forget
from service.outlets import filtering_outlet
from service.paging import Keyset, Page, Position
from service.reports import NewReport, file_reports
from service.vocabulary import Caller, ClaimKind, ClaimStatus, Verdict


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
            _agree(known, claim, reports, directory, caller=caller, now=now)
            return describe_claim(session, known, now=now), False
        recorded = new_claim(claim, caller=caller, now=now)
        _file_first(recorded, reports, directory, caller=caller, now=now)
        session.add(recorded)
        session.flush()
        stale = reporting_outlets(recorded)
        leave_forget(session, stale, now=now)
        described = describe_claim(session, recorded, now=now)
    cache.forget(stale)
    return described, True


def get_claim(db: Database, claim_id: UUID, *, now: dt.datetime) -> dict[str, Any]:
    """A claim with its reports, its resolution and its independent roots.

    Raises:
        NotFound: There is no such claim.
    """
    with db.read() as session:
        return describe_claim(session, load_claim(session, claim_id), now=now)


def list_claims(
    db: Database,
    *,
    status: ClaimStatus | None = None,
    verdict: Verdict | None = None,
    outlet: str | None = None,
    topic: str | None = None,
    resolves_before: dt.datetime | None = None,
    after: Position | None,
    limit: int,
    now: dt.datetime,
) -> Page[dict[str, Any]]:
    """Claims, the last recorded first.

    Raises:
        InvalidQuery: `after` is not a position of this list, or `outlet` not on record.
    """
    rows = sa.select(Claim).options(selectinload(Claim.resolutions))
    with db.read() as session:
        if status is not None:
            rows = rows.where(_has_status(status, now))
        if verdict is not None:
            rows = rows.where(_stands(Resolution.verdict == verdict))
        if outlet is not None:
            by = filtering_outlet(session, outlet, "outlet")
            rows = rows.where(sa.exists().where(Report.claim_id == Claim.id, Report.outlet_id == by.id))
        if topic is not None:
            rows = rows.where(Claim.topic == topic)
        if resolves_before is not None:
            rows = rows.where(Claim.resolves_by < resolves_before)
        page = Keyset([Claim.id], [UUID], descending=True).page(session, rows, after=after, limit=limit)
        return Page([summarise_claim(claim, now=now) for claim in page.items], page.next)


def new_claim(given: NewClaim, *, caller: Caller, now: dt.datetime) -> Claim:
    """A claim without reports, not yet in a session."""
    return Claim(id=new_id(), **given, filed_by=caller.key_id, recorded_at=now, reports=[], resolutions=[])


def claim_by_external_id(session: Session, external_id: str | None) -> Claim | None:
    """The claim that a feed knows under this id, loaded whole."""
    if external_id is None:
        return None
    return session.scalar(sa.select(Claim).where(Claim.external_id == external_id).options(*WHOLE))


def differences(known: Claim, given: NewClaim) -> list[FieldError]:
    """The members in which a claim that was sent differs from the one on record."""
    return [
        FieldError(pointer=f"/{member}", detail="Differs from the claim on record.", code="differs")
        for member, value in given.items()
        if getattr(known, member) != value
    ]


def _file_first(
    claim: Claim, reports: Sequence[NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> None:
    """File a new claim's reports, naming all that is wrong with it and with them at once."""
    errors: list[FieldError] = []
    if claim.kind is ClaimKind.EVENT and claim.resolves_by is None:
        detail = "An event needs the date by which it is due."
        errors.append(FieldError(pointer="/resolves_by", detail=detail, code="required"))
    try:
        file_reports(claim, reports, directory, caller=caller, now=now)
    except InvalidBody as exc:
        errors += nested(exc, "/reports")
    if errors:
        raise InvalidBody("The claim cannot be recorded as given.", errors=errors)


def _agree(
    known: Claim,
    given: NewClaim,
    reports: Sequence[NewReport],
    directory: Directory,
    *,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Make sure that what was sent again says what is on record, and no more."""
    errors = differences(known, given)
    try:
        filed = file_reports(known, reports, directory, caller=caller, now=now)
    except InvalidBody as exc:
        raise InvalidBody(exc.detail, errors=nested(exc, "/reports")) from exc
    for index, (_, created) in enumerate(filed):
        if created:
            detail = "Not among the reports on record; file it on the claim."
            errors.append(FieldError(pointer=f"/reports/{index}", detail=detail, code="differs"))
    if errors:
        raise ClaimDiffers(f"The claim {known.id} has this external id and does not agree.", errors=errors)


def _stands(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether a claim's newest resolution meets a condition."""
    later = sa.orm.aliased(Resolution)
    superseded = sa.exists().where(later.supersedes_id == Resolution.id)
    return sa.exists().where(Resolution.claim_id == Claim.id, ~superseded, condition)


def _has_status(status: ClaimStatus, now: dt.datetime) -> sa.ColumnElement[bool]:
    resolved = _stands(Resolution.verdict.is_not(None))
    past = sa.and_(Claim.kind == ClaimKind.EVENT, Claim.resolves_by <= now)
    match status:
        case ClaimStatus.RESOLVED:
            return resolved
        case ClaimStatus.DUE:
            return ~resolved & past
        case ClaimStatus.OPEN:
            return ~resolved & sa.or_(Claim.kind != ClaimKind.EVENT, Claim.resolves_by > now)
