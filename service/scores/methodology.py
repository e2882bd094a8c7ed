"""Describe the methods of the service, with words from a file and numbers from the code."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias, TypedDict

from service.methods.calibration import BINS
from service.methods.claim import BACKFILL
from service.methods.commitment import LEXICON_SIZE, LEXICON_VERSION
from service.methods.context_fit import KAPPAS, SHRINKAGES
from service.methods.forecast import ENOUGH, features
from service.methods.forecast import METHOD as FORECAST_METHOD
from service.methods.forecast.groups import MOST, TOPIC_WEIGHT
from service.methods.forecast.terms import COMMITMENTS, MODELS
from service.methods.rates import ROOT_RATE, ROOT_WEIGHT, SHRINKAGE
from service.methods.reliability import LEVELS, METHOD, RATED_FROM
from service.methods.tally import EXPECTED_WITHIN, FITTED_FROM, STARTING_CONTEXT, UNFITTED_DRIFT, Context, Shrinkage
from service.scores.contexts import REFIT_AFTER
from service.scores.read import context_of
from service.storage.db import Database
from service.values.documents import members_of
from service.values.vocabulary import Basis

Value: TypeAlias = float | tuple[float, ...] | Mapping[str, tuple[float, float]]


class MethodWords(TypedDict):
    """The words about a method in the file."""

    title: str
    words: list[str]
    """Paragraphs with placeholders for the values of parameters."""
    parameters: dict[str, str]
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method."""

    name: str
    value: Value
    words: str


@dataclass(frozen=True, slots=True)
class MethodView:
    """A method with its words, parameters and sources."""

    name: str
    title: str
    words: list[str]
    parameters: list[Parameter]
    sources: list[str]


@dataclass(frozen=True, slots=True)
class FittedContext:
    """A context, without its rates."""

    id: str
    as_of: dt.datetime | None
    """None for the starting context, which is not fitted."""
    kappa: float
    offset: float
    drift: float
    shrinkage: Shrinkage
    claims: int


@dataclass(frozen=True, slots=True)
class ContextsView(MethodView):
    """The method of contexts, with the starting context and the newest one of each basis."""

    starting: FittedContext
    resolved: FittedContext
    matured: FittedContext


@dataclass(frozen=True, slots=True)
class Methodology:
    """Every method of the service."""

    methods: list[MethodView]
    contexts: ContextsView


_WORDS: dict[str, MethodWords] = tomllib.loads(
    resources.files("service.scores").joinpath("methodology.toml").read_text("utf-8")
)
_VALUES: Mapping[str, Mapping[str, Value]] = {
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
        "weights": {term.name: (term.mean, term.deviation) for model in MODELS for term in model.terms},
        "stated_within": features.STATED_WITHIN,
        "own_weight": (features.KAPPA, features.SMALL_KAPPA),
        "likelihood_weight": features.LIKELIHOOD_WEIGHT,
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
_VERSIONS = {"record": METHOD, "forecast": FORECAST_METHOD, "commitment": LEXICON_VERSION}


def describe_methodology(db: Database) -> Methodology:
    """Return every method, and the contexts that scores are compared with."""
    with db.read() as session:
        resolved, matured = context_of(session, Basis.RESOLVED), context_of(session, Basis.MATURED)
    methods = [_describe(method, version) for method, version in _VERSIONS.items()]
    contexts = _describe("context", "context")
    view = ContextsView(
        **members_of(contexts),
        starting=_summarise(STARTING_CONTEXT),
        resolved=_summarise(resolved),
        matured=_summarise(matured),
    )
    return Methodology(methods, view)


def _summarise(context: Context) -> FittedContext:
    return FittedContext(
        id=context.id,
        as_of=context.as_of,
        kappa=context.kappa,
        offset=context.offset,
        drift=context.drift,
        shrinkage=context.shrinkage,
        claims=context.rates.claims,
    )


def _describe(method: str, name: str) -> MethodView:
    words, values = _WORDS[method], _VALUES[method]
    formatted = {parameter: _in_words(value) for parameter, value in values.items()}
    return MethodView(
        name=name,
        title=words["title"],
        words=[" ".join(paragraph.split()).format(**formatted) for paragraph in words["words"]],
        parameters=[Parameter(parameter, values[parameter], text) for parameter, text in words["parameters"].items()],
        sources=words["sources"],
    )


def _in_words(value: Value) -> str:
    """Return a value as text.

    >>> _in_words(0.5), _in_words((3.0, 60.0)), _in_words((1, 2, 4))
    ('0.5', '3 and 60', '1, 2 and 4')
    """
    if isinstance(value, tuple):
        *others, last = map(_in_words, value)
        return f"{', '.join(others)} and {last}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
