"""Train the models on the whole record. The order of the rows does not change the result.

The features of a report use only the reports before it, and the outcomes that were due before it. Outcomes of one
moment are learned together. A fit is due when the number of reports on learned claims has grown by a tenth. The result
of a fit does not depend on earlier fits, so a replay makes only the last one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from service.methods.forecast.columns import Columns
from service.methods.forecast.features import COPYING, design
from service.methods.forecast.fitting import Fit, FitProblem, fit
from service.methods.forecast.groups import Member, count_groups
from service.methods.forecast.past import Past
from service.methods.forecast.records import Known, Resolved, StanceCount
from service.methods.forecast.state import START, FittedModel, State, rounded
from service.methods.forecast.terms import MODELS, STANCES, STORED, Floats, Model
from service.methods.rates import UNIT

DELTA_ROWS = 20_000
"""The largest number of rows, the latest ones, on which delta is chosen."""


def refit(claims: Iterable[Known]) -> State:
    """Return the state trained on all resolved claims, in the order in which they were due.

    Args:
        claims: Every resolved claim with its reports, and every open claim that has rivals, in any order. A claim whose
            outcome is not due yet counts as open.
    """
    groups: defaultdict[str, list[Member]] = defaultdict(list)
    columns = Columns(_resolved(claims, groups))
    if not columns.case_learned_at:
        return START
    past = Past(columns)
    rows = _Rows(past)
    claims_, true, *votes = past.totals[-1].tolist()
    return State(
        models=tuple(_train(rows, model) for model in MODELS),
        trained_on=claims_,
        reports=past.reports,
        true=true / UNIT,
        votes=tuple(
            StanceCount(n, k / UNIT) for n, k in zip(votes[: len(STANCES)], votes[len(STANCES) :], strict=True)
        ),
        groups=count_groups(groups.values(), until=past.fitted_at),
        fitted_at=past.fitted_at,
    )


def _resolved(claims: Iterable[Known], groups: defaultdict[str, list[Member]]) -> Iterator[Resolved]:
    """Yield the resolved claims, and add each claim to its group."""
    for known in claims:
        if known.claim.group is not None:
            groups[known.claim.group].append(Member.of(known))
        if isinstance(known, Resolved):
            yield known


class _Rows:
    """The rows that are trained on, in order.

    Single precision halves the memory and hides differences between machines in the last bits.
    """

    def __init__(self, past: Past) -> None:
        size = len(past.row_case)
        self.features = np.empty((size, len(STORED)), np.float32)
        self.likelihoods = np.empty((size, len(COPYING)), np.float32)
        self.truth = past.truth[past.row_case]
        self.weight = past.weight[past.row_case]
        start = 0
        for rows in past.chunks():
            part = slice(start, start + len(rows))
            self.features[part], self.likelihoods[part] = design(past.seen_by(rows))
            start += len(rows)

    def __len__(self) -> int:
        return len(self.truth)


class _ModelRows:
    """The features of one model for one delta, from a certain row on."""

    def __init__(self, rows: _Rows, model: Model, choice: int, since: int) -> None:
        self._features = rows.features[since:]
        self._likelihoods = rows.likelihoods[since:, choice]
        self._model = model

    def __getitem__(self, part: slice, /) -> Floats:
        return self._model.rows(self._features[part], self._likelihoods[part])


def _train(rows: _Rows, model: Model) -> FittedModel:
    """Return a model with the delta that has the highest evidence on the latest rows, fitted on all rows."""
    since = max(0, len(rows) - DELTA_ROWS)
    fits = [_fit(rows, model, choice, since) for choice in range(len(COPYING))]
    evidence = np.array([found.evidence for found in fits])
    choice = int(evidence.argmax())
    found = _fit(rows, model, choice, 0, start=fits[choice].weights) if since else fits[choice]
    return FittedModel(
        weights=rounded(found.weights),
        covariance=tuple(rounded(row[: place + 1]) for place, row in enumerate(found.covariance)),
        delta=COPYING[choice],
        evidence=rounded(evidence),
    )


def _fit(rows: _Rows, model: Model, choice: int, since: int, start: Floats | None = None) -> Fit:
    problem = FitProblem(
        features=_ModelRows(rows, model, choice, since),
        truth=rows.truth[since:],
        weight=rows.weight[since:],
        mean=np.array([term.mean for term in model.terms]),
        deviation=np.array([term.deviation for term in model.terms]),
    )
    return fit(problem, start)
