"""Load the lines of a file one by one with the use cases of single calls, to compare an import with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from service.cache.score_cache import ScoreCache
from service.claims.load import WHOLE
from service.claims.record import record_claim
from service.claims.repeats import differences
from service.claims.report import add_report
from service.claims.resolutions import is_same_resolution
from service.claims.resolve import NewResolution, check_resolution, resolve_claim
from service.errors import ClaimDiffers, Forbidden, InvalidBody, ServiceError, nested
from service.storage.db import Database
from service.storage.models import Claim
from service.transfer.lines import (
    ClaimLine,
    FlatLine,
    Line,
    LineResult,
    LineStatus,
    OutletLine,
    ReadLine,
    ReportLine,
    ResolutionLine,
    ReviewLine,
    in_line,
)
from service.transfer.outlet_line import load_outlet
from service.values.vocabulary import Caller, Scope


class Answer(NamedTuple):
    """The answer to a line, without ids."""

    status: LineStatus
    problem: str | None
    pointers: tuple[str, ...]
    warnings: tuple[str, ...]


def answer_of(result: LineResult) -> Answer:
    """Return the answer of an import."""
    return _answer(result.status, result.error, [warning.code for warning in result.warnings])


def call_lines(
    db: Database, cache: ScoreCache, lines: Iterable[ReadLine], *, caller: Caller, now: dt.datetime
) -> list[Answer]:
    """Load lines, each in its own transaction, and return the answers."""
    return [_call(db, cache, line.content, caller, now) for line in lines]


def _answer(status: LineStatus, error: ServiceError | None, warnings: list[str]) -> Answer:
    pointers = () if error is None else tuple(sorted(place["pointer"] for place in error.errors))
    return Answer(status, None if error is None else error.name, pointers, tuple(warnings))


def _call(db: Database, cache: ScoreCache, content: Line | ServiceError, caller: Caller, now: dt.datetime) -> Answer:
    if isinstance(content, ServiceError):
        return _answer(LineStatus.REJECTED, content, [])
    try:
        with db.write():
            status, warnings = _Calls(db, cache, caller, now).load(content)
    except ServiceError as exc:
        exc.errors = in_line(content, exc.errors)
        return _answer(LineStatus.REJECTED, exc, [])
    return _answer(status, None, warnings)


class _Calls:
    """The calls of one line."""

    def __init__(self, db: Database, cache: ScoreCache, caller: Caller, now: dt.datetime) -> None:
        self._db, self._cache, self._caller, self._now = db, cache, caller, now

    def load(self, line: Line) -> tuple[LineStatus, list[str]]:
        """Return the status of a line and the codes of its warnings."""
        match line:
            case OutletLine():
                with self._db.write() as session:
                    return load_outlet(session, line.outlet, caller=self._caller, now=self._now)[0], []
            case ClaimLine():
                return self._record(line)
            case FlatLine():
                return self._flat(line)
            case ReportLine():
                claim = self._require(line.claim)
                _, is_new = add_report(
                    self._db, self._cache, claim.id, report=line.report, caller=self._caller, now=self._now
                )
                return LineStatus.CREATED if is_new else LineStatus.UNCHANGED, []
            case ReviewLine():
                raise TypeError("The generated files have no reviews.")
            case ResolutionLine():
                is_new, warnings = self._resolve(self._require(line.claim), line.resolution)
                return LineStatus.CREATED if is_new else LineStatus.UNCHANGED, warnings

    def _record(self, line: ClaimLine) -> tuple[LineStatus, list[str]]:
        _, is_new = record_claim(
            self._db, self._cache, claim=line.claim, reports=line.reports, caller=self._caller, now=self._now
        )
        is_resolved, warnings = self._resolve_nested(str(line.claim["external_id"]), line.resolution)
        if is_new:
            return LineStatus.CREATED, warnings
        return LineStatus.UPDATED if is_resolved else LineStatus.UNCHANGED, warnings

    def _flat(self, line: FlatLine) -> tuple[LineStatus, list[str]]:
        external_id = str(line.claim["external_id"])
        if (claim := self._find(external_id)) is None:
            record_claim(
                self._db, self._cache, claim=line.claim, reports=[line.report], caller=self._caller, now=self._now
            )
            is_new = True
        else:
            self._check_members(claim, line)
            _, is_new = add_report(
                self._db, self._cache, claim.id, report=line.report, caller=self._caller, now=self._now
            )
        is_resolved, warnings = self._resolve_nested(external_id, line.resolution)
        if is_new:
            return LineStatus.CREATED, warnings
        return LineStatus.UPDATED if is_resolved else LineStatus.UNCHANGED, warnings

    def _check_members(self, claim: Claim, line: FlatLine) -> None:
        given = {name: line.claim[name] for name in ("text", "topic") if line.claim[name] is not None}
        with self._db.write() as session:
            if differing := differences(session, claim, given):
                raise ClaimDiffers("It differs.", errors=differing)

    def _resolve_nested(self, external_id: str, given: NewResolution | None) -> tuple[bool, list[str]]:
        if given is None:
            return False, []
        try:
            return self._resolve(self._require(external_id), given)
        except InvalidBody as exc:
            raise InvalidBody(exc.detail, errors=nested(exc, "/resolution")) from exc

    def _resolve(self, claim: Claim, given: NewResolution) -> tuple[bool, list[str]]:
        if Scope.RESOLUTIONS_WRITE not in self._caller.scopes:
            raise Forbidden("It needs a scope.")
        check_resolution(given, now=self._now)
        if any(is_same_resolution(resolution, given) for resolution in claim.resolutions):
            return False, []
        view = resolve_claim(self._db, self._cache, claim.id, resolution=given, caller=self._caller, now=self._now)
        return True, [warning.code for warning in getattr(view, "warnings", ())]

    def _require(self, external_id: str) -> Claim:
        if (claim := self._find(external_id)) is None:
            raise InvalidBody.at("/claim", "It is unknown.", "unknown-claim")
        return claim

    def _find(self, external_id: str) -> Claim | None:
        with self._db.write() as session:
            return session.scalar(sa.select(Claim).where(Claim.external_id == external_id).options(*WHOLE))
