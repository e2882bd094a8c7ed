"""Say by what methods the service answers: their words from one file, their numbers from the code that uses them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import sqlalchemy as sa

from service.methods.calibration import BINS
from service.methods.commitment import LEXICON_SIZE, LEXICON_VERSION
from service.methods.context import EXPECTED_WITHIN, FITTED_FROM, KAPPAS, STARTING_CONTEXT
from service.methods.forecast import ENOUGH, features
from service.methods.forecast import METHOD as FORECAST_METHOD
from service.methods.provenance import BACKFILL
from service.methods.rates import ROOT_RATE, ROOT_WEIGHT, SHRINKAGE
from service.methods.reliability import LEVELS, METHOD, RATED_FROM
from service.scores.contexts import REFIT_AFTER, context_name
from service.storage.db import Database
from service.storage.models import ContextRow

_WORDS: dict[str, dict[str, Any]] = tomllib.loads(
    resources.files("service.scores").joinpath("methodology.toml").read_text("utf-8")
)
_VALUES: Mapping[str, Mapping[str, Any]] = {
    "record": {
        "expected_within": EXPECTED_WITHIN,
        "rated_from": RATED_FROM,
        "levels": LEVELS,
        "bins": BINS,
        "backfilled_after": BACKFILL.days,
    },
    "forecast": {
        "enough": ENOUGH,
        "copying": features.COPYING,
        "weights": {term.name: (term.mean, term.deviation) for term in features.TERMS},
        "stated_within": features.STATED_WITHIN,
        "own_weight": features.KAPPA,
        "likelihood_weight": features.LIKELIHOOD_WEIGHT,
        "contexts_weight": features.CONTEXTS_WEIGHT,
    },
    "commitment": {"levels": features.COMMITMENTS, "phrases": LEXICON_SIZE},
    "context": {
        "fitted_from": FITTED_FROM,
        "refit_after": REFIT_AFTER.days,
        "shrinkage": SHRINKAGE,
        "root_rate": ROOT_RATE,
        "root_weight": ROOT_WEIGHT,
        "kappa_within": (min(KAPPAS), max(KAPPAS)),
    },
}
_VERSIONS = {"record": METHOD, "forecast": FORECAST_METHOD, "commitment": LEXICON_VERSION}


def describe_methodology(db: Database) -> dict[str, Any]:
    """Every method with its version, words, parameters and sources, and the contexts that scores are held against."""
    newest = sa.select(ContextRow.number, ContextRow.kappa, ContextRow.claims, ContextRow.recorded_at)
    with db.read() as session:
        row = session.execute(newest.order_by(ContextRow.number.desc()).limit(1)).first()
    start = {"id": STARTING_CONTEXT.id, "as_of": None, "kappa": STARTING_CONTEXT.kappa, "claims": 0}
    fitted = row and {
        "id": context_name(row.number),
        "as_of": row.recorded_at,
        "kappa": row.kappa,
        "claims": row.claims,
    }
    return {
        "methods": [{"name": version, **_describe(method)} for method, version in _VERSIONS.items()],
        "contexts": {**_describe("context"), "starting": start, "newest": fitted or start},
    }


def _describe(method: str) -> dict[str, Any]:
    told, values = _WORDS[method], _VALUES[method]
    shown = {name: _in_words(value) for name, value in values.items()}
    return {
        "title": told["title"],
        "words": [" ".join(paragraph.split()).format(**shown) for paragraph in told["words"]],
        "parameters": [
            {"name": name, "value": values[name], "words": words} for name, words in told["parameters"].items()
        ],
        "sources": told["sources"],
    }


def _in_words(value: Any) -> str:
    """A number, or several.

    >>> _in_words(0.5), _in_words((3.0, 60.0)), _in_words((1, 2, 4))
    ('0.5', '3 and 60', '1, 2 and 4')
    """
    if isinstance(value, tuple):
        *others, last = (_in_words(one) for one in value)
        return f"{', '.join(others)} and {last}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
