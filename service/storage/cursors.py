"""Opaque pagination cursors: sort keys with a checksum that binds them to a list and its filters."""

from __future__ import annotations

import base64
import hashlib
import json

from service.errors import InvalidQuery

_CHECKSUM_BYTES = 8


def encode_cursor(sort_key: tuple[str, ...], bound_to: object) -> str:
    """Return an opaque cursor for a sort key, bound to a list and its filters."""
    text = json.dumps(sort_key)
    return base64.urlsafe_b64encode(_checksum(text, bound_to) + text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, bound_to: object) -> tuple[str, ...]:
    """Return the sort key of a cursor.

    Raises:
        InvalidQuery: The cursor is damaged, or belongs to another list or other filters.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        text = raw[_CHECKSUM_BYTES:].decode()
        if raw[:_CHECKSUM_BYTES] == _checksum(text, bound_to):
            values = json.loads(text)
            # The checksum is not secret, so clients can forge values.
            if isinstance(values, list) and all(isinstance(value, str) and value.isprintable() for value in values):
                return tuple(values)
    except (ValueError, RecursionError):
        pass
    raise foreign_cursor()


def foreign_cursor() -> InvalidQuery:
    """Return the error for a cursor that this list did not return."""
    detail = "Not a cursor of this list with these filters. Use the one in next_cursor or in the Link header."
    return InvalidQuery.at("cursor", detail=detail, code="invalid")


def _checksum(text: str, bound_to: object) -> bytes:
    return hashlib.sha256(json.dumps([text, bound_to], default=str, sort_keys=True).encode()).digest()[:_CHECKSUM_BYTES]
