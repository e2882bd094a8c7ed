"""The forecast of an open claim, with its contributions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, log, nan, pi, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from service.methods.beta import logistic
from service.methods.forecast.features import COPYING, Batch, Circumstances, Design, Totals, Votes, design
from service.methods.forecast.records import (
    ForecastClaim,
    ForecastReport,
    StanceCount,
    StanceCounts,
    View,
    cell_of,
    view,
)
from service.methods.forecast.state import METHOD, FittedModel, State
from service.methods.forecast.terms import CODES, MODELS, STANCES, STORED, Model
from service.methods.forecast.words import Contribution, contributions
from service.methods.rates import Rates

ENOUGH = 50
"""The number of resolved claims below which a forecast is the base rate."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The probability that a claim proves true."""

    probability: float
    lower: float
    upper: float
    level: float
    sufficient: bool
    """Whether enough claims are resolved; otherwise the probability is the base rate."""
    trained_on: int
    """The number of resolved claims that the model was trained on."""
    base: float
    """The log-odds of a forecast that knows nothing about the claim."""
    contributions: tuple[Contribution, ...]
    """The contributions, the largest first; with `base` they sum to `log_odds`."""
    log_odds: float
    """The log-odds of the probability, and below those of the bounds."""
    lower_log_odds: float
    upper_log_odds: float
    method: str = METHOD


class _Opinion(NamedTuple):
    """The forecast of one model."""

    parts: Mapping[str, float]
    """The contribution of each feature to `log_odds`."""
    log_odds: float
    variance: float
    """The variance of z, which comes from the uncertainty of the weights."""


def forecast(
    state: State,
    rates: Rates,
    counts: StanceCounts,
    claim: ForecastClaim,
    reports: Sequence[ForecastReport],
    *,
    level: float = 0.9,
    enough: int = ENOUGH,
) -> Forecast:
    """Return the probability that a claim proves true, given its reports. Rival claims are ignored.

    In each model, z = w f has the variance s^2 = f V f, where V is the covariance of the weights. Because the weights
    are uncertain, the log-odds are t = z/sqrt(1 + pi s^2/8). The probability is logistic(mean t). The bounds are
    logistic(mean t -+ q sqrt(mean s^2 + variance of t between the models)), with the normal quantile q of the level.

    Args:
        state: The trained models.
        rates: The current rates at which reports prove true.
        counts: The current records of the outlets that report the claim.
        claim: The claim.
        reports: All reports of the claim, in the order of publication.
        level: Probability inside the interval, 0 < level < 1.
        enough: The number of resolved claims below which the base rate is returned.

    Source:
        MacKay (1992), The evidence framework applied to classification networks, equation 10.
    """
    seen = view(reports)
    if seen is None or state.trained_on < enough:
        return _base_rate(state, level)
    found = design(_batch(state, rates, counts, claim, seen))
    opinions = [_opinion(model, fitted, found) for model, fitted in zip(MODELS, state.models, strict=True)]
    parts, log_odds, variance = _mean_opinion(opinions)
    base, shown = contributions(parts, seen, claim.rivals)
    deviation = sqrt(variance)
    return _forecast(state, level, base=base, parts=shown, log_odds=log_odds, deviation=deviation, sufficient=True)


def _opinion(model: Model, fitted: FittedModel, found: Design) -> _Opinion:
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
    return _Opinion(parts, fsum(terms) * scale, variance)


def _mean_opinion(opinions: Sequence[_Opinion]) -> _Opinion:
    """Return the mean of the models. Its variance includes the variance between them."""
    number = len(opinions)
    mean = fsum(one.log_odds for one in opinions) / number
    spread = fsum((one.log_odds - mean) ** 2 for one in opinions)
    variance = (fsum(one.variance for one in opinions) + spread) / number
    parts: Counter[str] = Counter()
    for one in opinions:
        parts.update({name: part / number for name, part in one.parts.items()})
    return _Opinion(parts, mean, variance)


def _base_rate(state: State, level: float) -> Forecast:
    """Return the base rate as the forecast. The more claims are resolved, the narrower is its interval."""
    rate, weight = state.base_rate, state.trained_on + 2
    log_odds = log(rate / (1 - rate))
    deviation = 1 / sqrt(weight * rate * (1 - rate))
    return _forecast(state, level, base=log_odds, parts=(), log_odds=log_odds, deviation=deviation, sufficient=False)


def _forecast(
    state: State,
    level: float,
    *,
    base: float,
    parts: tuple[Contribution, ...],
    log_odds: float,
    deviation: float,
    sufficient: bool,
) -> Forecast:
    reach = NormalDist().inv_cdf((1 + level) / 2) * deviation
    return Forecast(
        probability=logistic(log_odds),
        lower=logistic(log_odds - reach),
        upper=logistic(log_odds + reach),
        level=level,
        sufficient=sufficient,
        trained_on=state.trained_on,
        base=base,
        contributions=parts,
        log_odds=log_odds,
        lower_log_odds=log_odds - reach,
        upper_log_odds=log_odds + reach,
    )


def _batch(state: State, rates: Rates, counts: StanceCounts, claim: ForecastClaim, seen: View) -> Batch:
    """Return the batch of one report, the last one of a claim, with what is known now."""
    totals = Totals(
        claims=np.array([float(state.trained_on)]),
        true=np.array([state.true]),
        votes=np.array([[float(count.claims) for count in state.votes]]),
        votes_true=np.array([[count.true for count in state.votes]]),
    )
    return Batch(
        own=_votes(rates, counts, claim, [seen.own]),
        others=_votes(rates, counts, claim, seen.others),
        row=np.zeros(len(seen.others), np.int64),
        settings=_settings(claim, seen),
        totals=totals,
    )


def _settings(claim: ForecastClaim, seen: View) -> Circumstances:
    return Circumstances(
        commitment=np.array([seen.own.commitment or 0]),
        known=np.array([float(seen.known)]),
        rivals=np.array([float(claim.rivals)]),
    )


def _votes(rates: Rates, counts: StanceCounts, claim: ForecastClaim, reports: Sequence[ForecastReport]) -> Votes:
    none = StanceCount()
    records = [{stance: counts.get((report.outlet, stance), none) for stance in STANCES} for report in reports]
    all_true = [sum(count.true for count in record.values()) for record in records]
    all_claims = [sum(count.claims for count in record.values()) for record in records]
    same: list[StanceCount] = [record[report.stance] for record, report in zip(records, reports, strict=True)]
    return Votes(
        stance=np.array([CODES[report.stance] for report in reports], np.int64),
        stated=np.array([nan if report.probability is None else report.probability for report in reports]),
        rate=np.array([rates.truth(cell_of(claim, report)) for report in reports]),
        claims=np.array([float(count.claims) for count in same]),
        true=np.array([count.true for count in same]),
        all_true=np.array(all_true, np.float64),
        all_false=np.array(all_claims, np.float64) - np.array(all_true, np.float64),
    )
