"""The methods behind scores and forecasts, in responses."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer


class ParameterOut(Answer):
    """A parameter of a method."""

    name = shown.text("The parameter's name.")
    value = ma.fields.Raw(
        required=True,
        metadata={"description": "Its value: a number, a list of numbers, or an object with a number for each name."},
    )
    words = shown.text("The meaning of the parameter.")


class ExplainedOut(Answer):
    """A method in words, with its parameters and sources."""

    title = shown.text("The purpose of the method.")
    words = shown.texts("The method in words, one paragraph each.")
    parameters = shown.parts(ParameterOut, "The parameters of the method.")
    sources = shown.texts("The literature that the method comes from.")


class MethodOut(ExplainedOut):
    """One version of a method."""

    name = shown.text("The name and version, as scores and forecasts give it in `method`.")


class FittedContextOut(Answer):
    """The average outlet that scores are compared with, as fitted at one time."""

    id = shown.text("The name of the context, as scores give it.")
    as_of = shown.instant("When it was fitted; null for the starting context, which is not fitted.", allow_none=True)
    kappa = shown.amount("The weight of the average outlet in a score, in claims.")
    claims = shown.count("The number of resolved claims that it was fitted to.")


class ContextsOut(ExplainedOut):
    """The calculation of the average outlet, with its first and its newest version."""

    starting = shown.part(FittedContextOut, "The context of a service with few resolved claims.")
    newest = shown.part(FittedContextOut, "The context that scores are compared with now.")


class MethodologyOut(Answer):
    """Every method that this service uses."""

    methods = shown.parts(MethodOut, "The methods of scores, forecasts and commitment levels.")
    contexts = shown.part(ContextsOut, "The calculation of the average outlet.")
