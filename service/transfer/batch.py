"""Apply the rules to a batch of import lines, and collect the rows to insert."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy.orm import Session

from service.claims.additions import Additions
from service.claims.record import by_pointer, check_first_reports, check_same, new_claim
from service.claims.repeats import differences
from service.claims.report_rules import Filing, add_reports, check_reports
from service.claims.resolutions import is_same_resolution
from service.claims.resolve import NewResolution, append_resolution, check_resolution, new_resolution, warnings_about
from service.claims.rights import check_filing
from service.errors import ClaimDiffers, Forbidden, InvalidBody, ServiceError, nested
from service.outlets.mentions import Directory
from service.outlets.new_outlet import NewOutlet
from service.storage.facts import reporting_outlets, surviving_outlet
from service.storage.models import Claim, Dispute, Outlet, Report, Resolution
from service.transfer.claimreview.review import ReviewWarning
from service.transfer.known_claims import KnownClaims
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
    named_claim,
    named_outlets,
    required_id,
)
from service.transfer.outlet_line import load_outlet
from service.transfer.repeated_lines import find_repeated
from service.transfer.review_line import plan_review
from service.values.vocabulary import Caller, Scope

_Resolved: TypeAlias = tuple[Claim, Resolution]
"""A claim with its new resolution."""


class _Loaded(NamedTuple):
    """The changes of a line that was accepted."""

    status: LineStatus
    row: Outlet | Claim | Report | Resolution
    """The created or existing row."""
    resolved: _Resolved | None = None
    warnings: Sequence[ReviewWarning] = ()


class Batch:
    """A batch of import lines for one transaction, with the claims and outlets that the lines name.

    All checks of a line come before its first change, so a rejected line changes nothing.
    """

    def __init__(self, session: Session, *, caller: Caller, now: dt.datetime) -> None:
        self.stale: set[str] = set()
        self._session = session
        self._caller = caller
        self._now = now
        self._directory = Directory(session, now=now)
        self._known = KnownClaims(session, ())
        self._claims: dict[str, Claim] = {}
        self._repeated: dict[int, Report] = {}  # the recorded reports that flat lines repeat, by line number
        self._additions = Additions(session)
        self._closed: list[Dispute] = []
        self._reviewed: list[Claim] = []  # recorded claims to which a line adds a review

    def load(self, lines: Sequence[ReadLine]) -> list[LineResult]:
        """Load lines, and return the result of each."""
        names = {external_id for line in lines if (external_id := named_claim(line.content)) is not None}
        self._known = KnownClaims(self._session, names)
        self._claims = dict(self._known.claims)
        self._directory.prefetch(reference for line in lines for reference in named_outlets(line.content))
        self._repeated = find_repeated(self._session, self._known, lines, self._directory)
        others = (named_claim(line.content) for line in lines if line.number not in self._repeated)
        self._known.add_reports(name for name in others if name is not None)
        outcomes = [self._load_or_reject(line) for line in lines]
        self._additions.finish()
        self._change_rows()
        return [_result(line.number, outcome) for line, outcome in zip(lines, outcomes, strict=True)]

    def _change_rows(self) -> None:
        """Copy the changes made to disputes and claims in memory to their database rows."""
        for closed in self._closed:
            dispute = self._session.get_one(Dispute, closed.id)
            dispute.closed_at, dispute.closed_by = closed.closed_at, closed.closed_by
            dispute.closing_resolution_id = closed.closing_resolution_id
        for claim in self._reviewed:
            self._session.get_one(Claim, claim.id).reviews = claim.reviews

    def _load_or_reject(self, line: ReadLine) -> _Loaded | ServiceError:
        """Load a line, or return the error for which it is rejected."""
        if isinstance(line.content, ServiceError):
            return line.content
        try:
            return self._load(line.content, line.number)
        except ServiceError as exc:
            self._directory.drop_unused()
            exc.errors = in_line(line.content, exc.errors)
            return exc

    def _load(self, line: Line, number: int) -> _Loaded:
        match line:
            case OutletLine():
                return self._outlet(line.outlet)
            case ClaimLine():
                return self._claim(line)
            case ReportLine():
                return self._report(line)
            case ResolutionLine():
                return self._resolution(line)
            case FlatLine():
                return self._flat(line, self._repeated.get(number))
            case ReviewLine():
                return self._review(line)

    def _require(self, scope: Scope) -> None:
        if scope not in self._caller.scopes:
            raise Forbidden(f"This line needs a key with the scope {scope}.")

    def _require_claim(self, external_id: str) -> Claim:
        if (claim := self._claims.get(external_id)) is None:
            raise InvalidBody.at(
                "/claim",
                f"No claim {external_id!r} is on record. Send the claim before its reports and resolutions.",
                "unknown-claim",
            )
        return claim

    def _outlet(self, given: NewOutlet) -> _Loaded:
        self._require(Scope.OUTLETS_WRITE)
        self._additions.write()
        status, outlet = load_outlet(self._session, given, caller=self._caller, now=self._now)
        if status is not LineStatus.UNCHANGED:
            self._directory.clear_names()
            self.stale.add(outlet.slug)
        return _Loaded(status, outlet)

    def _claim(self, line: ClaimLine) -> _Loaded:
        self._require(Scope.CLAIMS_WRITE)
        if (known := self._claims.get(name := required_id(line.claim))) is not None:
            recorded = self._known.as_recorded(name, known)
            check_same(
                recorded,
                {**line.claim, "external_id": recorded.external_id},
                line.reports,
                self._directory,
                current=known,
                caller=self._caller,
                now=self._now,
            )
            resolved = self._resolve(known, line.resolution, [])
            return _Loaded(LineStatus.UNCHANGED if resolved is None else LineStatus.UPDATED, known, resolved)
        claim = new_claim(line.claim, caller=self._caller, now=self._now)
        filings = check_first_reports(claim, line.reports, self._directory, caller=self._caller, now=self._now)
        return _Loaded(LineStatus.CREATED, claim, self._resolve(claim, line.resolution, filings))

    def _report(self, line: ReportLine) -> _Loaded:
        self._require(Scope.CLAIMS_WRITE)
        claim = self._require_claim(line.claim)
        [filing] = check_reports(claim, {"": line.report}, self._directory, caller=self._caller, now=self._now)
        self._add(claim, [filing], None)
        return _Loaded(LineStatus.CREATED if filing.is_new else LineStatus.UNCHANGED, filing.report)

    def _resolution(self, line: ResolutionLine) -> _Loaded:
        claim = self._require_claim(line.claim)
        resolution, is_new = self._plan_resolution(claim, line.resolution, [])
        if not is_new:
            return _Loaded(LineStatus.UNCHANGED, resolution)
        self._add(claim, [], resolution)
        return _Loaded(LineStatus.CREATED, resolution, (claim, resolution))

    def _flat(self, line: FlatLine, repeated: Report | None) -> _Loaded:
        self._require(Scope.CLAIMS_WRITE)
        external_id = str(line.claim["external_id"])
        if (claim := self._claims.get(external_id)) is None:
            claim = new_claim(line.claim, caller=self._caller, now=self._now)
        given = {"text": line.claim["text"]}
        if line.claim["topic"] is not None:
            given["topic"] = line.claim["topic"]
        if differing := differences(self._session, self._known.as_recorded(external_id, claim), given):
            raise ClaimDiffers(
                f"The claim {claim.id} has this claim_id, and the members listed in errors differ from it. Correct the "
                "line, or send another claim_id.",
                errors=differing,
            )
        if repeated is not None:
            if self._only_repeats(line, repeated):
                return _Loaded(LineStatus.UNCHANGED, repeated)
            self._known.add_reports(self._known.claims)
        [filing] = check_reports(claim, {"/report": line.report}, self._directory, caller=self._caller, now=self._now)
        resolved = self._resolve(claim, line.resolution, [filing])
        existing = LineStatus.UNCHANGED if resolved is None else LineStatus.UPDATED
        return _Loaded(LineStatus.CREATED if filing.is_new else existing, filing.report, resolved)

    def _only_repeats(self, line: FlatLine, report: Report) -> bool:
        """Return whether a line changes nothing because it repeats a report; otherwise all rules must be applied."""
        outlet = self._directory.identify(line.report["outlet"])
        may_resolve = line.resolution is None or Scope.RESOLUTIONS_WRITE in self._caller.scopes
        return outlet is not None and outlet.id == report.outlet_id and may_resolve

    def _review(self, line: ReviewLine) -> _Loaded:
        """Load a review, or reject it if it contradicts the verdict of its claim (R11a)."""
        self._require(Scope.CLAIMS_WRITE)
        known = self._claims.get(required_id(line.claim))
        claim = known or new_claim(line.claim, caller=self._caller, now=self._now)
        filings = check_reports(claim, by_pointer(line.reports), self._directory, caller=self._caller, now=self._now)
        plan = plan_review(self._session, claim, line)
        resolved = self._resolve(claim, plan.resolution, filings)
        is_new = resolved is not None or any(filing.is_new for filing in filings)
        if plan.reviews != claim.reviews:
            claim.reviews, is_new = plan.reviews, True
            self._reviewed += [] if self._additions.is_pending(claim) else [claim]
        existing = LineStatus.UPDATED if is_new else LineStatus.UNCHANGED
        return _Loaded(LineStatus.CREATED if known is None else existing, claim, resolved, plan.warnings)

    def _resolve(self, claim: Claim, given: NewResolution | None, filings: list[Filing]) -> _Resolved | None:
        """Check a resolution, and add it and the reports to a claim; return the resolution if it is new."""
        resolution, is_new = None, False
        try:
            if given is not None:
                resolution, is_new = self._plan_resolution(claim, given, filings)
        except InvalidBody as exc:
            raise InvalidBody(exc.detail, errors=nested(exc, "/resolution")) from exc
        new = resolution if is_new else None
        self._add(claim, filings, new)
        return None if new is None else (claim, new)

    def _plan_resolution(self, claim: Claim, given: NewResolution, filings: list[Filing]) -> tuple[Resolution, bool]:
        """Return a new resolution and True, or False with an equal resolution that the claim already has."""
        self._require(Scope.RESOLUTIONS_WRITE)
        check_resolution(given, now=self._now)
        if same := next(
            (resolution for resolution in claim.resolutions if is_same_resolution(resolution, given)), None
        ):
            return same, False
        if claim.group is not None:
            self._additions.write()  # new_resolution reads the other claims of the group
        planned = new_resolution(self._session, claim, given, filings=filings, caller=self._caller, now=self._now)
        return planned, True

    def _add(self, claim: Claim, filings: list[Filing], resolution: Resolution | None) -> None:
        check_filing(claim, filings, self._caller)
        new = [filing.report for filing in filings if filing.is_new]
        if claim.external_id is not None and claim.external_id not in self._claims:
            self._claims[claim.external_id] = claim
            self._additions.add_claim(claim)
        if new:
            self._additions.add_reports(claim, new)
        add_reports(claim, filings)
        self._directory.settle(self._caller)
        self.stale |= {surviving_outlet(report.outlet).slug for report in new}
        if resolution is not None:
            self._additions.add_resolution(claim, resolution)
            self._closed += append_resolution(claim, resolution)
            self.stale |= reporting_outlets(claim)


def _result(number: int, outcome: _Loaded | ServiceError) -> LineResult:
    """Return the result of a line with the warnings about its new resolution.

    Call it after all lines, because a later line can remove the reason for a warning.
    """
    if isinstance(outcome, ServiceError):
        return LineResult(number, LineStatus.REJECTED, error=outcome)
    about_resolution = () if outcome.resolved is None else warnings_about(*outcome.resolved)
    return LineResult(number, outcome.status, outcome.row.id, warnings=[*outcome.warnings, *about_resolution])
