"""Earlier versions of outlets, claims and reports, and the check of If-Match against the current one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import PreconditionFailed
from service.storage.models import TopicRename, Version
from service.storage.predicates import is_among
from service.values.documents import as_json, etag_of
from service.values.names import fold
from service.values.vocabulary import Caller

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_SPELT = frozenset({"name", "text"})


@dataclass(frozen=True, slots=True)
class EarlierOutlet:
    """The members of an outlet before a change, and the time of that change."""

    name: str
    kind: str
    domains: list[str | dict[str, str | None]]
    """A domain with dates is an object with `domain`, `from` and `to`."""
    aliases: list[str]
    merged_into: str | None
    until: dt.datetime


def check_match(document: object, if_match: AbstractSet[str] | None) -> None:
    """Check that a document is still the version that the caller has read.

    Args:
        document: The current version.
        if_match: The ETags that the caller accepts; None for any version.

    Raises:
        PreconditionFailed: The document has changed since the caller read it.
    """
    if if_match is not None and etag_of(document) not in if_match:
        raise PreconditionFailed(
            "You sent the ETag of an earlier version. Read the current version, and apply your change to it."
        )


def matches_earlier_version(session: Session, subject_id: UUID, content: Mapping[str, object]) -> bool:
    """Return whether an earlier version of an outlet or a claim had exactly these members."""
    sent = as_json(content)
    versions = session.scalars(sa.select(Version.content).where(Version.subject_id == subject_id))
    return any(
        all(is_same(member, version.get(member), value) for member, value in sent.items()) for version in versions
    )


def is_same(member: str, one: object, other: object) -> bool:
    """Return whether two values of a member are equal; names and texts are compared as by `fold` (R21a)."""
    if member in _SPELT and isinstance(one, str) and isinstance(other, str):
        return one == other or fold(one) == fold(other)
    return one == other


def versions_of_reports(session: Session, reports: Iterable[UUID]) -> list[Version]:
    """Return the earlier versions of reports, oldest first for each report."""
    rows = sa.select(Version).where(is_among(session, Version.subject_id, reports))
    return list(session.scalars(rows.order_by(Version.subject_id, Version.number)))


def earlier_versions(session: Session, outlet_id: UUID) -> list[EarlierOutlet]:
    """Return the earlier versions of an outlet, newest first."""
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


def store_version(
    session: Session, subject_id: UUID, content: DataclassInstance, *, caller: Caller, now: dt.datetime
) -> None:
    """Store the members of an outlet, claim or report as a version before they change. Lock the row first."""
    store_versions(session, {subject_id: content}, caller=caller, now=now)


def store_versions(
    session: Session,
    contents: Mapping[UUID, DataclassInstance],
    *,
    caller: Caller,
    now: dt.datetime,
    rename: TopicRename | None = None,
) -> None:
    """Store the members of outlets, claims or reports, by id, as versions before a change or a rename."""
    number, subject = sa.func.count(), Version.subject_id
    before = sa.select(subject, number).where(is_among(session, subject, contents)).group_by(subject)
    numbers = dict(session.execute(before).all())
    session.add_all(
        Version(
            subject_id=subject_id,
            number=numbers.get(subject_id, 0) + 1,
            content=as_json(content),
            changed_by=caller.key_id,
            recorded_at=now,
            rename_id=None if rename is None else rename.id,
        )
        for subject_id, content in contents.items()
    )
