"""The views of forecasts that use cases return."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from service.methods.claim import Roots


@dataclass(frozen=True, slots=True)
class ForecastInterval:
    """The credible interval of a forecast."""

    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class DailyForecast:
    """The forecast of a claim that was stored on a day."""

    day: dt.date
    probability: float


@dataclass(frozen=True, slots=True)
class ForecastPart:
    """The contribution of one feature of a claim to its forecast."""

    feature: str
    words: str
    log_odds: float
    points: float
    """The change of the probability, in percentage points, when this part is added to the ones before it."""


@dataclass(frozen=True, slots=True)
class ForecastView:
    """The forecast of a claim, with the contributions of its features."""

    claim: UUID
    method: str
    independent_roots: int
    roots: Roots
    kept: list[DailyForecast]
    """The stored forecasts of earlier days, the oldest first."""
    status: Literal["rated", "insufficient", "closed", "decided"]
    decided_by: UUID | None = None
    """The id of the true claim of the same group, which decides this one (R3)."""
    probability: float | None = None
    interval: ForecastInterval | None = None
    trained_on: int | None = None
    """The number of resolved claims that the model was trained on."""
    base: float | None = None
    """The log-odds before any contribution."""
    base_probability: float | None = None
    """The probability before any contribution."""
    contributions: tuple[ForecastPart, ...] = ()
