"""Claims and their reports in columns: what a refit keeps of each, some forty bytes a report."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterable
from hashlib import blake2b
from itertools import groupby
from math import nan
from operator import attrgetter

from service.methods.forecast.features import CODES
from service.methods.forecast.records import ClaimVotes, ForecastClaim, ForecastReport, Resolved, cell_of
from service.methods.rates import Cell, Key

ROWS_PER_CLAIM = 100
"""Of a claim with more reports, so many are learned from, evenly spaced: they differ little, and each costs
as much as there are outlets on the claim."""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Columns:
    """Resolved claims, their reports, the reports to learn from, and the votes that stood besides each of those."""

    def __init__(self, cases: Iterable[Resolved]) -> None:
        self.case_known_at = array("q")
        self.case_hash = array("Q")
        self.case_truth = array("d")
        self.case_reports = array("i")
        self.case_voices = array("i")
        """Reports that are not echoes."""
        self.case_rivals = array("i")
        self.case_votes = array("i")
        self.report_case = array("i")
        self.report_at = array("q")
        self.report_outlet = array("i")
        self.report_stance = array("b")
        self.report_commitment = array("b")
        self.report_probability = array("d")
        self.report_cell = array("i")
        self.votes = array("i")
        """The reports that stood when the truth was known, claim by claim."""
        self.row_report = array("i")
        self.row_known = array("b")
        self.row_others = array("i")
        """How many votes stood besides it."""
        self.others = array("i")
        """Those votes, row by row."""
        self.levels: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
        """Of each cell: the number of each key that it is nested in."""
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
        self.case_known_at.append(microseconds(case.known_at))
        self.case_hash.append(int.from_bytes(digest))
        self.case_truth.append(case.truth)
        self.case_reports.append(len(case.reports))
        self.case_rivals.append(case.claim.rivals)
        first = len(self.report_at)
        for report in case.reports:
            self._add_report(case.claim, report)
        votes = self._add_rows(first, case.reports)
        self.votes.extend(votes)
        self.case_votes.append(len(votes))

    def _add_report(self, claim: ForecastClaim, report: ForecastReport) -> None:
        self.report_case.append(len(self.case_known_at) - 1)
        self.report_at.append(microseconds(report.published_at))
        self.report_outlet.append(self._outlets.setdefault(report.outlet, len(self._outlets)))
        self.report_stance.append(CODES[report.stance])
        self.report_commitment.append(report.commitment or 0)
        self.report_probability.append(nan if report.probability is None else report.probability)
        self.report_cell.append(self._cell(cell_of(claim, report)))

    def _cell(self, cell: Cell) -> int:
        if (code := self._cells.get(cell)) is None:
            code = self._cells[cell] = len(self._cells)
            for column, key in zip(self.levels, cell.levels, strict=True):
                column.append(self._keys.setdefault(key, len(self._keys)))
        return code

    def _add_rows(self, first: int, reports: Iterable[ForecastReport]) -> list[int]:
        """Note what stood when each report was published; reports of one instant do not see each other."""
        standing = ClaimVotes()
        place = first
        voices = 0
        for _, together in groupby(reports, key=attrgetter("published_at")):
            batch = list(enumerate(together, place))
            for number, report in batch:
                if not standing.is_echo(report):
                    voices += 1
                    if _is_chosen(number - first, self.case_reports[-1]):
                        self._add_row(number, report, standing)
            for number, report in batch:
                standing.hear(number, report)
            place += len(batch)
        self.case_voices.append(voices)
        return standing.votes

    def _add_row(self, number: int, report: ForecastReport, standing: ClaimVotes) -> None:
        others = standing.others(report)
        self.row_report.append(number)
        self.row_known.append(standing.knows(report.outlet))
        self.row_others.append(len(others))
        self.others.extend(others)


def microseconds(moment: dt.datetime) -> int:
    """Since 1970, exactly."""
    return (moment - EPOCH) // _MICROSECOND


def _is_chosen(place: int, among: int) -> bool:
    """Whether the report at this place of a claim's is one of those to learn from."""
    if among <= ROWS_PER_CLAIM:
        return True
    return (place + 1) * ROWS_PER_CLAIM // among > place * ROWS_PER_CLAIM // among
