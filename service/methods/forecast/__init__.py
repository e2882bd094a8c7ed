"""`forecast/1`: the probability that a claim proves true, given its reports. Pure.

A Bayesian logistic regression on the information available at the publication of each report (scoring.md).
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
