"""The forecast of an open claim, with its contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import NormalDist

from service.methods.beta import logistic
from service.methods.forecast.claim_votes import view
from service.methods.forecast.features import design
from service.methods.forecast.latest_report import latest_batch
from service.methods.forecast.models import MODELS
from service.methods.forecast.opinions import mean_opinion, opinion_of
from service.methods.forecast.records import ForecastClaim, ForecastReport, StanceCounts
from service.methods.forecast.state import METHOD, State
from service.methods.forecast.words import Contribution, contributions
from service.methods.rates import Rates

ENOUGH = 50
"""The number of resolved claims below which a forecast is the base rate."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The probability that a claim proves true, with its interval and the contributions to it."""

    probability: float
    lower: float
    upper: float
    level: float
    sufficient: bool
    """Whether enough claims are resolved; otherwise the probability is the base rate."""
    trained_on: int
    """The number of resolved claims that the model was trained on."""
    base: float
    """The log-odds of a forecast without any information about the claim."""
    contributions: tuple[Contribution, ...]
    """The contributions, the largest first; with `base` they sum to `log_odds`."""
    log_odds: float
    """The log-odds of the probability; the next two fields are those of its bounds."""
    lower_log_odds: float
    upper_log_odds: float
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
    """Return the forecast of a claim from its own reports; `choice.choose` adjusts it for rival claims.

    In each model, z = w f has the variance s^2 = f V f, where V is the covariance of the weights. Because the weights
    are uncertain, the log-odds are t = z/sqrt(1 + pi s^2/8). The probability is logistic(mean t). The bounds are
    logistic(mean t -+ q sqrt(mean s^2 + variance of t between the models)), with the normal quantile q of the level.

    Args:
        state: The trained models.
        rates: The current rates at which reports prove true.
        counts: The current records of the outlets that report the claim.
        claim: The claim to forecast.
        reports: All reports of the claim, in the order of publication.
        level: Probability inside the interval, 0 < level < 1.
        enough: The number of resolved claims below which the base rate is returned.

    Source:
        MacKay (1992), The evidence framework applied to classification networks, equation 10.
    """
    seen = view(reports)
    if seen is None or state.trained_on < enough:
        return _base_rate(state, level)
    found = design(latest_batch(state, rates, counts, claim, seen))
    opinions = [opinion_of(model, fitted, found) for model, fitted in zip(MODELS, state.models, strict=True)]
    parts, log_odds, variance = mean_opinion(opinions)
    base, shown = contributions(parts, seen, claim.rivals)
    deviation = sqrt(variance)
    return _forecast(state, level, base=base, parts=shown, log_odds=log_odds, deviation=deviation, sufficient=True)


def _base_rate(state: State, level: float) -> Forecast:
    """Return the base rate as the forecast, with an interval that narrows as more claims are resolved."""
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
