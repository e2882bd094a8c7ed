"""Lists of ledger entries (all of them for admins, the public ones for everybody) and of seals."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.db import Database
from service.storage.journaled import journaled_tables
from service.storage.models import (
    ClaimMerge,
    Dispute,
    Entry,
    ForecastRow,
    OutletAlias,
    OutletDomain,
    Redaction,
    Reply,
    Report,
    Resolution,
    Seal,
    Version,
)
from service.storage.paging import Keyset, Page, SortKey, read_number
from service.storage.predicates import is_among
from service.values.documents import members_of
from service.values.ids import first_id
from service.values.vocabulary import Action

PUBLIC = (
    "claim",
    "report",
    "resolution",
    "version",
    "topic_rename",
    "claim_merge",
    "withdrawal",
    "dispute",
    "reply",
    "redaction",
)
"""The tables whose entries everybody can read."""

_GUESSABLE = frozenset({"fingerprint"})  # could confirm a guess of a redacted URL; rows keep it for R4
_CLOCK_SLACK = dt.timedelta(seconds=1)
_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
_BY_ID = Keyset([Entry.id], [UUID], descending=True)
_BY_NUMBER = Keyset([Seal.number], [read_number], descending=True)


@dataclass(frozen=True, slots=True)
class TrailEntryView:
    """A ledger entry as the public sees it: one write of a row, with the row before and after the write."""

    id: UUID
    recorded_at: dt.datetime
    table: str
    row: str
    """The primary key of the row."""
    position: int
    """The position in the history of the row; 1 for its first entry."""
    action: Action
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    salt: str | None
    digest: str
    seal: int | None
    """The number of the seal; None until the entry is sealed."""


@dataclass(frozen=True, slots=True)
class ActorView:
    """The author of a write: an API key or a named process."""

    key: UUID | None
    name: str | None


@dataclass(frozen=True, slots=True)
class EntryView(TrailEntryView):
    """A ledger entry as admins see it, with the author and the request of the write."""

    actor: ActorView
    request_id: str | None


@dataclass(frozen=True, slots=True)
class SealView:
    """A seal: one link of the hash chain over the entries of the ledger."""

    number: int
    head: str
    previous: str | None
    entries: int
    recorded_at: dt.datetime


def page_entries(
    db: Database,
    *,
    subject: UUID | None = None,
    actor: UUID | None = None,
    table: str | None = None,
    action: Action | None = None,
    since: dt.datetime | None = None,
    after: SortKey | None,
    limit: int,
) -> Page[EntryView]:
    """Return a page of the ledger entries that match the filters, the newest first.

    Args:
        db: The database.
        subject: The id of a row. Only entries of this row and of the rows that belong to it are returned.
        actor: The id of the API key that wrote the entries.
        table: The table of the entries.
        action: The action of the entries.
        since: The earliest time of an entry.
        after: The sort key of the last entry before the page; None for the first page.
        limit: The number of entries on the page.
    """
    with db.read() as session:
        rows = sa.select(Entry)
        if subject is not None:
            rows = rows.where(is_among(session, Entry.row_key, _keys_about(session, subject)))
        if actor is not None:
            rows = rows.where(Entry.actor == actor)
        if table is not None:
            rows = rows.where(Entry.table_name == table)
        if action is not None:
            rows = rows.where(_has_action(action))
        if since is not None:
            # Ids begin with the time, so the second condition lets the query use the index on ids.
            rows = rows.where(Entry.recorded_at >= since, Entry.id >= first_id(max(since, _EPOCH) - _CLOCK_SLACK))
        page = _BY_ID.page(session, rows, after=after, limit=limit)
    return Page([_describe_entry(entry) for entry in page.items], page.next)


def page_trail(db: Database, *, subject: UUID | None = None, after: SortKey | None, limit: int) -> Page[TrailEntryView]:
    """Return a page of the public ledger entries without their authors, the newest first.

    Args:
        db: The database.
        subject: As for `page_entries`.
        after: The sort key of the last entry before the page; None for the first page.
        limit: The number of entries on the page.
    """
    with db.read() as session:
        rows = sa.select(Entry).where(Entry.table_name.in_(PUBLIC))
        if subject is not None:
            rows = rows.where(is_among(session, Entry.row_key, _keys_about(session, subject)))
        page = _BY_ID.page(session, rows, after=after, limit=limit)
    return Page([_describe_publicly(entry) for entry in page.items], page.next)


def page_seals(db: Database, *, after: SortKey | None, limit: int) -> Page[SealView]:
    """Return a page of the seals of the ledger, the newest first."""
    with db.read() as session:
        page = _BY_NUMBER.page(session, sa.select(Seal), after=after, limit=limit)
    return Page([_describe_seal(seal) for seal in page.items], page.next)


def _has_action(action: Action) -> sa.ColumnElement[bool]:
    if action is Action.CREATED:
        return Entry.before.is_(None)
    return Entry.after.is_(None) if action is Action.DELETED else Entry.before.is_not(None) & Entry.after.is_not(None)


def _describe_seal(seal: Seal) -> SealView:
    return SealView(seal.number, seal.head, seal.previous, seal.entries, seal.recorded_at)


def _describe_entry(entry: Entry) -> EntryView:
    return EntryView(
        **members_of(_describe(entry, hidden=frozenset())),
        actor=ActorView(entry.actor, entry.actor_name),
        request_id=entry.request_id,
    )


def _describe_publicly(entry: Entry) -> TrailEntryView:
    return _describe(entry, hidden=_key_columns(entry.table_name) | _GUESSABLE)


def _describe(entry: Entry, *, hidden: frozenset[str]) -> TrailEntryView:
    return TrailEntryView(
        id=entry.id,
        recorded_at=entry.recorded_at,
        table=entry.table_name,
        row=entry.row_key,
        position=entry.position,
        action=_action(entry),
        before=_without(entry.before, hidden),
        after=_without(entry.after, hidden),
        salt=entry.salt,
        digest=entry.digest,
        seal=entry.seal,
    )


def _action(entry: Entry) -> Action:
    if entry.before is None:
        return Action.CREATED
    return Action.DELETED if entry.after is None else Action.CHANGED


def _without(content: str | None, hidden: frozenset[str]) -> dict[str, Any] | None:
    if content is None:
        return None
    members = {name: value for name, value in json.loads(content).items() if name not in hidden}
    if isinstance(version := members.get("content"), dict):
        members["content"] = {name: value for name, value in version.items() if name not in hidden}
    return members


def _key_columns(name: str) -> frozenset[str]:
    """Return the names of the columns in a table that reference API keys."""
    [table] = (table for table in journaled_tables() if table.name == name)
    return frozenset(key.parent.name for key in table.foreign_keys if key.column.table.name == "api_key")


def _keys_about(session: Session, subject: UUID) -> set[str]:
    """Return the primary keys of a row and of the rows that belong to it, such as the reports of a claim."""
    reports = sa.select(Report.id).where(Report.claim_id == subject)
    resolutions = sa.select(Resolution.id).where(Resolution.claim_id == subject)
    ids = {subject}
    for related in (
        reports,
        resolutions,
        sa.select(Version.id).where(Version.subject_id.in_(reports) | (Version.subject_id == subject)),
        sa.select(Dispute.id).where(Dispute.resolution_id.in_(resolutions) | (Dispute.resolution_id == subject)),
        sa.select(Reply.id).where((Reply.claim_id == subject) | (Reply.outlet_id == subject)),
        sa.select(ClaimMerge.id).where((ClaimMerge.claim_id == subject) | (ClaimMerge.into_id == subject)),
    ):
        ids.update(session.scalars(related))
    ids.update(session.scalars(sa.select(Redaction.id).where(Redaction.subject_id.in_(ids))))
    days = session.scalars(sa.select(ForecastRow.day).where(ForecastRow.claim_id == subject))
    return {*map(str, ids), *_outlet_keys(session, subject), *(f"{subject} {day}" for day in days)}


def _outlet_keys(session: Session, outlet: UUID) -> set[str]:
    """Return the primary keys of the current and former domains and aliases of an outlet.

    Each key consists of the outlet's id and a position.
    """
    former = session.scalars(sa.select(Version.content).where(Version.subject_id == outlet)).all()
    counts = [
        session.scalar(sa.select(sa.func.count()).where(row.outlet_id == outlet)) or 0
        for row in (OutletAlias, OutletDomain)
    ]
    earlier = (len(content.get(member, ())) for content in former for member in ("aliases", "domains"))
    return {f"{outlet} {position}" for position in range(max([*counts, *earlier]))}
