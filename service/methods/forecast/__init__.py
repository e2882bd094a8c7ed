"""`forecast/1`: how likely a claim is to prove true, given who reports it and how. Pure.

A Bayesian logistic regression on what was known when each report was published (scoring.md).
"""

from service.methods.forecast.answer import ENOUGH, Forecast, forecast
from service.methods.forecast.learner import Learner
from service.methods.forecast.past import is_due
from service.methods.forecast.records import (
    ClaimVotes,
    ForecastClaim,
    ForecastReport,
    Resolved,
    StanceCount,
    StanceCounts,
)
from service.methods.forecast.replay import refit
from service.methods.forecast.state import BUILD, METHOD, START, State
from service.methods.forecast.words import Contribution

__all__ = [
    "BUILD",
    "ENOUGH",
    "METHOD",
    "START",
    "ClaimVotes",
    "Contribution",
    "Forecast",
    "ForecastClaim",
    "ForecastReport",
    "Learner",
    "Resolved",
    "StanceCount",
    "StanceCounts",
    "State",
    "forecast",
    "is_due",
    "refit",
]
