"""Adjust the forecasts of rival claims, of which at most one can be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, fsum, log

from service.methods.beta import logistic
from service.methods.forecast.answer import Forecast
from service.methods.forecast.words import rival_contribution


def choose(forecasts: Sequence[Forecast], rate: float) -> list[Forecast]:
    """Adjust the forecasts of a group's open claims to the rule that at most one of them can be true.

    The result is a choice among the claims and "none of them". With the odds o of each claim alone, its probability is
    o/(theta + sum of all o), where theta = (1 - q)/(1 - q/k) for k claims. Theta is below 1 because the odds of each
    claim alone already include the number of its rivals. Each bound is converted in the same way, with the odds of the
    other claims unchanged. A single claim is unchanged.

    Args:
        forecasts: The forecast of each open claim alone.
        rate: The chance q that one claim of a group proves true, 0 < q < 1.
    """
    k = len(forecasts)
    if k < 2:
        return list(forecasts)
    none = log((1 - rate) / (1 - rate / k))
    odds = [forecast.log_odds for forecast in forecasts]
    return [
        _shifted(forecast, -_log_sum([none, *odds[:place], *odds[place + 1 :]]), k)
        for place, forecast in enumerate(forecasts)
    ]


def _shifted(forecast: Forecast, shift: float, k: int) -> Forecast:
    """Return a forecast with its log-odds shifted by the contribution of its rivals."""
    parts = [*forecast.contributions, rival_contribution(k, shift)]
    return replace(
        forecast,
        probability=logistic(forecast.log_odds + shift),
        lower=logistic(forecast.lower_log_odds + shift),
        upper=logistic(forecast.upper_log_odds + shift),
        contributions=tuple(sorted(parts, key=lambda part: (-abs(part.log_odds), part.feature))),
        log_odds=forecast.log_odds + shift,
        lower_log_odds=forecast.lower_log_odds + shift,
        upper_log_odds=forecast.upper_log_odds + shift,
    )


def _log_sum(logs: Sequence[float]) -> float:
    """Return the log of the sum of exponentials, without overflow."""
    most = max(logs)
    return most + log(fsum(exp(one - most) for one in logs))
