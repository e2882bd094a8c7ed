"""Query fields whose format differs between forms of pages and the API."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from service.schemas.fields import Instant
from service.values.instants import utc_now

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Day(Instant):
    """A day, read as its last instant in UTC, or an instant. Today and later days are read as None, which means now."""

    default_error_messages = {"instant": "Not a day, such as 2024-03-29."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        instant = super()._deserialize(value, attr, data, **kwargs)
        return None if instant >= utc_now() else instant

    def _parse(self, text: str) -> dt.datetime:
        return super()._parse(f"{text}T23:59:59.999999Z" if DAY.fullmatch(text) else text)
