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
    """The stored forecast of a day."""

    day: dt.date
    probability: float


@dataclass(frozen=True, slots=True)
class ForecastPart:
    """The contribution of one fact about the reports of a claim."""

    feature: str
    words: str
    log_odds: float
    points: float
    """The change of the probability, in percentage points, when the contribution is added after the ones before it."""


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
    """The true claim of the same group (R3)."""
    probability: float | None = None
    interval: ForecastInterval | None = None
    trained_on: int | None = None
    """The number of resolved claims that the model was trained on."""
    base: float | None = None
    """The log-odds without any feature."""
    base_probability: float | None = None
    """The probability without any feature."""
    contributions: tuple[ForecastPart, ...] = ()
