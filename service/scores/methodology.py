"""Describe the methods that scores and forecasts use, with texts from a file and values from the code."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TypedDict

from service.methods.tally import STARTING_CONTEXT, Context, Shrinkage
from service.scores.method_parameters import VALUES, VERSIONS, Value, in_words
from service.scores.read import context_of
from service.storage.db import Database
from service.values.documents import members_of
from service.values.vocabulary import Basis


class MethodWords(TypedDict):
    """The description of a method in `methodology.toml`."""

    title: str
    words: list[str]
    """Paragraphs with placeholders for the values of parameters."""
    parameters: dict[str, str]
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method, with its value and its explanation."""

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
    """The parameters of a context, without its rates."""

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
    """The method that fits contexts, with the starting context and the newest one for each basis."""

    starting: FittedContext
    resolved: FittedContext
    matured: FittedContext


@dataclass(frozen=True, slots=True)
class Methodology:
    """The descriptions of all methods that scores and forecasts use."""

    methods: list[MethodView]
    contexts: ContextsView


_WORDS: dict[str, MethodWords] = tomllib.loads(
    resources.files("service.scores").joinpath("methodology.toml").read_text("utf-8")
)


def describe_methodology(db: Database) -> Methodology:
    """Return the description of every method, and the contexts that current scores use."""
    with db.read() as session:
        resolved, matured = context_of(session, Basis.RESOLVED), context_of(session, Basis.MATURED)
    methods = [_describe(method, version) for method, version in VERSIONS.items()]
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
    words, values = _WORDS[method], VALUES[method]
    formatted = {parameter: in_words(value) for parameter, value in values.items()}
    return MethodView(
        name=name,
        title=words["title"],
        words=[" ".join(paragraph.split()).format(**formatted) for paragraph in words["words"]],
        parameters=[Parameter(parameter, values[parameter], text) for parameter, text in words["parameters"].items()],
        sources=words["sources"],
    )
