"""The forecast of each model for a claim, and the mean of these forecasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import fsum, pi, sqrt
from typing import NamedTuple

import numpy as np

from service.methods.forecast.features import Design
from service.methods.forecast.fitted_model import FittedModel
from service.methods.forecast.likelihood import COPYING
from service.methods.forecast.models import Model
from service.methods.forecast.terms import STORED


class Opinion(NamedTuple):
    """The forecast of one model, or the mean of several, in log-odds."""

    parts: Mapping[str, float]
    """The contribution of each feature to `log_odds`."""
    log_odds: float
    variance: float
    """The variance of z, which comes from the uncertainty of the weights."""


def opinion_of(model: Model, fitted: FittedModel, found: Design) -> Opinion:
    """Return the forecast of one model, given the features of the latest report."""
    likelihood = found.likelihoods[:, COPYING.index(fitted.delta)]
    features = model.rows(found.features, likelihood)[0]
    variance = max(float(features @ fitted.matrix() @ features), 0.0)
    scale = 1 / sqrt(1 + pi * variance / 8)
    terms = (features * np.array(fitted.weights)).tolist()
    parts = {name: term * scale for name, term in zip(model.names, terms, strict=True)}
    if "own_context" in parts:
        # The context includes the base rate, which is shown as a contribution of its own.
        weight = fitted.weights[model.names.index("own_context")]
        parts["base_rate"] = weight * float(found.features[0, STORED.index("base_rate")]) * scale
        parts["own_context"] -= parts["base_rate"]
    return Opinion(parts, fsum(terms) * scale, variance)


def mean_opinion(opinions: Sequence[Opinion]) -> Opinion:
    """Return the mean of the models' forecasts; its variance includes that between the models."""
    number = len(opinions)
    mean = fsum(one.log_odds for one in opinions) / number
    spread = fsum((one.log_odds - mean) ** 2 for one in opinions)
    variance = (fsum(one.variance for one in opinions) + spread) / number
    parts: Counter[str] = Counter()
    for one in opinions:
        parts.update({name: part / number for name, part in one.parts.items()})
    return Opinion(parts, mean, variance)
