"""Snapshots of the database, and the rows that were written after a snapshot.

Timestamps are not enough: a row gets its time before its transaction commits, so a row that is not visible yet may be
older than one that is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import CursorExpired
from service.storage.models import Entry
from service.values.ids import first_id

_LONGEST_WRITE = dt.timedelta(minutes=1)
_ROW_NUMBER = sa.literal_column("entry.rowid", sa.BigInteger)
_NOT_VISIBLE = sa.text(
    "NOT pg_visible_in_snapshot(CAST(CAST(entry.written_in AS text) AS xid8), CAST(:state AS pg_snapshot))"
)
_ON_POSTGRESQL = re.compile(r"(\d{1,18}):(\d{1,18}):((?:\d{1,18}(?:,|$))*)", re.ASCII)
_ON_SQLITE = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of the database: the writes that a session could see at one time."""

    at: dt.datetime
    """The time of the read."""
    state: str
    """On SQLite, the row number of the newest ledger entry; on PostgreSQL, the text of a `pg_snapshot`."""


class Written(NamedTuple):
    """A write of a row after a snapshot, from its entry in the ledger."""

    table: str
    row_key: str
    is_new: bool
    """Whether the row did not exist before."""
    before: str | None


def take_snapshot(session: Session, *, now: dt.datetime) -> Snapshot:
    """Return the snapshot that a session sees now."""
    if session.get_bind().dialect.name == "postgresql":
        state = session.scalar(sa.select(sa.cast(sa.func.pg_current_snapshot(), sa.Text)))
    else:
        state = session.scalar(sa.select(sa.func.coalesce(sa.func.max(_ROW_NUMBER), 0)).select_from(Entry))
    return Snapshot(now, str(state))


def written_since(session: Session, snapshot: Snapshot, *, at_most: int) -> Sequence[Written]:
    """Return the writes that are visible now and were not in a snapshot, in no particular order.

    Raises:
        CursorExpired: The snapshot is of another database.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    if is_postgresql is (_ON_POSTGRESQL.fullmatch(snapshot.state) is None):
        raise CursorExpired.because("its first page was read from another database")
    if is_postgresql:
        is_new: sa.ColumnElement[bool] | sa.TextClause = _NOT_VISIBLE.bindparams(state=snapshot.state)
    else:
        is_new = int(snapshot.state) < _ROW_NUMBER
    # Transactions are short, so older entries were visible. Ids contain a time, so only recent entries are read.
    recent = Entry.id >= first_id(snapshot.at - _LONGEST_WRITE)
    rows = sa.select(Entry.table_name, Entry.row_key, Entry.position == 1, Entry.before).where(recent, is_new)
    return [Written(*row) for row in session.execute(rows.limit(at_most))]


def read_state(text: str) -> str:
    """Return the `state` of a snapshot from either database, after checking its form.

    Raises:
        ValueError: The text is not a state.

    >>> read_state("1021"), read_state("700:705:701,703"), read_state("700:700:")
    ('1021', '700:705:701,703', '700:700:')
    """
    if _ON_SQLITE.fullmatch(text):
        return text
    if (parts := _ON_POSTGRESQL.fullmatch(text)) is None:
        raise ValueError("Not the state of a snapshot.")
    first, end = int(parts[1]), int(parts[2])
    running = [int(each) for each in parts[3].split(",") if each]
    # PostgreSQL makes the same checks.
    if not 0 < first <= end or running != sorted(set(running)) or not all(first <= each < end for each in running):
        raise ValueError("Not the state of a snapshot.")
    return text
