"""The votes on a claim, counted once for each outlet or once for each source. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from service.methods.forecast.records import ForecastReport


class ClaimVotes:
    """The current votes on one claim, updated report by report.

    Each outlet has one vote: its latest `support` or `deny`, otherwise its latest report (R6). In `others`, votes that
    share a source count once: the root outlet's vote if it has one, otherwise that of the outlet whose first report is
    the latest.
    """

    def __init__(self) -> None:
        self._votes: dict[str, tuple[int, ForecastReport]] = {}
        self._relayed = False

    def add(self, number: int, report: ForecastReport) -> None:
        """Add a report, with a number that identifies it in the results of `votes` and `others`."""
        before = self._votes.get(report.outlet)
        if before is None or report.stance.takes_side or not before[1].stance.takes_side:
            self._votes[report.outlet] = number, report
            self._relayed = self._relayed or report.root is not None

    @property
    def votes(self) -> list[int]:
        """The numbers of the reports that are votes, one for each outlet."""
        return [number for number, _ in self._votes.values()]

    def knows(self, outlet: str) -> bool:
        """Return whether an outlet has a vote."""
        return outlet in self._votes

    def repeats(self, report: ForecastReport) -> bool:
        """Return whether a report relays a source that already has a vote."""
        return report.root is not None and any(vote.source == report.root for _, vote in self._votes.values())

    def others(self, report: ForecastReport) -> list[int]:
        """Return the numbers of the votes, one for each source, without the source and the outlet of this report."""
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
    """The latest report of a claim that does not repeat another source, with the other votes."""

    own: ForecastReport
    """The latest report that does not repeat another source."""
    others: list[ForecastReport]
    """The votes of the other sources."""
    known: bool
    """Whether the outlet of this report had reported the claim before."""


def view(reports: Sequence[ForecastReport]) -> View | None:
    """Return the last report that does not repeat another source, with the other votes; None if no report.

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
