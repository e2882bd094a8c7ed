"""Fields of instants and dates in requests, documented with their formats."""

from __future__ import annotations

from typing import TypedDict, Unpack

from service.schemas.fields import DateOrInstant, EndOfDay, FieldOptions, Instant, PastMoment, StartOfDay


def moment(description: str, **options: Unpack[FieldOptions]) -> Instant:
    """Return the field of an instant in a request, documented with its format."""
    return Instant(metadata={"description": f"{description} RFC 3339 with a time zone."}, **options)


def published_moment(description: str, **options: Unpack[FieldOptions]) -> DateOrInstant:
    """Return the field of an instant or a date in a request, documented as the start of its day (R6a)."""
    return DateOrInstant(metadata=_describe_dates(description, "start", options), **options)


def known_moment(description: str, **options: Unpack[FieldOptions]) -> DateOrInstant:
    """Return the field of an instant or a date in a request, documented as the end of its day (R6a)."""
    return DateOrInstant(metadata=_describe_dates(description, "end", options), **options)


def due_moment(description: str, **options: Unpack[FieldOptions]) -> EndOfDay:
    """Return the field of an instant in a request. A date is read as the end of its day (R6a)."""
    return EndOfDay(metadata=_describe_dates(description, "end", options), **options)


def start_moment(description: str) -> StartOfDay:
    """Return the field of an instant in a query. A date is read as the start of its day (R6a)."""
    return StartOfDay(metadata=_describe_dates(description, "start", {}))


def past_moment(description: str, **options: Unpack[FieldOptions]) -> PastMoment:
    """Return the field of a past moment in a query. A date is read as the end of its day, or now (R6a)."""
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
