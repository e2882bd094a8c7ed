"""What was on record before it was changed, and making sure that who changes it has seen what is there now."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import PreconditionFailed
from service.models import Version
from service.vocabulary import Caller

_BLIND = ("last_used_at",)


def tag_of(document: Any) -> str:
    """A short text that is the same for the same document, and another one when anything in it is changed.

    What changes by itself does not count.
    """
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if name not in _BLIND}
    return hashlib.sha256(json.dumps(document, default=str).encode()).hexdigest()[:16]


def check_match(document: Any, seen: AbstractSet[str] | None) -> None:
    """Make sure that a document is still the one that the caller has seen.

    Args:
        document: What is on record now.
        seen: The tags of what the caller has seen; None for whatever there is.

    Raises:
        PreconditionFailed: It is another one by now.
    """
    if seen is not None and tag_of(document) not in seen:
        raise PreconditionFailed("It was changed after it was read; read it again.")


def said_before(session: Session, subject_id: UUID, content: Mapping[str, Any]) -> bool:
    """Whether an outlet or a claim once said just this."""
    sent = _plain(content)
    versions = session.scalars(sa.select(Version.content).where(Version.subject_id == subject_id))
    return any(all(version.get(member) == value for member, value in sent.items()) for version in versions)


def earlier_versions(session: Session, subject_id: UUID) -> list[dict[str, Any]]:
    """What an outlet or a claim said before, the latest first, each with the moment `until` which it did."""
    versions = sa.select(Version).where(Version.subject_id == subject_id).order_by(Version.number.desc())
    return [{**version.content, "until": version.recorded_at} for version in session.scalars(versions)]


def keep_version(
    session: Session, subject_id: UUID, content: Mapping[str, Any], *, caller: Caller, now: dt.datetime
) -> None:
    """Keep what an outlet or a claim, locked by the caller, says until now."""
    before = sa.select(sa.func.count()).select_from(Version).where(Version.subject_id == subject_id)
    version = Version(
        subject_id=subject_id,
        number=(session.scalar(before) or 0) + 1,
        content=_plain(content),
        changed_by=caller.key_id,
        recorded_at=now,
    )
    session.add(version)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as JSON keeps it."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return plain
