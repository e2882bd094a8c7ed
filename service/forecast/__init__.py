"""`forecast/1`: how likely a claim is to prove true, given who reports it and how. Pure.

A Bayesian logistic regression on what was known when each report was published (scoring.md).
"""

from service.forecast.answer import ENOUGH, Forecast, forecast
from service.forecast.learner import Learner
from service.forecast.past import is_due
from service.forecast.records import ClaimVotes, ForecastClaim, ForecastReport, Resolved, StanceCount, StanceCounts
from service.forecast.replay import refit
from service.forecast.state import BUILD, METHOD, START, State
from service.forecast.words import Contribution

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
