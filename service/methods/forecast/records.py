"""The input of the learner: claims, reports and outcomes, and the votes on a claim. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from service.methods.rates import Cell
from service.values.vocabulary import ClaimKind, Stance


class ForecastClaim(NamedTuple):
    """The members of a claim that the learner uses."""

    key: str
    kind: ClaimKind
    topic: str | None = None
    rivals: int = 0
    """The number of other claims in its group, of which at most one is true (R3)."""
    group: str | None = None
    resolves_by: dt.datetime | None = None


class ForecastReport(NamedTuple):
    """One outlet's report on a claim."""

    outlet: str
    stance: Stance
    published_at: dt.datetime
    commitment: int | None = None
    """1 (interest) to 4 (reported as done); None when unknown."""
    probability: float | None = None
    root: str | None = None
    """The root of a relay. Reports with the same root are one source (R8)."""
    rivals: int | None = None
    """The number of rivals of the claim when it was published; None for `ForecastClaim.rivals`."""

    @property
    def source(self) -> str:
        return self.outlet if self.root is None else self.root


class Resolved(NamedTuple):
    """A resolved claim, with its reports before `known_at` in the order of publication."""

    claim: ForecastClaim
    reports: Sequence[ForecastReport]
    truth: float
    """The extent to which it proved true, 0..1."""
    known_at: dt.datetime

    @property
    def learned_at(self) -> dt.datetime:
        """The moment at which the outcome is learned: as soon as it is known and the claim is due.

        "It happened" can be known before the deadline, but "it did not" cannot. So among outcomes that are learned as
        soon as they are known, too many of the first ones would be true.
        """
        return max(self.known_at, self.claim.resolves_by or self.known_at)


class Open(NamedTuple):
    """An open claim, with its reports in the order of publication."""

    claim: ForecastClaim
    reports: Sequence[ForecastReport]


Known: TypeAlias = Resolved | Open


class StanceCount(NamedTuple):
    """The number of resolved claims on which an outlet took a stance, and the number of them that proved true."""

    claims: int = 0
    true: float = 0.0


StanceCounts: TypeAlias = Mapping[tuple[str, Stance], StanceCount]
"""The counts by outlet and stance; a missing count is zero."""


def cell_of(claim: ForecastClaim, report: ForecastReport) -> Cell:
    """Return the cell of a report."""
    return Cell(report.stance, claim.kind, report.commitment, claim.topic)


class ClaimVotes:
    """The current votes on one claim, updated report by report.

    An outlet has one vote: its last `support` or `deny`, or else its last report (R6). The votes of one source count
    once: as the vote of the root if it has one, or else as the last vote.
    """

    def __init__(self) -> None:
        self._votes: dict[str, tuple[int, ForecastReport]] = {}
        self._relayed = False

    def add(self, number: int, report: ForecastReport) -> None:
        """Add a report with a number, by which `votes` and `others` refer to it."""
        before = self._votes.get(report.outlet)
        if before is None or report.stance.takes_side or not before[1].stance.takes_side:
            self._votes[report.outlet] = number, report
            self._relayed = self._relayed or report.root is not None

    @property
    def votes(self) -> list[int]:
        """The numbers of the votes, one for each outlet."""
        return [number for number, _ in self._votes.values()]

    def knows(self, outlet: str) -> bool:
        """Return whether an outlet has a vote."""
        return outlet in self._votes

    def repeats(self, report: ForecastReport) -> bool:
        """Return whether a report relays a source that already has a vote."""
        return report.root is not None and any(vote.source == report.root for _, vote in self._votes.values())

    def others(self, report: ForecastReport) -> list[int]:
        """Return the numbers of the votes of other sources, one for each source."""
        if not (self._relayed or report.root is not None):
            return [number for outlet, (number, _) in self._votes.items() if outlet != report.outlet]
        by_source: dict[str, tuple[int, ForecastReport]] = {}
        for number, vote in self._votes.values():
            if vote.source != report.source and vote.outlet != report.outlet:
                first = by_source.get(vote.source)
                if first is None or first[1].outlet != vote.source:
                    by_source[vote.source] = number, vote
        return [number for number, _ in by_source.values()]


class View(NamedTuple):
    """A claim as its latest source sees it."""

    own: ForecastReport
    """The report of that source."""
    others: list[ForecastReport]
    """The votes of the other sources."""
    known: bool
    """Whether the outlet had reported the claim before."""


def view(reports: Sequence[ForecastReport]) -> View | None:
    """Return a claim as the last report that repeats no other source sees it, or None without reports.

    Args:
        reports: All reports of the claim, in the order of publication.
    """
    current = ClaimVotes()
    last: tuple[ForecastReport, bool] | None = None
    for number, report in enumerate(reports):
        if last is None or not current.repeats(report):
            last = report, current.knows(report.outlet)
        current.add(number, report)
    if last is None:
        return None
    own, known = last
    return View(own, [reports[number] for number in current.others(own)], known)
