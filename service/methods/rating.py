"""The rating of an outlet: its reliability, adjusted reliability and advantage. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reliability:
    """The estimated share of its own claims that an outlet gets right, 0..1, with its credible interval."""

    mean: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The share of all outlets' claims in the scope that this outlet would get right, 0..1."""

    mean: float
    lower: float
    upper: float
    reference: float
    """The share of these claims that an average outlet gets right."""


@dataclass(frozen=True, slots=True)
class Advantage:
    """The advantage of an outlet over an average outlet on the same claims, with bounds in log-odds."""

    log_odds: float
    lower: float
    upper: float
    points: float
    """The advantage in percentage points of reliability."""


@dataclass(frozen=True, slots=True)
class Rating:
    """The skill of an outlet, expressed as reliability, adjusted reliability and advantage."""

    reliability: Reliability
    adjusted: Adjusted
    advantage: Advantage
