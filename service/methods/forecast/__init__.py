"""`forecast/2`: the probability that a claim proves true, given its reports. Pure.

It is the mean of three Bayesian logistic regressions, trained on the information available when each report was
published.
docs/method.md has the formulas.
"""

from service.methods.forecast.answer import ENOUGH, Forecast, forecast
from service.methods.forecast.choice import choose
from service.methods.forecast.claim_votes import ClaimVotes
from service.methods.forecast.groups import rivals_before, topic_of
from service.methods.forecast.learner import Learner
from service.methods.forecast.records import (
    ForecastClaim,
    ForecastReport,
    Known,
    Open,
    Resolved,
    StanceCount,
    StanceCounts,
)
from service.methods.forecast.replay import refit
from service.methods.forecast.schedule import is_due
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
    "Known",
    "Learner",
    "Open",
    "Resolved",
    "StanceCount",
    "StanceCounts",
    "State",
    "choose",
    "forecast",
    "is_due",
    "refit",
    "rivals_before",
    "topic_of",
]
