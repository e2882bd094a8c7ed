"""Fields of instants and dates in requests, documented with their formats."""

from __future__ import annotations

from typing import TypedDict, Unpack

from service.schemas.fields import DateOrInstant, EndOfDay, FieldOptions, Instant, PastMoment, StartOfDay


def moment(description: str, **options: Unpack[FieldOptions]) -> Instant:
    """Return a request field for an instant, documented with its format."""
    return Instant(metadata={"description": f"{description} RFC 3339 with a time zone."}, **options)


def published_moment(description: str, **options: Unpack[FieldOptions]) -> DateOrInstant:
    """Return a request field for an instant or a date; a date means the start of its day (R6a).

    The field does not convert a date to an instant, to keep its precision.
    """
    return DateOrInstant(metadata=_describe_dates(description, "start", options), **options)


def known_moment(description: str, **options: Unpack[FieldOptions]) -> DateOrInstant:
    """Return a request field for an instant or a date; a date means the end of its day (R6a).

    The field does not convert a date to an instant, to keep its precision.
    """
    return DateOrInstant(metadata=_describe_dates(description, "end", options), **options)


def due_moment(description: str, **options: Unpack[FieldOptions]) -> EndOfDay:
    """Return a request field for an instant. A date is read as the end of its day (R6a)."""
    return EndOfDay(metadata=_describe_dates(description, "end", options), **options)


def start_moment(description: str) -> StartOfDay:
    """Return a query parameter for an instant. A date is read as the start of its day (R6a)."""
    return StartOfDay(metadata=_describe_dates(description, "start", {}))


def past_moment(description: str, **options: Unpack[FieldOptions]) -> PastMoment:
    """Return a query parameter for a past moment. A date is read as the end of its day (R6a).

    The date of today is read as now.
    """
    return PastMoment(metadata=_describe_dates(description, "end", options), **options)


class _Dates(TypedDict):
    """The documentation of a field that takes an instant or a date."""

    description: str
    anyOf: list[dict[str, str]]


def _describe_dates(description: str, end: str, options: FieldOptions) -> _Dates:
    formats = [{"type": "string", "format": form} for form in ("date-time", "date")]
    meaning = f"RFC 3339 with a time zone, or a date, which means the {end} of its day in UTC."
    nullable = [{"type": "null"}] if options.get("allow_none") or options.get("load_default", ...) is None else []
    return {"description": f"{description} {meaning}", "anyOf": formats + nullable}
