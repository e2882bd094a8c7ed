"""Learning anew from everything on record: the same rows give the same state, in whatever order they come.

Reports are judged by what was known when they were published: other reports and truths strictly
before. Truths of one moment become known together. The weights are fitted when the reports on
resolved claims have grown by a tenth; each fit starts from the same guess, so that of a replay's fits only the last
has to be made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from service.forecast.columns import Columns
from service.forecast.features import COPYING, STANCES, TERMS, Floats, design
from service.forecast.fitting import Fit, Problem, fit
from service.forecast.past import Past
from service.forecast.records import Count, Resolved
from service.forecast.state import START, State, rounded
from service.rates import UNIT

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
    rows = _rows(past)
    choice, evidence, found = _choose(rows)
    claims, true, *votes = past.totals[-1].tolist()
    return State(
        weights=rounded(found.weights),
        covariance=tuple(rounded(row[: place + 1]) for place, row in enumerate(found.covariance)),
        delta=COPYING[choice],
        evidence=rounded(evidence),
        trained_on=claims,
        reports=past.reports,
        true=true / UNIT,
        votes=tuple(Count(n, k / UNIT) for n, k in zip(votes[: len(STANCES)], votes[len(STANCES) :], strict=True)),
        fitted_at=past.fitted_at,
    )


class _Rows(NamedTuple):
    """What is learned from, in order."""

    features: Floats
    likelihoods: Floats
    """The last feature, for each delta."""
    truth: Floats
    weight: Floats

    def problem(self, choice: int, since: int = 0) -> Problem:
        return Problem(
            features=np.column_stack([self.features[since:], self.likelihoods[since:, choice]]),
            truth=self.truth[since:],
            weight=self.weight[since:],
            mean=np.array([term.mean for term in TERMS]),
            deviation=np.array([term.deviation for term in TERMS]),
        )


def _choose(rows: _Rows) -> tuple[int, Floats, Fit]:
    """The delta under which the latest rows are most probable, with the fit on all rows."""
    since = max(0, len(rows.truth) - DELTA_ROWS)
    fits = [fit(rows.problem(choice, since)) for choice in range(len(COPYING))]
    evidence = np.array([found.evidence for found in fits])
    choice = int(evidence.argmax())
    return choice, evidence, fit(rows.problem(choice)) if since else fits[choice]


def _rows(past: Past) -> _Rows:
    parts = [design(*past.seen_by(rows)) for rows in past.chunks()]
    return _Rows(
        features=np.concatenate([features for features, _ in parts]),
        likelihoods=np.concatenate([likelihoods for _, likelihoods in parts]),
        truth=past.truth[past.row_case],
        weight=past.weight[past.row_case],
    )
