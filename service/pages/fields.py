"""What people write into the forms of pages, where programs write something else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from service.schemas.fields import Instant

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Day(Instant):
    """A day, for its last moment in UTC, or an instant; today and later are now, which None stands for."""

    default_error_messages = {"instant": "Not a day, such as 2024-03-29."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        moment = super()._deserialize(value, attr, data, **kwargs)
        return None if moment >= dt.datetime.now(dt.UTC) else moment

    def _parse(self, text: str) -> dt.datetime:
        return super()._parse(f"{text}T23:59:59.999999Z" if DAY.fullmatch(text) else text)
