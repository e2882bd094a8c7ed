"""List the renames of topics, and find the new name of a topic (R21b)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.storage.db import Database
from service.storage.models import Claim, TopicRename
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import in_topic
from service.storage.renames import current_name, standing_renames
from service.values.topics import lineage

_NEWEST_FIRST = Keyset([TopicRename.id], [UUID], descending=True)


@dataclass(frozen=True, slots=True)
class RenameView:
    """A rename of a topic."""

    id: UUID
    source: str
    into: str
    claims: int
    """The number of claims that the rename moved."""
    recorded_at: dt.datetime
    undone_at: dt.datetime | None


def get_rename(db: Database, rename_id: UUID) -> RenameView:
    """Return the rename with this id.

    Raises:
        NotFound: No rename has this id.
    """
    with db.read() as session:
        return describe_rename(load_rename(session, rename_id))


def list_renames(db: Database, *, after: SortKey | None, limit: int) -> Page[RenameView]:
    """Return a page of the renames, the newest first.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    with db.read() as session:
        page = _NEWEST_FIRST.page(session, sa.select(TopicRename), after=after, limit=limit)
        return Page([describe_rename(rename) for rename in page.items], page.next)


def new_name_of(db: Database, topic: str) -> str | None:
    """Return the new name of a renamed topic; None if the topic has claims or was not renamed."""
    with db.read() as session:
        if session.scalar(sa.select(sa.exists().where(in_topic(Claim.topic, topic)))):
            return None
        named = current_name(topic, standing_renames(session, TopicRename.source.in_(lineage(topic))))
        named = current_name(named, standing_renames(session)) if named != topic else named
        return None if named == topic else named


def load_rename(session: Session, rename_id: UUID) -> TopicRename:
    """Return the rename with this id.

    Raises:
        NotFound: No rename has this id.
    """
    if (rename := session.get(TopicRename, rename_id)) is None:
        raise NotFound(f"No rename has the id {rename_id}. Find the id with GET /v1/topics/renames.")
    return rename


def describe_rename(rename: TopicRename) -> RenameView:
    """Return the view of a rename."""
    return RenameView(rename.id, rename.source, rename.into, rename.claims, rename.recorded_at, rename.undone_at)
