"""Query fields that pages parse differently from the API."""

from __future__ import annotations

import datetime as dt

from service.schemas.fields import DateOrInstant
from service.values.instants import end_of_day, parse_date_or_instant, utc_now


class Day(DateOrInstant):
    """A past day or instant; None, which means now, if it is today or in the future.

    A day is parsed as its last instant in UTC.
    """

    default_error_messages = {"instant": "Not a date, such as 2024-03-29."}

    def _parse(self, text: str) -> dt.date | None:
        try:
            moment = end_of_day(parse_date_or_instant(text))
        except ValueError as exc:
            raise self.make_error("instant") from exc
        return None if moment >= utc_now() else moment
