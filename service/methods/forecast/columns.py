"""Resolved claims and their reports as columns of numbers for a refit, to save memory."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterable
from hashlib import blake2b
from itertools import groupby
from math import nan
from operator import attrgetter

from service.methods.cells import Cell, Key
from service.methods.forecast.claim_votes import ClaimVotes
from service.methods.forecast.records import ForecastClaim, ForecastReport, Resolved, cell_of
from service.methods.forecast.terms import CODES

ROWS_PER_CLAIM = 100
"""The maximum number of reports of one claim that are trained on, evenly spaced.

More would add little, and the cost of each grows with the number of outlets on the claim.
"""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Columns:
    """Resolved claims and their reports, stored in columns at about forty bytes per report.

    A row is a report that is trained on, with the other votes on its claim when it was published.
    """

    def __init__(self, cases: Iterable[Resolved]) -> None:
        self.case_learned_at = array("q")
        self.case_hash = array("Q")
        self.case_truth = array("d")
        self.case_reports = array("i")
        self.case_sources = array("i")
        """The number of reports on each claim that do not repeat another source."""
        self.case_votes = array("i")
        self.report_case = array("i")
        self.report_at = array("q")
        self.report_outlet = array("i")
        self.report_stance = array("b")
        self.report_commitment = array("b")
        self.report_probability = array("d")
        self.report_rivals = array("i")
        self.report_cell = array("i")
        self.votes = array("i")
        """The numbers of the reports that count as votes when the claim is resolved, claim by claim."""
        self.row_report = array("i")
        self.row_known = array("b")
        self.row_others = array("i")
        """The number of other votes for each row."""
        self.others = array("i")
        """The report numbers of the other votes, row by row."""
        self.levels: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
        """The number of each cell's key, on each of the four levels in `Cell.levels`."""
        self._outlets: dict[str, int] = {}
        self._cells: dict[Cell, int] = {}
        self._keys: dict[Key, int] = {}
        for case in cases:
            if case.reports:
                self._add(case)

    @property
    def outlets(self) -> int:
        return len(self._outlets)

    @property
    def keys(self) -> int:
        return len(self._keys)

    def _add(self, case: Resolved) -> None:
        digest = blake2b(case.claim.key.encode(), digest_size=8).digest()
        self.case_learned_at.append(microseconds(case.learned_at))
        self.case_hash.append(int.from_bytes(digest))
        self.case_truth.append(case.truth)
        self.case_reports.append(len(case.reports))
        first = len(self.report_at)
        for report in case.reports:
            self._add_report(case.claim, report)
        votes = self._add_rows(first, case.reports)
        self.votes.extend(votes)
        self.case_votes.append(len(votes))

    def _add_report(self, claim: ForecastClaim, report: ForecastReport) -> None:
        self.report_case.append(len(self.case_learned_at) - 1)
        self.report_at.append(microseconds(report.published_at))
        self.report_outlet.append(self._outlets.setdefault(report.outlet, len(self._outlets)))
        self.report_stance.append(CODES[report.stance])
        self.report_commitment.append(report.commitment or 0)
        self.report_probability.append(nan if report.probability is None else report.probability)
        self.report_rivals.append(claim.rivals if report.rivals is None else report.rivals)
        self.report_cell.append(self._cell(cell_of(claim, report)))

    def _cell(self, cell: Cell) -> int:
        if (code := self._cells.get(cell)) is None:
            code = self._cells[cell] = len(self._cells)
            for column, key in zip(self.levels, cell.levels, strict=True):
                column.append(self._keys.setdefault(key, len(self._keys)))
        return code

    def _add_rows(self, first: int, reports: Iterable[ForecastReport]) -> list[int]:
        """Add the rows of a claim, and return the report numbers of its final votes.

        Reports published at the same instant are not other votes for each other.
        """
        current = ClaimVotes()
        place = first
        sources = 0
        for _, together in groupby(reports, key=attrgetter("published_at")):
            batch = list(enumerate(together, place))
            for number, report in batch:
                if not current.repeats(report):
                    sources += 1
                    if _is_chosen(number - first, self.case_reports[-1]):
                        self._add_row(number, report, current)
            for number, report in batch:
                current.add(number, report)
            place += len(batch)
        self.case_sources.append(sources)
        return current.votes

    def _add_row(self, number: int, report: ForecastReport, current: ClaimVotes) -> None:
        others = current.others(report)
        self.row_report.append(number)
        self.row_known.append(current.knows(report.outlet))
        self.row_others.append(len(others))
        self.others.extend(others)


def microseconds(moment: dt.datetime) -> int:
    """Return the exact number of microseconds from 1970 to a moment."""
    return (moment - EPOCH) // _MICROSECOND


def _is_chosen(place: int, among: int) -> bool:
    """Return whether a report is trained on, given its place among the reports of its claim."""
    if among <= ROWS_PER_CLAIM:
        return True
    return (place + 1) * ROWS_PER_CLAIM // among > place * ROWS_PER_CLAIM // among
