"""The forecast of an open claim, with its contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, pi, sqrt
from statistics import NormalDist

import numpy as np

from service.methods.beta import logistic
from service.methods.forecast.features import (
    CODES,
    COPYING,
    NAMES,
    STANCES,
    Circumstances,
    Floats,
    Totals,
    Votes,
    design,
)
from service.methods.forecast.records import (
    ForecastClaim,
    ForecastReport,
    StanceCount,
    StanceCounts,
    View,
    cell_of,
    view,
)
from service.methods.forecast.state import METHOD, State
from service.methods.forecast.words import Contribution, contributions
from service.methods.rates import Rates

ENOUGH = 50
"""The number of resolved claims from which a forecast is more than the base rate."""


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
    """The log-odds without any information about the claim."""
    contributions: tuple[Contribution, ...]
    """The contributions, the largest first; with `base` they sum to `log_odds`."""
    log_odds: float
    deviation: float
    """The standard deviation of the log-odds, due to the uncertainty of the weights."""
    method: str = METHOD


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
    """Return the probability that a claim proves true, given its reports.

    The log-odds are z = w f with the variance s^2 = f V f, V being that of the weights; the probability
    is logistic(m), m = z/sqrt(1 + pi s^2/8), because the weights are uncertain, and the interval is m plus and minus
    the normal quantile times s.

    Args:
        state: The trained model.
        rates: The current rates at which reports prove true.
        counts: The current records of the outlets that report the claim.
        claim: The claim.
        reports: All its reports, in the order of publication.
        level: Probability inside the interval, 0 < level < 1.
        enough: The number of resolved claims from which it is more than the base rate.

    Source:
        MacKay (1992), The evidence framework applied to classification networks, equation 10.
    """
    seen = view(reports)
    if seen is None or state.trained_on < enough:
        return _base_rate(state, level)
    own = _votes(rates, counts, claim, [seen.own])
    others = _votes(rates, counts, claim, seen.others)
    features = _features(state, own, others, settings=_settings(claim, seen))
    terms = features * np.array(state.weights)
    base, parts = contributions(dict(zip(NAMES, terms.tolist(), strict=True)), seen, claim.rivals)
    log_odds = float(terms.sum())
    deviation = sqrt(max(float(features @ state.matrix() @ features), 0.0))
    return _forecast(state, level, base=base, parts=parts, log_odds=log_odds, deviation=deviation, sufficient=True)


def _base_rate(state: State, level: float) -> Forecast:
    """Return the base rate as the forecast, with the interval for the number of resolved claims."""
    rate, weight = state.base_rate, state.trained_on + 2
    log_odds = float(np.log(rate / (1 - rate)))
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
    middle = log_odds / sqrt(1 + pi * deviation**2 / 8) if sufficient else log_odds
    reach = NormalDist().inv_cdf((1 + level) / 2) * deviation
    return Forecast(
        probability=logistic(middle),
        lower=logistic(middle - reach),
        upper=logistic(middle + reach),
        level=level,
        sufficient=sufficient,
        trained_on=state.trained_on,
        base=base,
        contributions=parts,
        log_odds=log_odds,
        deviation=deviation,
    )


def _features(state: State, own: Votes, others: Votes, *, settings: Circumstances) -> Floats:
    totals = Totals(
        claims=np.array([float(state.trained_on)]),
        true=np.array([state.true]),
        votes=np.array([[float(count.claims) for count in state.votes]]),
        votes_true=np.array([[count.true for count in state.votes]]),
    )
    row = np.zeros(len(others.stance), np.int64)
    features, likelihoods = design(own, others, row, settings, totals)
    return np.append(features[0], likelihoods[0, COPYING.index(state.delta)])


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
