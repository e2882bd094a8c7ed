"""Fields and pages of responses. Every field is required, and is documented with its format."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import TypedDict, Unpack

import marshmallow as ma
from marshmallow.validate import Range

from service.schemas.fields import Answer, one_of
from service.values.instants import format_instant


class Nullable(TypedDict, total=False):
    """The option of a field whose value can be null."""

    allow_none: bool


class TextOptions(Nullable, total=False):
    """Options for a string field; `validate` may restrict its value."""

    validate: Callable[[str], str]


class ShownInstant(ma.fields.DateTime):
    """An instant, written as RFC 3339 in UTC."""

    SERIALIZATION_FUNCS = {"iso": format_instant}


def text(description: str, **options: Unpack[TextOptions]) -> ma.fields.String:
    """Return a field for a string."""
    return ma.fields.String(required=True, metadata={"description": description}, **options)


def texts(description: str) -> ma.fields.List[str]:
    """Return a field for a list of strings."""
    return ma.fields.List(ma.fields.String(), required=True, metadata={"description": description})


def choice(kind: type[enum.StrEnum], description: str, **options: Unpack[Nullable]) -> ma.fields.Enum[enum.StrEnum]:
    """Return a field for a value of an enum, documented with the meaning of each value."""
    return one_of(kind, description, required=True, **options)


def identifier(description: str, **options: Unpack[Nullable]) -> ma.fields.UUID:
    """Return a field for the id of an object, a UUIDv7."""
    return ma.fields.UUID(required=True, metadata={"description": f"{description} A UUIDv7."}, **options)


def instant(description: str, **options: Unpack[Nullable]) -> ShownInstant:
    """Return a field for an instant."""
    return ShownInstant(required=True, metadata={"description": f"{description} RFC 3339 in UTC."}, **options)


def recorded_at() -> ShownInstant:
    """Return the field for the time at which the service recorded an object."""
    return instant("When the service recorded it.")


def flag(description: str) -> ma.fields.Boolean:
    """Return a field for true or false."""
    return ma.fields.Boolean(required=True, metadata={"description": description})


def count(description: str, **options: Unpack[Nullable]) -> ma.fields.Integer:
    """Return a field for a count, 0 or more."""
    return ma.fields.Integer(required=True, validate=Range(0), metadata={"description": description}, **options)


def amount(description: str, **options: Unpack[Nullable]) -> ma.fields.Float:
    """Return a field for a quantity, 0 or more, possibly fractional."""
    return ma.fields.Float(required=True, validate=Range(0), metadata={"description": description}, **options)


def share(description: str, **options: Unpack[Nullable]) -> ma.fields.Float:
    """Return a field for a probability or a share, from 0 to 1."""
    metadata = {"description": f"{description} From 0 to 1."}
    return ma.fields.Float(required=True, validate=Range(0, 1), metadata=metadata, **options)


def number(description: str, **options: Unpack[Nullable]) -> ma.fields.Float:
    """Return a field for a number without limits. The description must give its range."""
    return ma.fields.Float(required=True, metadata={"description": description}, **options)


def part(schema: type[Answer], description: str, **options: Unpack[Nullable]) -> ma.fields.Nested:
    """Return a field for a nested object."""
    return ma.fields.Nested(schema, required=True, metadata={"description": description}, **options)


def parts(schema: type[Answer], description: str) -> ma.fields.List[object]:
    """Return a field for a list of nested objects."""
    return ma.fields.List(ma.fields.Nested(schema), required=True, metadata={"description": description})


def schema_of(name: str, description: str, members: Mapping[str, object]) -> type[Answer]:
    """Return a response schema whose members cannot be written as a class body."""
    return type(name, (Answer,), {"__doc__": description, **members})


def page_of(name: str, item: type[Answer], things: str) -> type[Answer]:
    """Return the schema of one page of a list, such as a list of "claims"."""
    items = ma.fields.List(
        ma.fields.Nested(item), required=True, metadata={"description": f"The {things} on this page, in list order."}
    )
    next_cursor = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The `cursor` of the next page; null on the last page."},
    )
    return schema_of(name, f"One page of a list of {things}.", {"items": items, "next_cursor": next_cursor})
