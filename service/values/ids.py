"""What names an outlet: slugs, the key two spellings of a name share, domains in one normal form; words of a text."""

from __future__ import annotations

import datetime as dt
import re
from uuid import UUID

from uuid_utils.compat import uuid7

SLUG_LENGTH = 80
NAME_LENGTH = 200
DOMAIN_LENGTH = 500
RESERVED_SLUGS = frozenset({"lookup"})

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def new_id() -> UUID:
    """A UUIDv7: ids made later by one process sort after those made before (RFC 9562, 5.7)."""
    return uuid7()


def first_id(moment: dt.datetime) -> UUID:
    """What sorts right before all ids that are made from a moment on; of one before 1970, before all there are.

    >>> first_id(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) < new_id()
    True
    >>> first_id(dt.datetime(1, 1, 1, tzinfo=dt.UTC))
    UUID('00000000-0000-0000-0000-000000000000')
    """
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def parse_id(text: str) -> UUID | None:
    """The UUID that a path or a body spells in the usual 36 characters, or None."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def is_slug(text: str) -> bool:
    """Whether a text can be an outlet's slug: lower-case ASCII words joined by hyphens, and not an id."""
    return len(text) <= SLUG_LENGTH and _SLUG.fullmatch(text) is not None and parse_id(text) is None
