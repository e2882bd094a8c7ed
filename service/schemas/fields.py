"""The types that requests and responses are made of, stricter than marshmallow's own."""

from __future__ import annotations

import datetime as dt
import enum
import re
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.instants import format_instant, parse_date_or_instant, parse_instant

MAX_PAGE = 200

_DECIMAL = re.compile(r"[01]?\.?[0-9]{1,9}", re.ASCII)
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class AnyText(ma.fields.String):
    """A string that every database can store: no NUL, no lone surrogate."""

    default_error_messages = {"text": "Contains a character that is not text."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if _NOT_TEXT.search(text):
            raise self.make_error("text")
        return text


class Text(AnyText):
    """A string that says something, too: not blank, and not without end."""

    default_error_messages = {"blank": "Must not be blank."}

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(validate=Length(1, longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not text.strip():
            raise self.make_error("blank")
        return text


class WebAddress(Text):
    """An absolute http or https URL."""

    default_error_messages = {"url": "Not an absolute http or https URL."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(2000, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        url = super()._deserialize(value, attr, data, **kwargs)
        try:
            parts = urlsplit(url)
            good = (
                parts.scheme in ("http", "https") and parts.hostname and not any(c <= " " or c == "\x7f" for c in url)
            )
        except ValueError:
            good = False
        if not good:
            raise self.make_error("url")
        return url


class Instant(ma.fields.Field[dt.datetime]):
    """A moment with a time zone, in UTC from here on."""

    default_error_messages = {"instant": "Not an RFC 3339 instant with a zone, such as 2024-03-29T12:30:00Z."}

    def _serialize(self, value: dt.datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else format_instant(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.datetime:
        if not isinstance(value, str):
            raise self.make_error("instant")
        try:
            return self._parse(value)
        except ValueError as exc:
            raise ma.ValidationError(str(exc)) from exc

    def _parse(self, text: str) -> dt.datetime:
        return parse_instant(text)


class DateOrInstant(Instant):
    """A moment, or a bare date for its first moment in UTC."""

    def _parse(self, text: str) -> dt.datetime:
        return parse_date_or_instant(text)


class Number(ma.fields.Float):
    """A JSON number; not the text of one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Count(ma.fields.Integer):
    """A whole number in a query string, written in plain digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Share(ma.fields.Float):
    """A number from 0 to 1 in a query string, written as a plain decimal."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not (isinstance(value, str) and _DECIMAL.fullmatch(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(ma.fields.Boolean):
    """A JSON true or false; not a word or number for it."""

    truthy = {True}
    falsy = {False}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def one_of(kind: type[enum.StrEnum], **kwargs: Any) -> ma.fields.Enum[enum.StrEnum]:
    """An enum by value, documented as a string."""
    return ma.fields.Enum(kind, by_value=ma.fields.String, **kwargs)


class Body(ma.Schema):
    """A request: a member we do not know is an error, not a silence."""

    class Meta:
        unknown = ma.RAISE


class Answer(ma.Schema):
    """A response: a later version may add a member, so the document leaves room."""

    class Meta:
        unknown = ma.EXCLUDE


def page_shape(name: str, item: type[Answer]) -> type[ma.Schema]:
    """One page of a list: its items, and where the next one begins, null at the end."""
    members: dict[str, ma.fields.Field[Any]] = {
        "items": ma.fields.List(ma.fields.Nested(item), required=True),
        "next_cursor": ma.fields.String(required=True, allow_none=True),
    }
    return Answer.from_dict(members, name=name)


class PageQuery(Body):
    limit = Count(load_default=50, validate=Range(1, MAX_PAGE))
    cursor = Text(2000, load_default=None)
