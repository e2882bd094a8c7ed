"""Train the model on the whole record; the order of the rows does not change the result.

The features of a report use only the reports and outcomes strictly before its publication. Outcomes of one moment
become known together. A fit is due when the number of reports on resolved claims has grown by a tenth. Each fit starts
from the same priors, so that a replay only has to make the last one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from service.methods.forecast.columns import Columns
from service.methods.forecast.features import COPYING, STANCES, TERMS, Floats, design
from service.methods.forecast.fitting import Fit, FitProblem, fit
from service.methods.forecast.past import Past
from service.methods.forecast.records import Resolved, StanceCount
from service.methods.forecast.state import START, State, rounded
from service.methods.rates import UNIT

DELTA_ROWS = 20_000
"""The largest number of rows, the latest ones, on which delta is chosen."""


def refit(cases: Iterable[Resolved]) -> State:
    """Return the state trained on all resolved claims, in the order of `known_at`.

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
    """The rows to train on, in order.

    Single precision halves the memory, and hides differences in the last bits between machines.
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
        """Return the fit for one choice of delta, on the rows from a number."""
        self._features[since:, -1] = self._likelihoods[since:, choice]
        problem = FitProblem(
            features=self._features[since:],
            truth=self._truth[since:],
            weight=self._weight[since:],
            mean=np.array([term.mean for term in TERMS]),
            deviation=np.array([term.deviation for term in TERMS]),
        )
        return fit(problem)


def _choose(rows: _Rows) -> tuple[int, Floats, Fit]:
    """Return the delta with the highest evidence on the latest rows, the evidence, and the fit on all rows."""
    since = max(0, len(rows) - DELTA_ROWS)
    fits = [rows.fit(choice, since) for choice in range(len(COPYING))]
    evidence = np.array([found.evidence for found in fits])
    choice = int(evidence.argmax())
    return choice, evidence, rows.fit(choice) if since else fits[choice]
