"""The methods behind scores and forecasts, in responses."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer


class ParameterOut(Answer):
    """A parameter of a method, with its value and meaning."""

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
    """One version of a method for scores, forecasts or commitment levels."""

    name = shown.text("The name and version, as in `method` of scores and forecasts.")


class ShrinkageOut(Answer):
    """The weights of wider groups of claims in the estimated rates of narrower groups."""

    kind = shown.amount("For groups of claims of one kind, in claims.")
    commitment = shown.amount("For groups of claims with one commitment, in claims.")
    topic = shown.amount("For groups of claims on one topic, in claims.")


class FittedContextOut(Answer):
    """The parameters of the average outlet that scores are compared with, as fitted at one time."""

    id = shown.text("The name of the context, as in `context` of scores.")
    as_of = shown.instant("When it was fitted; null for the starting context, which is not fitted.", allow_none=True)
    kappa = shown.amount("The weight of the prior on an outlet's skill, in claims.")
    offset = shown.number(
        "The number added to the log-odds of every rate, so that all outlets together are right as often as expected."
    )
    drift = shown.amount("The standard deviation of the error that outlets share in half a year, in log-odds.")
    shrinkage = shown.part(ShrinkageOut, "The weight of wider groups of claims in the rates of narrower ones.")
    claims = shown.count("The number of resolved claims that it was fitted to.")


class ContextsOut(ExplainedOut):
    """The calculation of the average outlet, with its first and its newest versions."""

    starting = shown.part(FittedContextOut, "The context of a service with few resolved claims.")
    resolved = shown.part(FittedContextOut, "The newest context of scores on the basis `resolved`.")
    matured = shown.part(FittedContextOut, "The newest context of scores on the basis `matured`.")


class MethodologyOut(Answer):
    """Every method that this service uses."""

    methods = shown.parts(MethodOut, "The methods of scores, forecasts and commitment levels.")
    contexts = shown.part(ContextsOut, "The calculation of the average outlet.")
