"""Load many reports at once. A line is right or wrong by itself; the same line again changes nothing."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache import ScoreCache
from service.claims import NewClaim, differences, new_claim
from service.db import Database, retried
from service.directory import Directory, NamedOutlet
from service.dossier import WHOLE, newest_resolution, reporting_outlets
from service.errors import AlreadyResolved, ClaimDiffers, FieldError, ServiceError
from service.identity import looks_like_domain
from service.models import Claim, Resolution
from service.outbox import leave_forget
from service.reports import NewReport, file_reports
from service.resolutions import NewResolution, new_resolution
from service.vocabulary import Caller, ClaimKind, Stance, Verdict

BATCH = 250
"""Lines to a transaction: enough to share its cost, few enough that other writers hardly wait."""


class LineStatus(enum.StrEnum):
    """What became of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class FlatLine(TypedDict):
    """One report with its claim and its outcome."""

    outlet: str
    claim_id: str
    claim: str
    stance: Stance
    published_at: dt.datetime
    url: str | None
    topic: str | None
    probability: float | None
    commitment: int | None
    outcome: float | None
    resolved_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of a file: what it says, or why it could not be read."""

    number: int
    content: FlatLine | ServiceError


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line, and why if it was rejected."""

    number: int
    status: LineStatus
    error: ServiceError | None = None


@retried
def load_lines(
    db: Database, cache: ScoreCache, lines: Sequence[ReadLine], *, feed: str | None, caller: Caller, now: dt.datetime
) -> list[LineResult]:
    """Load some lines in one transaction; each is on record whole or not at all.

    Args:
        db: The database.
        cache: The scores that the lines make old.
        lines: The lines, at most some hundred.
        feed: Put before each `claim_id`, so that two feeds may use the same.
        caller: Who files them.
        now: The moment of the call.
    """
    with db.write() as session, session.no_autoflush:
        load = _Load(session, lines, feed=feed, caller=caller, now=now)
        results = [load.line(line) for line in lines]
        if load.stale:
            leave_forget(session, load.stale, now=now)
    if load.stale:
        cache.forget(load.stale)
    return results


class _Load:
    """The lines of one transaction, with the claims and outlets that they speak of."""

    def __init__(
        self, session: Session, lines: Sequence[ReadLine], *, feed: str | None, caller: Caller, now: dt.datetime
    ) -> None:
        self.stale: set[str] = set()
        self._session = session
        self._feed = feed
        self._caller = caller
        self._now = now
        self._directory = Directory(session, now=now)
        self._claims = self._known_claims(lines)

    def line(self, line: ReadLine) -> LineResult:
        if isinstance(line.content, ServiceError):
            return LineResult(line.number, LineStatus.REJECTED, line.content)
        try:
            return LineResult(line.number, self._file(line.content))
        except ServiceError as exc:
            return LineResult(line.number, LineStatus.REJECTED, _as_of_line(exc))

    def _known_claims(self, lines: Sequence[ReadLine]) -> dict[str | None, Claim]:
        ids = {self._external_id(line.content) for line in lines if not isinstance(line.content, ServiceError)}
        rows = sa.select(Claim).where(Claim.external_id.in_(ids)).order_by(Claim.id)
        self._session.execute(rows.with_only_columns(Claim.id).with_for_update())
        return {claim.external_id: claim for claim in self._session.scalars(rows.options(*WHOLE))}

    def _file(self, line: FlatLine) -> LineStatus:
        """Put a line on record. What can be refused comes first, so that a line refused leaves nothing behind."""
        claim = self._claim(line)
        resolution = self._resolution(claim, line)
        [(report, created)] = file_reports(claim, [_report(line)], self._directory, caller=self._caller, now=self._now)
        if claim.external_id not in self._claims:
            self._claims[claim.external_id] = claim
            self._session.add(claim)
        if resolution is not None:
            claim.resolutions.append(resolution)
            self.stale |= reporting_outlets(claim)
        if created:
            self.stale.add(report.outlet.slug)
            return LineStatus.CREATED
        return LineStatus.UNCHANGED if resolution is None else LineStatus.UPDATED

    def _claim(self, line: FlatLine) -> Claim:
        """The claim on record, or a new one that is not yet."""
        given = NewClaim(
            text=line["claim"],
            kind=ClaimKind.FACT,
            topic=line["topic"],
            tags=[],
            resolves_by=None,
            group=None,
            external_id=self._external_id(line),
        )
        if (known := self._claims.get(given["external_id"])) is None:
            return new_claim(given, caller=self._caller, now=self._now)
        # A flat line speaks of the claim's text and topic, and says nothing of the topic when it leaves it out.
        told = {"/text": "/claim"} if line["topic"] is None else {"/text": "/claim", "/topic": "/topic"}
        errors: list[FieldError] = [
            {**place, "pointer": told[place["pointer"]]}
            for place in differences(self._session, known, given)
            if place["pointer"] in told
        ]
        if errors:
            raise ClaimDiffers(f"The claim {known.id} has this claim_id and does not agree.", errors=errors)
        return known

    def _external_id(self, line: FlatLine) -> str:
        return line["claim_id"] if self._feed is None else f"{self._feed}:{line['claim_id']}"

    def _resolution(self, claim: Claim, line: FlatLine) -> Resolution | None:
        """The resolution that a line adds; None if it says nothing of the outcome, or nothing that is not on record."""
        if line["outcome"] is None or any(_agrees(resolution, line) for resolution in claim.resolutions):
            return None
        if (newest := newest_resolution(claim)) is not None:
            raise AlreadyResolved(f"The newest resolution of the claim {claim.id}, {newest.id}, says otherwise.")
        given = NewResolution(
            verdict=_verdict(line["outcome"]),
            truth=line["outcome"] if 0 < line["outcome"] < 1 else None,
            known_at=line["resolved_at"],
            evidence=[],
            note="Outcome as given in the imported file.",
            supersedes=None,
        )
        return new_resolution(self._session, claim, given, caller=self._caller, now=self._now)


def _report(line: FlatLine) -> NewReport:
    name = line["outlet"]
    return NewReport(
        outlet=NamedOutlet(name=name, domain=name if looks_like_domain(name) else None),
        stance=line["stance"],
        commitment=line["commitment"],
        probability=line["probability"],
        published_at=line["published_at"],
        url=line["url"],
        quote=None,
        relays=None,
    )


def _verdict(outcome: float) -> Verdict:
    return {0.0: Verdict.FALSE, 1.0: Verdict.TRUE}.get(outcome, Verdict.PARTIAL)


def _agrees(resolution: Resolution, line: FlatLine) -> bool:
    return resolution.truth == line["outcome"] and line["resolved_at"] in (None, resolution.known_at)


def _as_of_line(error: ServiceError) -> ServiceError:
    """The error with its places told in the members of the line."""
    for place in error.errors:
        place["pointer"] = place["pointer"].removeprefix("/0").replace("/known_at", "/resolved_at")
        place["pointer"] = place["pointer"].replace("/outlet/name", "/outlet").replace("/outlet/domain", "/outlet")
    return error
