"""The journal: adds a ledger entry for every row that a session writes, with its old and new content.

`Database` opens every `write()` as a `JournaledSession`. Writes that bypass the session, such as bulk inserts,
raise an error; bulk.py inserts many rows with their entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, object_session

from service.storage.actors import CURRENT_ACTOR
from service.storage.base import Base, table_of
from service.storage.entries import (
    NO_ENTRY,
    LastEntry,
    NewEntry,
    RowId,
    Values,
    content_of,
    lacks_secret,
    new_entry,
    new_salt,
    row_key,
)
from service.storage.journaled import UNJOURNALED
from service.storage.models import Entry
from service.storage.predicates import is_among
from service.values.instants import utc_now

_CHANGES = "rows changed by this flush"
_NEW_SALTS = "rows that get a new salt"


def _refuse_bulk(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("Bulk writes bypass the journal. Use session.add(), or insert_rows() for many rows.")


class JournaledSession(Session):
    """A session that adds an entry to the ledger for every row it writes."""

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse_bulk


class RowChange(NamedTuple):
    """A change of a row in the current flush."""

    table: sa.Table
    key: Values
    before: Values | None
    after: Values | None
    """None if the row is deleted, or if its new values are still to be read from the database."""
    is_deleted: bool = False

    @property
    def row(self) -> RowId:
        return self.table.name, row_key(self.table, self.key)


def renew_salt(session: Session, row: Base) -> None:
    """Give the next entry of a row a new salt and erase old salts, so redacted values cannot be guessed."""
    table = table_of(type(row))
    session.info.setdefault(_NEW_SALTS, set()).add((table.name, row_key(table, _values(row))))


@dataclass(frozen=True, slots=True)
class _EntryBuilder:
    """A builder of ledger entries for the row changes of a flush."""

    session: Session
    last_entries: Mapping[RowId, LastEntry]
    new_salts: set[RowId]

    def build(self, change: RowChange) -> NewEntry | None:
        """Return the entry for a change; None if the row has the same content as before."""
        row = change.row
        last = self.last_entries.get(row, NO_ENTRY)
        salt = last.salt or new_salt()
        if change.before is None or lacks_secret(change.table, change.before):
            before = last.after
        else:
            before = content_of(change.table, change.before, salt)
        if row in self.new_salts:
            salt = new_salt()
        values = self._values_after(change)
        after = None if values is None else content_of(change.table, values, salt)
        if before == after:
            return None
        return new_entry(row, last, before=before, after=after, salt=salt, actor=CURRENT_ACTOR.get(), now=utc_now())

    def _values_after(self, change: RowChange) -> Values | None:
        if change.after is not None or change.is_deleted:
            return change.after
        return self.session.connection().execute(_select_row(change.table, change.key)).mappings().one()


def _journaled_session(row: Base) -> Session | None:
    """Return the session of a row if its writes are journaled, else None."""
    session = object_session(row)
    is_journaled = isinstance(session, JournaledSession) and table_of(type(row)).name not in UNJOURNALED
    return session if is_journaled else None


def _note_insert(_mapper: Mapper[Any], _connection: sa.Connection, row: Base) -> None:
    if (session := _journaled_session(row)) is not None:
        values = _values(row)
        _changes(session).append(RowChange(table_of(type(row)), values, None, values))


def _note_update(_mapper: Mapper[Any], connection: sa.Connection, row: Base) -> None:
    session = _journaled_session(row)
    if session is not None and session.is_modified(row, include_collections=False):
        _note_change(session, connection, row, is_deleted=False)


def _note_delete(_mapper: Mapper[Any], connection: sa.Connection, row: Base) -> None:
    if (session := _journaled_session(row)) is not None:
        _note_change(session, connection, row, is_deleted=True)


def _note_change(session: Session, connection: sa.Connection, row: Base, *, is_deleted: bool) -> None:
    table = table_of(type(row))
    names = (column.name for column in table.primary_key)
    key = dict(zip(names, sa.inspect(row).identity or (), strict=True))
    # Read from the database and locked, because the values in the session may be out of date.
    if (before := connection.execute(_select_row(table, key).with_for_update()).mappings().one_or_none()) is not None:
        _changes(session).append(RowChange(table, key, dict(before), None, is_deleted))


def _discard_changes(session: Session, *_: object) -> None:
    session.info.pop(_CHANGES, None)  # left over from a failed flush


def _write_entries(session: Session, *_: object) -> None:
    changes = session.info.pop(_CHANGES, [])
    if not changes:
        return
    connection = session.connection()
    last_entries = _last_entries(session, [change.row for change in changes if _may_have_entries(change)])
    new_salts = session.info.get(_NEW_SALTS, set())
    builder = _EntryBuilder(session, last_entries, new_salts)
    entries = [entry for change in changes if (entry := builder.build(change)) is not None]
    if entries:
        connection.execute(sa.insert(table_of(Entry)), entries)
    if new_salts:
        del session.info[_NEW_SALTS]
        _erase_salts(connection, new_salts, entries)


def _may_have_entries(change: RowChange) -> bool:
    """Return whether a row can have earlier entries.

    A new row with an id has none, because ids are never reused. Other keys can be those of a deleted row.
    """
    return change.before is not None or "id" not in change.key


def _last_entries(session: Session, rows: Iterable[RowId]) -> dict[RowId, LastEntry]:
    """Return the last entry of each row that has one."""
    keys = {key for _, key in rows}
    if not keys:
        return {}
    entry = table_of(Entry).c
    columns = entry.table_name, entry.row_key, entry.position, entry.salt, entry.after
    chosen = sa.select(*columns).where(is_among(session, entry.row_key, keys)).order_by(entry.position)
    found = session.connection().execute(chosen)
    return {(row.table_name, row.row_key): LastEntry(row.position, row.salt, row.after) for row in found}


def _erase_salts(connection: sa.Connection, rows: set[RowId], entries: Iterable[NewEntry]) -> None:
    """Erase the salts of the given rows' earlier entries, and keep that of each row's new entry."""
    table = table_of(Entry)
    for entry in entries:
        if (entry["table_name"], entry["row_key"]) in rows:
            earlier = (
                table.c.row_key == entry["row_key"],
                table.c.table_name == entry["table_name"],
                table.c.position < entry["position"],
            )
            connection.execute(sa.update(table).where(*earlier).values(salt=None))


def _refuse_statement(state: ORMExecuteState) -> None:
    """Reject INSERT, UPDATE and DELETE statements on journaled tables, because they bypass the journal."""
    if state.is_insert or state.is_update or state.is_delete:
        table = state.statement.table  # type: ignore[attr-defined]
        if table.metadata is Base.metadata and table.name not in UNJOURNALED:
            raise RuntimeError(f"A statement that writes to {table.name!r} bypasses the journal. Use the session.")


def _changes(session: Session) -> list[RowChange]:
    changes: list[RowChange] = session.info.setdefault(_CHANGES, [])
    return changes


def _values(row: Base) -> dict[str, Any]:
    """Return the values of a row by column; a column that was never set is null."""
    return {column.name: row.__dict__.get(column.name) for column in table_of(type(row)).columns}


def _select_row(table: sa.Table, key: Values) -> sa.Select[Any]:
    return sa.select(table).where(*(table.c[name] == value for name, value in key.items()))


# SQLAlchemy sends the events of rows to models, not to sessions. The handlers ignore rows of other sessions.
sa.event.listen(Base, "after_insert", _note_insert, propagate=True)
sa.event.listen(Base, "before_update", _note_update, propagate=True)
sa.event.listen(Base, "before_delete", _note_delete, propagate=True)
sa.event.listen(JournaledSession, "before_flush", _discard_changes)
sa.event.listen(JournaledSession, "after_flush", _write_entries)
sa.event.listen(JournaledSession, "do_orm_execute", _refuse_statement)
