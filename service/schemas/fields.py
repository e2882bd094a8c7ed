"""Fields of requests, stricter than those of marshmallow, and the base classes of all schemas."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Mapping
from typing import TypeAlias, TypedDict, Unpack
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.schemas.meanings import explain_values
from service.values.instants import (
    end_of_day,
    format_instant,
    parse_date_or_instant,
    parse_instant,
    start_of_day,
    utc_now,
)
from service.values.names import is_visible
from service.values.topics import TOPIC_LENGTH, topic_path

MAX_PAGE = 200

Data: TypeAlias = Mapping[str, object] | None
"""The object that contains the value of a field; None if the field is used on its own."""

_DECIMAL = re.compile(r"[01]?\.?[0-9]{1,9}", re.ASCII)
_BLANK_OR_CONTROL = re.compile("[\x00- \x7f]")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class FieldOptions(TypedDict, total=False):
    """The marshmallow options that a request field accepts."""

    required: bool
    allow_none: bool
    load_default: object


class DescribedOptions(FieldOptions, total=False):
    """The options of a request field, with its documentation and its name in JSON."""

    metadata: Mapping[str, object]
    data_key: str


class AnyText(ma.fields.String):
    """A string without NUL or lone surrogates, which databases cannot store."""

    default_error_messages = {"text": "Contains a character that is not text."}

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if _NOT_TEXT.search(text):
            raise self.make_error("text")
        return text


class Text(AnyText):
    """A string with at least one visible character and a maximum length."""

    default_error_messages = {"blank": "Must not be blank: send at least one visible character."}

    def __init__(self, longest: int, **options: Unpack[DescribedOptions]) -> None:
        super().__init__(validate=Length(1, longest), **options)

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not is_visible(text):
            raise self.make_error("blank")
        return text


class TopicPath(AnyText):
    """A topic, converted to its normal form (R21b)."""

    def __init__(self, **options: Unpack[DescribedOptions]) -> None:
        super().__init__(validate=Length(1, TOPIC_LENGTH), **options)

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> str:
        try:
            return topic_path(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as exc:
            raise ma.ValidationError(str(exc)) from exc


class WebAddress(Text):
    """An absolute http or https URL."""

    default_error_messages = {"url": "Not an absolute http or https URL."}

    def __init__(self, **options: Unpack[DescribedOptions]) -> None:
        super().__init__(2000, **options)

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> str:
        url = super()._deserialize(value, attr, data, **kwargs)
        try:
            parts = urlsplit(url)
            is_valid = parts.scheme in ("http", "https") and parts.hostname and not _BLANK_OR_CONTROL.search(url)
        except ValueError:
            is_valid = False
        if not is_valid:
            raise self.make_error("url")
        return url


class Instant(ma.fields.Field[dt.date | None]):
    """An RFC 3339 instant with a time zone, converted to UTC."""

    default_error_messages = {"instant": "Not an RFC 3339 instant with a zone, such as 2024-03-29T12:30:00Z."}

    def _serialize(self, value: dt.date | None, attr: str | None, obj: object, **kwargs: object) -> str | None:
        if isinstance(value, dt.datetime):
            return format_instant(value)
        return None if value is None else value.isoformat()

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> dt.date | None:
        if not isinstance(value, str):
            raise self.make_error("instant")
        try:
            return self._parse(value)
        except ValueError as exc:
            raise ma.ValidationError(str(exc)) from exc

    def _parse(self, text: str) -> dt.date | None:
        return parse_instant(text)


class DateOrInstant(Instant):
    """An instant or a bare date. A date is not converted to an instant, to keep its precision (R6a)."""

    def _parse(self, text: str) -> dt.date | None:
        return parse_date_or_instant(text)


class EndOfDay(DateOrInstant):
    """An instant, or a bare date, which is read as the last instant of its day in UTC (R6a)."""

    def _parse(self, text: str) -> dt.datetime:
        return end_of_day(parse_date_or_instant(text))


class StartOfDay(DateOrInstant):
    """An instant, or a bare date, which is read as the first instant of its day in UTC (R6a)."""

    def _parse(self, text: str) -> dt.datetime:
        return start_of_day(parse_date_or_instant(text))


class PastMoment(DateOrInstant):
    """An instant, or a bare date, which is read as the last instant of its day in UTC.

    The date of today is read as None, which means now.
    """

    def _parse(self, text: str) -> dt.date | None:
        given, now = parse_date_or_instant(text), utc_now()
        return None if end_of_day(given, now=now) == now else end_of_day(given)


class TextOrObject(ma.fields.Field[object]):
    """A string, or an object that matches a schema."""

    def __init__(self, text: Text, schema: ma.Schema, metadata: Mapping[str, object]) -> None:
        super().__init__(load_default=None, allow_none=True, metadata=metadata)
        self._text = text
        self._schema = schema

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> object:
        if isinstance(value, Mapping):
            return self._schema.load(value)
        return self._text.deserialize(value, attr, data, **kwargs)


class Number(ma.fields.Float):
    """A JSON number; a string of digits is rejected."""

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Count(ma.fields.Integer):
    """A whole number in a query string, written in plain digits."""

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> int:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Share(ma.fields.Float):
    """A number from 0 to 1 in a query string, written as a plain decimal."""

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> float:
        if not (isinstance(value, str) and _DECIMAL.fullmatch(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(ma.fields.Boolean):
    """A JSON boolean; words and numbers are rejected."""

    truthy = {True}
    falsy = {False}

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def one_of(
    kind: type[enum.StrEnum], description: str = "", **options: Unpack[FieldOptions]
) -> ma.fields.Enum[enum.StrEnum]:
    """Return a field for a value of an enum, documented as a string with the meaning of each value."""
    metadata = {"description": f"{description} {explain_values(kind)}".strip()}
    return ma.fields.Enum(kind, by_value=ma.fields.String, metadata=metadata, **options)


_ON_TOPIC = "Only claims on this topic, such as `football`, or on a topic below it, such as `football/transfers`."


def topic(description: str = _ON_TOPIC) -> TopicPath:
    """Return the query parameter that limits a score or a list to one topic."""
    return TopicPath(load_default=None, metadata={"description": description})


def byte_order_mark() -> ma.fields.Boolean:
    """Return the query parameter that adds a byte order mark to CSV."""
    description = "Whether CSV begins with a byte order mark, which Excel needs to read it as UTF-8."
    metadata = {"description": description}
    return ma.fields.Boolean(truthy={"true"}, falsy={"false"}, load_default=False, metadata=metadata)


class Body(ma.Schema):
    """The JSON object or the query string of a request. An unknown member is an error."""

    error_messages = {"type": "Not a JSON object. Send an object in braces."}

    class Meta:
        unknown = ma.RAISE


class Answer(ma.Schema):
    """The JSON object of a response. Later versions may add members, so the API document allows them."""

    class Meta:
        unknown = ma.EXCLUDE


class PageQuery(Body):
    """The query parameters that select a page of a list."""

    limit = Count(
        load_default=50, validate=Range(1, MAX_PAGE), metadata={"description": "The maximum number of items on a page."}
    )
    cursor = Text(
        2000,
        load_default=None,
        metadata={
            "description": "The `next_cursor` of the previous page; leave it out for the first page. A cursor is "
            "valid only for the same path and filters."
        },
    )
