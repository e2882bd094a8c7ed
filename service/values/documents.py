"""Dataclasses as documents: their members, their JSON and their ETag. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_UNTAGGED = frozenset({"last_used_at", "similar"})
"""Members that change without a change by a client, so that an ETag ignores them."""


def members_of(document: DataclassInstance) -> dict[str, Any]:
    """Return the members of a dataclass by name, without copying their values.

    >>> from service.values.vocabulary import OPERATOR
    >>> list(members_of(OPERATOR))
    ['key_id', 'scopes']
    """
    return {field.name: getattr(document, field.name) for field in fields(document)}


def as_json(document: object) -> dict[str, Any]:
    """Return a document as JSON types, as a JSON column stores it."""
    return dict(json.loads(json.dumps(document, default=_encode)))


def etag_of(document: object) -> str:
    """Return the ETag of a document. It depends on every member except those that change without a write.

    >>> etag_of({"slug": "bild"}) == etag_of({"slug": "bild"}) != etag_of({"slug": "welt"})
    True
    """
    return hashlib.sha256(json.dumps(document, default=_encode_tagged).encode()).hexdigest()[:16]


def _encode(value: object) -> object:
    """Return the members of a dataclass, or the text of any other value that JSON does not have."""
    return members_of(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _encode_tagged(value: object) -> object:
    encoded = _encode(value)
    if isinstance(encoded, dict):
        return {name: member for name, member in encoded.items() if name not in _UNTAGGED}
    return encoded
