"""Train a model on the rows of a replay."""

from __future__ import annotations

import numpy as np

from service.methods.forecast.features import design
from service.methods.forecast.fitted_model import FittedModel, rounded
from service.methods.forecast.fitting import Fit, FitProblem, fit
from service.methods.forecast.likelihood import COPYING
from service.methods.forecast.models import Model
from service.methods.forecast.past import Past
from service.methods.forecast.terms import STORED, Floats

DELTA_ROWS = 20_000
"""The maximum number of rows on which delta is chosen; if there are more, the latest are used."""


class TrainingRows:
    """The features, truths and weights of the rows that are trained on, in order.

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
    """One model's features for one delta, starting at a given row."""

    def __init__(self, rows: TrainingRows, model: Model, choice: int, since: int) -> None:
        self._features = rows.features[since:]
        self._likelihoods = rows.likelihoods[since:, choice]
        self._model = model

    def __getitem__(self, part: slice, /) -> Floats:
        return self._model.rows(self._features[part], self._likelihoods[part])


def train_model(rows: TrainingRows, model: Model) -> FittedModel:
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


def _fit(rows: TrainingRows, model: Model, choice: int, since: int, start: Floats | None = None) -> Fit:
    problem = FitProblem(
        features=_ModelRows(rows, model, choice, since),
        truth=rows.truth[since:],
        weight=rows.weight[since:],
        mean=np.array([term.mean for term in model.terms]),
        deviation=np.array([term.deviation for term in model.terms]),
    )
    return fit(problem, start)
