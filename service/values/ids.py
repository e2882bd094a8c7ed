"""Ids and slugs, and the maximum lengths of names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from functools import partial
from uuid import UUID

from uuid_utils.compat import uuid7

SLUG_LENGTH = 80
NAME_LENGTH = 200
DOMAIN_LENGTH = 500
RESERVED_SLUGS = frozenset({"lookup", "search"})

new_id: Callable[[], UUID] = partial(uuid7)
"""Return a new UUIDv7. Within a process, newer ids sort after older ones (RFC 9562, 5.7)."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def first_id(moment: dt.datetime) -> UUID:
    """Return a lower bound for the ids created at or after a moment; zero for a moment before 1970.

    >>> first_id(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) < new_id()
    True
    >>> first_id(dt.datetime(1, 1, 1, tzinfo=dt.UTC))
    UUID('00000000-0000-0000-0000-000000000000')
    """
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def parse_id(text: str) -> UUID | None:
    """Return the UUID written in a text, or None if it is not in the usual form of 36 characters."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text.lower() else None


def is_slug(text: str) -> bool:
    """Return whether a text is an outlet slug: lower-case ASCII words joined by hyphens, and not an id."""
    return len(text) <= SLUG_LENGTH and _SLUG.fullmatch(text) is not None and parse_id(text) is None


def ids_and_slugs(references: Iterable[str]) -> tuple[dict[str, UUID], list[str]]:
    """Return the ids among references to outlets, each by its reference, and the slugs among them.

    >>> ids_and_slugs(["herald", "01890a5d-ac96-774b-bcce-b302099a8057", "no slug"])
    ({'01890a5d-ac96-774b-bcce-b302099a8057': UUID('01890a5d-ac96-774b-bcce-b302099a8057')}, ['herald'])
    """
    ids: dict[str, UUID] = {}
    slugs: list[str] = []
    for reference in references:
        if (id_ := parse_id(reference)) is not None:
            ids[reference] = id_
        elif is_slug(reference):
            slugs.append(reference)
    return ids, slugs
