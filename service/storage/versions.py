"""Earlier versions of outlets and claims, and the tags that guard a change against a concurrent one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import PreconditionFailed
from service.storage.models import Version
from service.values.vocabulary import Caller

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_UNTAGGED = ("last_used_at",)
"""Members that change without a change by a client, so that a tag ignores them."""


@dataclass(frozen=True, slots=True)
class EarlierOutlet:
    """The members of an outlet before a change, and the moment of that change."""

    name: str
    kind: str
    domains: list[str]
    aliases: list[str]
    merged_into: str | None
    until: dt.datetime


def tag_of(document: object) -> str:
    """Return a short text that differs as soon as any member of a document differs.

    Members that change by themselves are ignored.
    """
    return hashlib.sha256(json.dumps(document, default=_encode_tagged).encode()).hexdigest()[:16]


def check_match(document: object, if_match: AbstractSet[str] | None) -> None:
    """Check that a document is still the version that the caller has read.

    Args:
        document: The current version.
        if_match: The tags that the caller accepts; None for any version.

    Raises:
        PreconditionFailed: The document was changed since.
    """
    if if_match is not None and tag_of(document) not in if_match:
        raise PreconditionFailed(
            "If-Match names an earlier version than the one on record. Read it again, and repeat your change on that."
        )


def said_before(session: Session, subject_id: UUID, content: Mapping[str, object]) -> bool:
    """Return whether an earlier version of an outlet or a claim had exactly these members."""
    sent = _as_json(content)
    versions = session.scalars(sa.select(Version.content).where(Version.subject_id == subject_id))
    return any(all(version.get(member) == value for member, value in sent.items()) for version in versions)


def earlier_versions(session: Session, outlet_id: UUID) -> list[EarlierOutlet]:
    """Return the earlier versions of an outlet, the latest first."""
    rows = sa.select(Version).where(Version.subject_id == outlet_id).order_by(Version.number.desc())
    return [
        EarlierOutlet(
            name=version.content["name"],
            kind=version.content["kind"],
            domains=version.content["domains"],
            aliases=version.content["aliases"],
            merged_into=version.content.get("merged_into"),
            until=version.recorded_at,
        )
        for version in session.scalars(rows)
    ]


def keep_version(
    session: Session, subject_id: UUID, content: DataclassInstance, *, caller: Caller, now: dt.datetime
) -> None:
    """Store the current members of an outlet or a claim, which the caller has locked, before they change."""
    before = sa.select(sa.func.count()).select_from(Version).where(Version.subject_id == subject_id)
    version = Version(
        subject_id=subject_id,
        number=(session.scalar(before) or 0) + 1,
        content=_as_json(content),
        changed_by=caller.key_id,
        recorded_at=now,
    )
    session.add(version)


def members_of(view: DataclassInstance) -> dict[str, Any]:
    """Return the members of a dataclass by name, without copying their values."""
    return {field.name: getattr(view, field.name) for field in fields(view)}


def _as_json(content: object) -> dict[str, Any]:
    """Return the content as a JSON column stores it."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=_encode))
    return plain


def _encode(value: object) -> object:
    """Return a value that JSON can hold: the members of a dataclass, or else the text."""
    return members_of(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _encode_tagged(value: object) -> object:
    encoded = _encode(value)
    if isinstance(encoded, dict):
        return {name: member for name, member in encoded.items() if name not in _UNTAGGED}
    return encoded
