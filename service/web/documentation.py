"""Decorators that describe views in the API document."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import ParamSpec, TypedDict, TypeVar

import marshmallow as ma
from flask_smorest import Blueprint as SmorestBlueprint

P = ParamSpec("P")
R = TypeVar("R")

Argument = TypedDict("Argument", {"in": str, "schema": object})
"""An argument of a view, as smorest documents it."""

_alt_response = SmorestBlueprint("any", __name__).alt_response  # smorest documents views through a blueprint


def may_fail(*statuses: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Document that a view may respond with problems of these statuses."""

    def register(view: Callable[P, R]) -> Callable[P, R]:
        for status in statuses:
            view = _alt_response(status, component_name(status))(view)
        return view

    return register


def not_modified(view: Callable[P, R]) -> Callable[P, R]:
    """Document that a view responds with 304 if the client already has the current version."""
    unchanged = "The version named in `If-None-Match` is still current. There is no body."
    documented: Callable[P, R] = _alt_response(304, description=unchanged, success=True)(view)
    return documented


def component_name(status: int) -> str:
    """Return the name of the response in the API document that describes the problems of a status."""
    return f"Problem{status}"


def describe_schema(schema: type[ma.Schema]) -> str:
    """Return the docstring of a schema, with one line for each paragraph."""
    return "\n\n".join(" ".join(each.split()) for each in inspect.cleandoc(schema.__doc__ or "").split("\n\n"))


def arguments_of(view: Callable[..., object]) -> list[Argument]:
    """Return the documented arguments of a view."""
    arguments: list[Argument] = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return arguments
