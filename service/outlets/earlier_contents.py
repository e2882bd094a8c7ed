"""Read the contents of claims and reports at a past moment, with current topic names (R18, R21b)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Claim, TopicRename, Version
from service.storage.renames import current_name, standing_renames


class Content(TypedDict, total=False):
    """The members of an earlier version of a claim or a report that a score depends on."""

    topic: str | None
    resolves_by: str | None
    stance: str
    commitment: int | None
    probability: float | None


class _Later(NamedTuple):
    """A version that was replaced after the past moment."""

    subject_id: UUID
    content: Content
    replaced_at: dt.datetime
    rename_id: UUID | None
    topic: str | None
    """The current topic of the claim."""


def earlier_contents(session: Session, later: sa.ColumnElement[bool]) -> dict[UUID, Content]:
    """Return the earliest content of each claim or report, by id, among the versions that match `later`."""
    columns = Version.subject_id, Version.content, Version.recorded_at, Version.rename_id, Claim.topic
    rows = sa.select(*columns).outerjoin(Claim, Claim.id == Version.subject_id).where(later)
    rows = rows.order_by(Version.subject_id, Version.number)
    by_subject = groupby((_Later(*row) for row in session.execute(rows)), key=attrgetter("subject_id"))
    versions = {subject_id: list(group) for subject_id, group in by_subject}
    renames = standing_renames(session) if versions else ()
    return {subject_id: _content(group, renames) for subject_id, group in versions.items()}


def _content(later: Sequence[_Later], renames: Sequence[TopicRename]) -> Content:
    earliest = later[0].content
    return {**earliest, "topic": _current_name(later, renames)} if "topic" in earliest else earliest


def _current_name(later: Sequence[_Later], renames: Sequence[TopicRename]) -> str | None:
    """Return the current name of the topic that a claim had in its earliest version.

    A rename moves claims with their topic. So if only renames changed the topic, the result is the current topic of the
    claim. Otherwise it is the topic before the first other change, with the later renames applied.
    """
    topics = [version.content["topic"] for version in later]
    for version, topic, following in zip(later, topics, [*topics[1:], later[-1].topic], strict=True):
        if version.rename_id is None and topic != following:
            since = [rename for rename in renames if rename.recorded_at > version.replaced_at]
            return None if topic is None else current_name(topic, since)
    return later[-1].topic
