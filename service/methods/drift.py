"""The drift: the error that all outlets of a field share in half a year. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum, sqrt
from typing import NamedTuple

from service.methods.tally import UNFITTED_DRIFT

_WEIGHT = 2.0
"""The weight of the prior drift, in half-years."""


class HalfError(NamedTuple):
    """The errors of all outlets together in one half-year, given the rates known before it."""

    total: float
    """The sum of right - expected over all reports."""
    squares: float
    """The sum of the squared errors of whole claims, because reports on one claim err together."""
    variance: float
    """The sum of expected (1 - expected) over all reports."""


def fit_drift(halves: Iterable[HalfError]) -> float:
    """Return the standard deviation of the error that outlets share in half a year, in log-odds.

    Its square is (sum w (z^2 - v) + 2 x 0.04)/(sum w + 2), but at least 0, where each half-year has z = total/variance,
    v = squares/variance^2 and the weight w = 1/(1 + v/0.04). Without half-years, the result is 0.2.
    """
    prior = UNFITTED_DRIFT**2
    weights, excess = [], []
    for half in halves:
        z, v = half.total / half.variance, half.squares / half.variance**2
        weight = 1 / (1 + v / prior)
        weights.append(weight)
        excess.append(weight * (z * z - v))
    return sqrt(max(0.0, fsum(excess) + _WEIGHT * prior) / (fsum(weights) + _WEIGHT))
