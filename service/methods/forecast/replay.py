"""Learning anew from everything on record: the same rows give the same state, in whatever order they come.

Reports are judged by what was known when they were published: other reports and truths strictly
before. Truths of one moment become known together. The weights are fitted when the reports on
resolved claims have grown by a tenth; each fit starts from the same guess, so that of a replay's fits only the last
has to be made.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from service.methods.forecast.columns import Columns
from service.methods.forecast.features import COPYING, STANCES, TERMS, Floats, design
from service.methods.forecast.fitting import Fit, Problem, fit
from service.methods.forecast.past import Past
from service.methods.forecast.records import Resolved, StanceCount
from service.methods.forecast.state import START, State, rounded
from service.methods.rates import UNIT

DELTA_ROWS = 20_000
"""Delta is chosen on so many rows at most, the latest."""


def refit(cases: Iterable[Resolved]) -> State:
    """Learn from all resolved claims, as if they had become known one after the other.

    Args:
        cases: Every resolved claim with its reports, in any order.
    """
    columns = Columns(cases)
    if not columns.case_known_at:
        return START
    past = Past(columns)
    choice, evidence, found = _choose(_Rows(past))
    claims, true, *votes = past.totals[-1].tolist()
    return State(
        weights=rounded(found.weights),
        covariance=tuple(rounded(row[: place + 1]) for place, row in enumerate(found.covariance)),
        delta=COPYING[choice],
        evidence=rounded(evidence),
        trained_on=claims,
        reports=past.reports,
        true=true / UNIT,
        votes=tuple(
            StanceCount(n, k / UNIT) for n, k in zip(votes[: len(STANCES)], votes[len(STANCES) :], strict=True)
        ),
        fitted_at=past.fitted_at,
    )


class _Rows:
    """What is learned from, in order.

    In single precision: half the memory, and the last bits of a machine's logarithms do not show.
    """

    def __init__(self, past: Past) -> None:
        size = len(past.row_case)
        self._features = np.empty((size, len(TERMS)), np.float32)
        self._likelihoods = np.empty((size, len(COPYING)), np.float32)
        self._truth = past.truth[past.row_case]
        self._weight = past.weight[past.row_case]
        start = 0
        for rows in past.chunks():
            part = slice(start, start + len(rows))
            self._features[part, :-1], self._likelihoods[part] = design(*past.seen_by(rows))
            start += len(rows)

    def __len__(self) -> int:
        return len(self._truth)

    def fit(self, choice: int, since: int = 0) -> Fit:
        """The weights under one of the choices of delta, from the rows since one of them."""
        self._features[since:, -1] = self._likelihoods[since:, choice]
        problem = Problem(
            features=self._features[since:],
            truth=self._truth[since:],
            weight=self._weight[since:],
            mean=np.array([term.mean for term in TERMS]),
            deviation=np.array([term.deviation for term in TERMS]),
        )
        return fit(problem)


def _choose(rows: _Rows) -> tuple[int, Floats, Fit]:
    """The delta under which the latest rows are most probable, with the fit on all rows."""
    since = max(0, len(rows) - DELTA_ROWS)
    fits = [rows.fit(choice, since) for choice in range(len(COPYING))]
    evidence = np.array([found.evidence for found in fits])
    choice = int(evidence.argmax())
    return choice, evidence, rows.fit(choice) if since else fits[choice]
