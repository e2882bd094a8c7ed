"""Open the ledger of a database that was filled by a version which kept none."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.actors import Actor
from service.canonical import content_of, entered_tables, row_key, table_of
from service.db import Database, lock_name
from service.entries import NO_ENTRY, new_entry, new_salt
from service.models import Entry

_FOUND = Actor(name="found")
_AT_ONCE = 1000


def open_ledger(db: Database) -> None:
    """Enter the rows that are there, as found, if nothing has been entered yet."""
    if _is_open(db):
        return
    with db.write() as session:
        lock_name(session, "opening of the ledger", patiently=True)
        if session.scalar(_any()) is None:
            for table in entered_tables():
                _enter(session, table)


def _is_open(db: Database) -> bool:
    with db.read() as session:
        return session.scalar(_any()) is not None


def _any() -> sa.Select[object]:
    return sa.select(Entry.id).limit(1)


def _enter(session: Session, table: sa.Table) -> None:
    rows = session.execute(sa.select(table), execution_options={"yield_per": _AT_ONCE})
    for some in rows.mappings().partitions():
        entries = []
        for row in some:
            place, salt = (table.name, row_key(table, row)), new_salt()
            after = content_of(table, row, salt)
            entries.append(new_entry(place, NO_ENTRY, before=None, after=after, salt=salt, actor=_FOUND))
        session.execute(sa.insert(table_of(Entry)), entries)
