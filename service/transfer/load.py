"""Load many lines at once. Each is right or wrong by itself, and the same line again changes nothing."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.load import WHOLE, reporting_outlets
from service.claims.record import NewClaim, check_agrees, differences, new_claim, plan_first
from service.claims.report_rules import Filing, NewReport, add_reports, check_reports
from service.claims.resolve import NewResolution, append_resolution, check_resolution, new_resolution
from service.errors import ClaimDiffers, InvalidBody, ServiceError, SlugTaken, nested
from service.outlets.edit import NewOutlet, agrees, new_outlet
from service.outlets.find import WHOLE as WHOLE_OUTLET
from service.outlets.mentions import Directory, OutletName
from service.outlets.merge import merge_new
from service.outlets.sums import kept_sums
from service.storage.db import Database, retried
from service.storage.models import Claim, Outlet, Report, Resolution
from service.transfer.lines import ClaimLine, FlatLine, Line, OutletLine, ReadLine, ReportLine, ResolutionLine
from service.values.ids import parse_id
from service.values.names import name_key
from service.values.vocabulary import Caller

BATCH = 250
"""Lines to a transaction: enough to share its cost, few enough that other writers hardly wait."""


class LineStatus(enum.StrEnum):
    """What became of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line, and why if it was rejected."""

    number: int
    status: LineStatus
    id: UUID | None = None
    """The outlet, claim, report or resolution that the line made or found."""
    error: ServiceError | None = None


@retried
def load_lines(
    db: Database, cache: ScoreCache, lines: Sequence[ReadLine], *, caller: Caller, now: dt.datetime
) -> list[LineResult]:
    """Load some lines in one transaction; each is on record whole or not at all.

    Args:
        db: The database.
        cache: The scores that the lines make old.
        lines: The lines, at most some hundred.
        caller: Who files them.
        now: The moment of the call.
    """
    with db.write() as session, session.no_autoflush:
        load = _Load(session, caller=caller, now=now)
        results = load.lines(lines)
        if load.stale:
            invalidate_scores(session, cache, load.stale, now=now)
    return results


def try_lines(
    db: Database, batches: Iterable[Sequence[ReadLine]], *, caller: Caller, now: dt.datetime
) -> Iterator[LineResult]:
    """What loading would make of lines, without loading them: one transaction for them all, which is rolled back."""
    with db.dry_run() as session, session.no_autoflush:
        for lines in batches:
            yield from _Load(session, caller=caller, now=now).lines(lines)
            session.flush()


LineOutcome: TypeAlias = tuple[LineStatus, Outlet | Claim | Report | Resolution]
"""What became of a line, and what it made or found."""


class _Load:
    """The lines of one transaction, with the claims and outlets that they speak of.

    What can be refused of a line is tried before anything of it is put on record, so that a line that
    is rejected leaves nothing behind.
    """

    def __init__(self, session: Session, *, caller: Caller, now: dt.datetime) -> None:
        self.stale: set[str] = set()
        self._session = session
        self._caller = caller
        self._now = now
        self._directory = Directory(session, now=now)
        self._claims: dict[str, Claim] = {}

    def lines(self, lines: Sequence[ReadLine]) -> list[LineResult]:
        self._claims = self._known_claims(lines)
        self._directory.expect(reference for line in lines for reference in _outlets(line.content))
        with kept_sums(self._session, self._claims.values()):
            return [self._line(line) for line in lines]

    def _line(self, line: ReadLine) -> LineResult:
        if isinstance(line.content, ServiceError):
            return LineResult(line.number, LineStatus.REJECTED, error=line.content)
        try:
            status, subject = self._load(line.content)
        except ServiceError as exc:
            self._directory.drop_unused()
            if isinstance(line.content, FlatLine):
                exc.errors = [{**place, "pointer": in_flat_line(place["pointer"])} for place in exc.errors]
            return LineResult(line.number, LineStatus.REJECTED, error=exc)
        return LineResult(line.number, status, subject.id)

    def _load(self, line: Line) -> LineOutcome:
        match line:
            case OutletLine():
                return self._outlet(line.outlet)
            case ClaimLine():
                return self._claim(line)
            case ReportLine():
                return self._report(self._known(line.claim), line.report)
            case ResolutionLine():
                return self._resolution(self._known(line.claim), line.resolution)
            case FlatLine():
                return self._flat(line)

    def _known_claims(self, lines: Sequence[ReadLine]) -> dict[str, Claim]:
        """The claims on record that lines speak of, by external id; one without goes by its id, as in an export."""
        names = {external_id for line in lines if (external_id := _external_id(line.content)) is not None}
        named: sa.ColumnElement[bool] = Claim.external_id.in_(names)
        if ids := {id_ for name in names if (id_ := parse_id(name)) is not None}:
            named |= Claim.external_id.is_(None) & Claim.id.in_(ids)
        rows = sa.select(Claim).where(named).order_by(Claim.id)
        self._session.execute(rows.with_only_columns(Claim.id).with_for_update())
        found = self._session.scalars(rows.options(*WHOLE))
        return {claim.external_id or str(claim.id): claim for claim in found}

    def _known(self, external_id: str) -> Claim:
        if (claim := self._claims.get(external_id)) is None:
            raise InvalidBody.at("/claim", f"No claim {external_id!r} is on record.", "unknown-claim")
        return claim

    def _outlet(self, given: NewOutlet) -> LineOutcome:
        self._session.flush()
        same = Outlet.name_key == name_key(given["name"]) if given["slug"] is None else Outlet.slug == given["slug"]
        known = self._session.scalars(sa.select(Outlet).where(same).options(*WHOLE_OUTLET)).all()
        for outlet in known:
            if agrees(self._session, outlet, given):
                return LineStatus.UNCHANGED, outlet
        if known and given["slug"] is None:
            raise SlugTaken(f"The outlet {known[0].slug!r} has this name and does not agree; give another one a slug.")
        outlet = new_outlet(self._session, given, now=self._now)
        if (into := given.get("merged_into")) is not None:
            merge_new(self._session, outlet, into, caller=self._caller, now=self._now)
        self._session.add(outlet)
        self._session.flush()
        self._directory.clear_names()
        return LineStatus.CREATED, outlet

    def _claim(self, line: ClaimLine) -> LineOutcome:
        if (known := self._claims.get(required_id(line.claim))) is not None:
            check_agrees(
                self._session,
                known,
                {**line.claim, "external_id": known.external_id},
                line.reports,
                self._directory,
                caller=self._caller,
                now=self._now,
            )
            return LineStatus.UPDATED if self._resolve(known, line.resolution, []) else LineStatus.UNCHANGED, known
        claim = new_claim(line.claim, caller=self._caller, now=self._now)
        filings = plan_first(claim, line.reports, self._directory, caller=self._caller, now=self._now)
        self._resolve(claim, line.resolution, filings)
        return LineStatus.CREATED, claim

    def _report(self, claim: Claim, report: NewReport) -> LineOutcome:
        [filing] = check_reports(claim, {"": report}, self._directory, caller=self._caller, now=self._now)
        self._put(claim, [filing], None)
        return LineStatus.CREATED if filing.is_new else LineStatus.UNCHANGED, filing.report

    def _resolution(self, claim: Claim, given: NewResolution) -> LineOutcome:
        resolution, is_new = self._planned(claim, given)
        self._put(claim, [], resolution if is_new else None)
        return LineStatus.CREATED if is_new else LineStatus.UNCHANGED, resolution

    def _flat(self, line: FlatLine) -> LineOutcome:
        external_id = str(line.claim["external_id"])
        if (claim := self._claims.get(external_id)) is None:
            claim = new_claim(line.claim, caller=self._caller, now=self._now)
        spoken_of = {"text": line.claim["text"]}
        if line.claim["topic"] is not None:
            spoken_of["topic"] = line.claim["topic"]
        if differing := differences(self._session, claim, spoken_of):
            raise ClaimDiffers(f"The claim {claim.id} has this claim_id and does not agree.", errors=differing)
        [filing] = check_reports(claim, {"/report": line.report}, self._directory, caller=self._caller, now=self._now)
        resolved = self._resolve(claim, line.resolution, [filing])
        if filing.is_new:
            return LineStatus.CREATED, filing.report
        return LineStatus.UPDATED if resolved else LineStatus.UNCHANGED, filing.report

    def _resolve(self, claim: Claim, given: NewResolution | None, filings: list[Filing]) -> bool:
        """Put a claim on record with reports and a resolution, once the resolution is found good; whether it is new."""
        resolution, is_new = None, False
        try:
            if given is not None:
                resolution, is_new = self._planned(claim, given)
        except InvalidBody as exc:
            raise InvalidBody(exc.detail, errors=nested(exc, "/resolution")) from exc
        self._put(claim, filings, resolution if is_new else None)
        return is_new

    def _planned(self, claim: Claim, given: NewResolution) -> tuple[Resolution, bool]:
        """The resolution to add, or one that says the same and is, or once was, the claim's; and whether it is new."""
        check_resolution(given, now=self._now)
        if same := next((resolution for resolution in claim.resolutions if _agrees(resolution, given)), None):
            return same, False
        return new_resolution(self._session, claim, given, caller=self._caller, now=self._now), True

    def _put(self, claim: Claim, filings: list[Filing], resolution: Resolution | None) -> None:
        add_reports(claim, filings)
        if claim.external_id is not None and claim.external_id not in self._claims:
            self._claims[claim.external_id] = claim
            self._session.add(claim)
        self.stale |= {filing.report.outlet.surviving.slug for filing in filings if filing.is_new}
        if resolution is not None:
            append_resolution(claim, resolution)
            self.stale |= reporting_outlets(claim)


def _external_id(content: Line | ServiceError) -> str | None:
    match content:
        case ClaimLine() | FlatLine():
            return content.claim["external_id"]
        case ReportLine() | ResolutionLine():
            return content.claim
        case _:
            return None


def required_id(claim: NewClaim) -> str:
    """The external id of a claim in a file.

    Raises:
        InvalidBody: It has none.
    """
    if claim["external_id"] is None:
        raise InvalidBody.at("/external_id", "A claim in a file needs one, to be known again.", "required")
    return claim["external_id"]


def _outlets(content: Line | ServiceError) -> Iterator[str | OutletName]:
    """The outlets that the reports of a line speak of."""
    match content:
        case ClaimLine():
            reports = content.reports
        case ReportLine() | FlatLine():
            reports = [content.report]
        case _:
            reports = []
    for report in reports:
        cited = None if report["relays"] is None else report["relays"]["outlet"]
        yield from (outlet for outlet in (report["outlet"], cited) if outlet is not None)


# Where a flat line says what is wrong with the claim, report or resolution that it stands for.
_FLAT_PLACES = (
    (re.compile(r"^/text"), "/claim"),
    (re.compile(r"^/reports/0"), "/report"),
    (re.compile(r"^/report/outlet.*"), "/outlet"),
    (re.compile(r"^/report"), ""),
    (re.compile(r"^(/resolution)?/known_at"), "/resolved_at"),
    (re.compile(r"^/resolution.*"), "/outcome"),
)


def in_flat_line(pointer: str) -> str:
    """The member of a flat line that an error's pointer is about."""
    for inside, outside in _FLAT_PLACES:
        pointer = inside.sub(outside, pointer)
    return pointer


def _agrees(resolution: Resolution, given: NewResolution) -> bool:
    same_truth = given["truth"] is None or given["truth"] == resolution.truth
    same_moment = given["known_at"] in (None, resolution.known_at)
    same_place = given["supersedes"] in (None, resolution.supersedes_id)
    return resolution.verdict is given["verdict"] and same_truth and same_moment and same_place
