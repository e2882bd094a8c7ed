"""The records of outlets, as they were known when each report was published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from service.methods.forecast.batch import Batch, Circumstances, Totals, Votes
from service.methods.forecast.columns import EPOCH, Columns
from service.methods.forecast.past_sums import PastSums
from service.methods.forecast.schedule import due_fits
from service.methods.forecast.terms import STANCES, Floats, Ints
from service.methods.rates import UNIT, nested_rate

_CHUNK = 1 << 16  # the number of reports and votes in a chunk


class Past:
    """Resolved claims in the order in which they are learned, up to the last fit that was due.

    Moments are numbered from 0. For a report published between moments m - 1 and m, the outcomes of moments 0 to m - 1
    are known.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        learned_at = np.asarray(columns.case_learned_at)
        self._moments, moment = np.unique(learned_at, return_inverse=True)
        self._fits = due_fits(np.bincount(moment, np.asarray(columns.case_reports)).astype(np.int64))
        learned = moment <= self._fits[-1]
        self.fitted_at = EPOCH + dt.timedelta(microseconds=int(self._moments[self._fits[-1]]))
        self.reports = int(np.asarray(columns.case_reports)[learned].sum())
        self.truth: Floats = np.asarray(columns.case_truth)
        row_case = np.asarray(columns.report_case)[np.asarray(columns.row_report)]
        order = np.lexsort((np.asarray(columns.case_hash)[row_case], learned_at[row_case]))
        self._rows = order[learned[row_case[order]]]
        self.row_case: Ints = row_case[self._rows]
        number = np.bincount(row_case, minlength=len(learned_at))
        self.weight: Floats = np.asarray(columns.case_sources) ** 0.25 / np.maximum(number, 1)
        """The weight of each row of a claim. Reports are similar, so m sources have a total weight of m^(1/4)."""
        self._add_votes(moment)

    def _add_votes(self, moment: Ints) -> None:
        """Sum the votes on resolved claims by outlet, by outlet and stance, and by cell."""
        columns = self._columns
        votes = np.asarray(columns.votes)
        case = np.repeat(np.arange(len(moment)), np.asarray(columns.case_votes))
        outlet, stance = _codes(columns.report_outlet, votes), _codes(columns.report_stance, votes)
        when, truth = moment[case], self.truth[case]
        one = np.column_stack([np.ones(len(votes), np.int64), _whole(truth * UNIT)])
        sizes = {"moments": len(self._moments)}
        self._by_outlet = PastSums(outlet, when, one, accounts=columns.outlets, **sizes)
        account = outlet * len(STANCES) + stance
        self._by_stance = PastSums(account, when, one, accounts=columns.outlets * len(STANCES), **sizes)
        weight = UNIT // np.asarray(columns.case_votes).astype(np.int64)[case]
        shared = np.column_stack([weight, _whole(weight * truth)])
        self._levels = [np.asarray(level) for level in columns.levels]
        cell = _codes(columns.report_cell, votes)
        self._contexts = [PastSums(level[cell], when, shared, accounts=columns.keys, **sizes) for level in self._levels]
        self.totals = self._totals(moment, when, stance, one)

    def _totals(self, moment: Ints, when: Ints, stance: Ints, one: Ints) -> Ints:
        """Return the totals at each fit, after a row of zeros: claims, true claims, votes and true votes."""
        kinds = len(STANCES)
        totals = np.zeros((len(self._fits) + 2, 2 + 2 * kinds), np.int64)
        fit = 1 + self._next_fit(moment)
        np.add.at(totals, (fit, np.zeros_like(fit)), 1)
        np.add.at(totals, (fit, np.ones_like(fit)), _whole(self.truth * UNIT))
        vote_fit = 1 + self._next_fit(when)
        np.add.at(totals, (vote_fit, 2 + stance), one[:, 0])
        np.add.at(totals, (vote_fit, 2 + kinds + stance), one[:, 1])
        return np.asarray(totals[:-1].cumsum(axis=0))

    def _next_fit(self, moment: Ints) -> Ints:
        """Return, for each moment, the index of the first fit that includes its outcomes."""
        return np.asarray(np.searchsorted(self._fits, moment), np.int64)

    def chunks(self) -> Iterator[Ints]:
        """Yield the rows to train on, in order, in chunks."""
        sizes = 1 + np.asarray(self._columns.row_others).astype(np.int64)[self._rows]
        yield from np.split(self._rows, np.flatnonzero(np.diff(sizes.cumsum() // _CHUNK)) + 1)

    def seen_by(self, rows: Ints) -> Batch:
        """Return the reports of these rows as a batch, with the records known when they were published."""
        columns = self._columns
        reports = np.asarray(columns.row_report)[rows]
        before = np.searchsorted(self._moments, np.asarray(columns.report_at)[reports])
        row, others = self._others(rows)
        settings = Circumstances(
            commitment=_codes(columns.report_commitment, reports),
            known=_codes(columns.row_known, rows).astype(np.float64),
            rivals=_codes(columns.report_rivals, reports).astype(np.float64),
        )
        totals = self.totals[np.searchsorted(self._fits, before)]
        own, other_votes = self._votes(reports, before), self._votes(others, before[row])
        return Batch(own, other_votes, row, settings, totals_of(totals))

    def _others(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the other votes of these rows: for each vote, the index of its row and its report."""
        numbers = np.asarray(self._columns.row_others).astype(np.int64)
        starts = (numbers.cumsum() - numbers)[rows]
        number = numbers[rows]
        row = np.repeat(np.arange(len(rows)), number)
        within = np.arange(len(row)) - np.repeat(number.cumsum() - number, number)
        return row, np.asarray(self._columns.others)[starts[row] + within].astype(np.int64)

    def _votes(self, reports: Ints, before: Ints) -> Votes:
        columns = self._columns
        outlet, stance = _codes(columns.report_outlet, reports), _codes(columns.report_stance, reports)
        claims, true = self._by_stance.before(outlet * len(STANCES) + stance, before).T
        all_claims, all_true = self._by_outlet.before(outlet, before).T
        cell = _codes(columns.report_cell, reports)
        contexts = zip(self._contexts, self._levels, strict=True)
        return Votes(
            stance=stance,
            stated=np.asarray(columns.report_probability)[reports],
            rate=nested_rate(tuple(ledger.before(level[cell], before).T) for ledger, level in contexts),
            claims=claims.astype(np.float64),
            true=true / UNIT,
            all_true=all_true / UNIT,
            all_false=all_claims - all_true / UNIT,
        )


def totals_of(totals: Ints) -> Totals:
    """Convert rows of `Past.totals` to the totals of a batch."""
    kinds = len(STANCES)
    return Totals(
        claims=totals[:, 0].astype(np.float64),
        true=totals[:, 1] / UNIT,
        votes=totals[:, 2 : 2 + kinds].astype(np.float64),
        votes_true=totals[:, 2 + kinds :] / UNIT,
    )


def _codes(column: object, at: Ints) -> Ints:
    return np.asarray(column)[at].astype(np.int64)


def _whole(values: Floats) -> Ints:
    return np.rint(values).astype(np.int64)
