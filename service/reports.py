"""File reports on claims, and list them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from bisect import insort
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from service.cache import ScoreCache
from service.db import Database, retried
from service.directory import Directory, NamedOutlet
from service.dossier import as_filed, describe_report, load_claim
from service.errors import FieldError, InvalidBody, nested
from service.identity import new_id
from service.instants import format_instant, parse_instant
from service.models import Claim, Outlet, Report
from service.outbox import leave_forget
from service.outlets import require_outlet
from service.paging import Keyset, Page, Position
from service.provenance import ORDER, relay_cycle
from service.vocabulary import Caller, Stance

CLOCK_SLACK = dt.timedelta(minutes=5)
"""How far the clock of a feed may be ahead of ours."""


class Relay(TypedDict):
    """Whom a report says it has the claim from; without an outlet, nobody in particular (R7)."""

    outlet: str | None
    cited_as: str | None


class NewReport(TypedDict):
    """A report as sent."""

    outlet: str | NamedOutlet | None
    """None for the one whose page `url` is."""
    stance: Stance
    commitment: int | None
    probability: float | None
    published_at: dt.datetime
    url: str | None
    quote: str | None
    relays: Relay | None


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
        filed, created = _file_report(claim, report, Directory(session, now=now), caller=caller, now=now)
        described = describe_report(filed, claim)
        if created:
            leave_forget(session, [filed.outlet.slug], now=now)
    if created:
        cache.forget([filed.outlet.slug])
    return described, created


def list_claim_reports(db: Database, claim_id: UUID, *, after: Position | None, limit: int) -> Page[dict[str, Any]]:
    """The reports on a claim, in the order they were published.

    Raises:
        NotFound: There is no such claim.
        InvalidQuery: `after` is not a position of this list.
    """
    keyset = Keyset([Report.published_at, Report.recorded_at, Report.id], [parse_instant, parse_instant, UUID])
    with db.read() as session:
        claim = load_claim(session, claim_id)
        rows = sa.select(Report).where(Report.claim_id == claim_id)
        page = keyset.page(session, rows, after=after, limit=limit)
        return Page([describe_report(report, claim) for report in page.items], page.next)


def list_outlet_reports(db: Database, reference: str, *, after: Position | None, limit: int) -> Page[dict[str, Any]]:
    """The reports of an outlet, the newest first.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: `after` is not a position of this list.
    """
    keyset = Keyset([Report.published_at, Report.id], [parse_instant, UUID], descending=True)
    with db.read() as session:
        outlet = require_outlet(session, reference)
        rows = (
            sa.select(Report)
            .where(Report.outlet_id == outlet.id)
            .options(
                selectinload(Report.outlet),
                selectinload(Report.cited),
                selectinload(Report.claim).selectinload(Claim.resolutions),
            )
        )
        page = keyset.page(session, rows, after=after, limit=limit)
        return Page([describe_report(report, report.claim) for report in page.items], page.next)


def file_reports(
    claim: Claim, reports: Sequence[NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> list[tuple[Report, bool]]:
    """Add reports to a claim that is loaded and locked.

    Nothing is added unless every one of them can be.

    Returns:
        For each the report on record, and whether it was added just now (R4).

    Raises:
        InvalidBody: Some of them break a rule; the pointers count from the list.
    """
    known = {report.fingerprint: report for report in claim.reports}
    filed: list[tuple[Report, bool]] = []
    errors: list[FieldError] = []
    for index, given in enumerate(reports):
        try:
            report = _new_report(given, directory, caller=caller, now=now)
        except InvalidBody as exc:
            errors += nested(exc, f"/{index}")
            continue
        same = known.setdefault(report.fingerprint, report)
        filed.append((same, same is report))
    new = [report for report, created in filed if created]
    relaying = any(report.is_relay for report in new)
    if not errors and relaying and (circle := relay_cycle(as_filed(report) for report in [*claim.reports, *new])):
        relays = ((index, as_filed(report)) for index, (report, _) in enumerate(filed))
        errors = [_cycle(index) for index, relay in relays if {relay.outlet_id, relay.cited_id} <= set(circle)]
    if errors:
        raise InvalidBody("A report cannot be filed as given.", errors=errors)
    for report in new:
        insort(claim.reports, report, key=ORDER)
    return filed


def _file_report(
    claim: Claim, report: NewReport, directory: Directory, *, caller: Caller, now: dt.datetime
) -> tuple[Report, bool]:
    """As `file_reports`, for one; the pointers of an error count from the report."""
    try:
        [filed] = file_reports(claim, [report], directory, caller=caller, now=now)
    except InvalidBody as exc:
        places: list[FieldError] = [{**place, "pointer": place["pointer"].removeprefix("/0")} for place in exc.errors]
        raise InvalidBody(exc.detail, errors=places) from exc
    return filed


def _new_report(given: NewReport, directory: Directory, *, caller: Caller, now: dt.datetime) -> Report:
    """A report that is not yet on its claim.

    Raises:
        InvalidBody: It breaks a rule of its own, or an outlet is not on record; all such places at once.
    """
    errors: list[FieldError] = []
    outlet = _found(partial(_publisher, directory, given), "/outlet", errors)
    relays = given["relays"]
    cited = None if relays is None or relays["outlet"] is None else relays["outlet"]
    cited_outlet = None if cited is None else _found(partial(directory.get, cited), "/relays/outlet", errors)
    if given["published_at"] > now + CLOCK_SLACK:
        errors.append(FieldError(pointer="/published_at", detail="Lies in the future.", code="future"))
    if outlet is not None and outlet is cited_outlet:
        errors.append(FieldError(pointer="/relays/outlet", detail="An outlet cannot relay itself.", code="self-relay"))
    if errors or outlet is None:
        raise InvalidBody("The report cannot be filed as given.", errors=errors)
    return Report(
        id=new_id(),
        outlet=outlet,
        stance=given["stance"],
        commitment=given["commitment"],
        probability=given["probability"],
        published_at=given["published_at"],
        url=given["url"],
        quote=given["quote"],
        is_relay=relays is not None,
        cited=cited_outlet,
        cited_as=None if relays is None else relays["cited_as"],
        fingerprint=_fingerprint(given, outlet, cited_outlet),
        filed_by=caller.key_id,
        recorded_at=now,
    )


def _publisher(directory: Directory, given: NewReport) -> Outlet:
    """The outlet that a report names, or else the one whose page its `url` is."""
    if given["outlet"] is not None:
        return directory.get(given["outlet"])
    if given["url"] is None:
        raise InvalidBody.at("", "Name the outlet, or give the url of the report on one of its pages.", "required")
    return directory.at(given["url"])


def _found(find: Callable[[], Outlet], pointer: str, errors: list[FieldError]) -> Outlet | None:
    try:
        return find()
    except InvalidBody as exc:
        errors += nested(exc, pointer)
        return None


def _cycle(index: int) -> FieldError:
    detail = "With this report the outlets relay one another in a circle, and none of them reports in its own name."
    return FieldError(pointer=f"/{index}/relays/outlet", detail=detail, code="relay-cycle")


def _fingerprint(given: NewReport, outlet: Outlet, cited: Outlet | None) -> str:
    """What a report is the same by: outlet, stance, published_at, url and relays (R4); the claim is beside it."""
    relays = given["relays"]
    parts = [
        str(outlet.id),
        given["stance"],
        format_instant(given["published_at"]),
        given["url"],
        relays is not None,
        None if cited is None else str(cited.id),
        None if relays is None else relays["cited_as"],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
