"""The parameters of the methods, with the values that the code uses, for the methodology."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from service.methods.calibration import BINS
from service.methods.claim import BACKFILL
from service.methods.commitment_lexicon import LEXICON_SIZE, LEXICON_VERSION
from service.methods.context_parameters import KAPPAS, SHRINKAGES
from service.methods.forecast import ENOUGH, features, likelihood
from service.methods.forecast import METHOD as FORECAST_METHOD
from service.methods.forecast.groups import MOST, TOPIC_WEIGHT
from service.methods.forecast.models import MODELS
from service.methods.forecast.terms import COMMITMENTS
from service.methods.rates import ROOT_RATE, ROOT_WEIGHT, SHRINKAGE
from service.methods.reliability import LEVELS, METHOD, RATED_FROM
from service.methods.tally import EXPECTED_WITHIN, FITTED_FROM, UNFITTED_DRIFT
from service.scores.context_refit import REFIT_AFTER

Value: TypeAlias = float | tuple[float, ...] | Mapping[str, tuple[float, float]]
VALUES: Mapping[str, Mapping[str, Value]] = {
    "record": {
        "expected_within": EXPECTED_WITHIN,
        "rated_from": RATED_FROM,
        "levels": LEVELS,
        "bins": BINS,
        "backfilled_after": BACKFILL.days,
    },
    "forecast": {
        "enough": ENOUGH,
        "copying": likelihood.COPYING,
        "weights": {term.name: (term.mean, term.deviation) for model in MODELS for term in model.terms},
        "stated_within": features.STATED_WITHIN,
        "own_weight": (features.KAPPA, features.SMALL_KAPPA),
        "likelihood_weight": likelihood.LIKELIHOOD_WEIGHT,
        "contexts_weight": features.CONTEXTS_WEIGHT,
        "group_weight": TOPIC_WEIGHT,
        "group_most": MOST,
    },
    "commitment": {"levels": COMMITMENTS, "phrases": LEXICON_SIZE},
    "context": {
        "fitted_from": FITTED_FROM,
        "refit_after": REFIT_AFTER.days,
        "shrinkage": SHRINKAGE,
        "shrinkage_within": (min(SHRINKAGES), max(SHRINKAGES)),
        "root_rate": ROOT_RATE,
        "root_weight": ROOT_WEIGHT,
        "kappa_within": (min(KAPPAS), max(KAPPAS)),
        "drift": UNFITTED_DRIFT,
    },
}
VERSIONS = {"record": METHOD, "forecast": FORECAST_METHOD, "commitment": LEXICON_VERSION}


def in_words(value: Value) -> str:
    """Return the value of a parameter as text for the methodology.

    >>> in_words(0.5), in_words((3.0, 60.0)), in_words((1, 2, 4))
    ('0.5', '3 and 60', '1, 2 and 4')
    """
    if isinstance(value, tuple):
        *others, last = map(in_words, value)
        return f"{', '.join(others)} and {last}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
