"""What the learner reads: claims, reports, truths; and whose word on a claim stands. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from service.methods.rates import Cell
from service.values.vocabulary import ClaimKind, Stance


class ForecastClaim(NamedTuple):
    """What the learner knows of a claim before anybody reports it."""

    key: str
    kind: ClaimKind
    topic: str | None = None
    rivals: int = 0
    """How many other claims of its group it excludes (R3)."""


class ForecastReport(NamedTuple):
    """One outlet's report on a claim."""

    outlet: str
    stance: Stance
    published_at: dt.datetime
    commitment: int | None = None
    """1 (interest) to 4 (stated as done); None when unknown."""
    probability: float | None = None
    root: str | None = None
    """Whose word it passes on, if not its own: reports of one root are one voice (R8)."""

    @property
    def voice(self) -> str:
        return self.outlet if self.root is None else self.root


class Resolved(NamedTuple):
    """A claim with the reports published before its truth was known, in the order they were published."""

    claim: ForecastClaim
    reports: Sequence[ForecastReport]
    truth: float
    """How much of it proved true, 0..1."""
    known_at: dt.datetime


class StanceCount(NamedTuple):
    """Resolved claims on which an outlet took a stance, each counted once, and how many of them proved true."""

    claims: int = 0
    true: float = 0.0


StanceCounts: TypeAlias = Mapping[tuple[str, Stance], StanceCount]
"""By outlet and stance; what is missing is nought."""


def cell_of(claim: ForecastClaim, report: ForecastReport) -> Cell:
    """What a report is compared on."""
    return Cell(report.stance, claim.kind, report.commitment, claim.topic)


class ClaimVotes:
    """Whose word stands on one claim, as its reports come in.

    An outlet has one vote: its last `support` or `deny`, else its last report (R6).
    Votes of one voice count as one: that of the root itself where it has one, else the last.
    """

    def __init__(self) -> None:
        self._votes: dict[str, tuple[int, ForecastReport]] = {}
        self._relayed = False

    def hear(self, number: int, report: ForecastReport) -> None:
        """Take in a report; `number` is what it is called by when the votes are asked for."""
        before = self._votes.get(report.outlet)
        if before is None or report.stance.takes_side or not before[1].stance.takes_side:
            self._votes[report.outlet] = number, report
            self._relayed = self._relayed or report.root is not None

    @property
    def votes(self) -> list[int]:
        """The vote of each outlet."""
        return [number for number, _ in self._votes.values()]

    def knows(self, outlet: str) -> bool:
        return outlet in self._votes

    def is_echo(self, report: ForecastReport) -> bool:
        """Whether it only passes on a voice that is heard already."""
        return report.root is not None and any(vote.voice == report.root for _, vote in self._votes.values())

    def others(self, report: ForecastReport) -> list[int]:
        """The votes of the voices that are not this report's, one for each."""
        if not (self._relayed or report.root is not None):
            return [number for outlet, (number, _) in self._votes.items() if outlet != report.outlet]
        speakers: dict[str, tuple[int, ForecastReport]] = {}
        for number, vote in self._votes.values():
            if vote.voice != report.voice and vote.outlet != report.outlet:
                first = speakers.get(vote.voice)
                if first is None or first[1].outlet != vote.voice:
                    speakers[vote.voice] = number, vote
        return [number for number, _ in speakers.values()]


class View(NamedTuple):
    """A claim as its latest voice finds it."""

    own: ForecastReport
    """The report that speaks for that voice."""
    others: list[ForecastReport]
    """The votes of the other voices."""
    known: bool
    """Whether its outlet had reported the claim before."""


def view(reports: Sequence[ForecastReport]) -> View | None:
    """The claim as the last report finds it that is not an echo; None without reports.

    Args:
        reports: All reports of the claim, in the order they were published.
    """
    standing = ClaimVotes()
    last: tuple[ForecastReport, bool] | None = None
    for number, report in enumerate(reports):
        if last is None or not standing.is_echo(report):
            last = report, standing.knows(report.outlet)
        standing.hear(number, report)
    if last is None:
        return None
    own, known = last
    return View(own, [reports[number] for number in standing.others(own)], known)
