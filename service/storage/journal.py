"""Enter every row that is written: who wrote it, what was there before and what is there after.

Nobody who writes has to think of it: the sessions of `Database.write` are listened to, and refuse what cannot be heard.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, object_session

from service.storage.actors import Actor, current_actor
from service.storage.canonical import UNENTERED, Values, content_of, digest_of, row_key, table_of
from service.storage.db import Base, WriteSession, is_among
from service.values.ids import new_id
from service.values.instants import format_instant

_HEARD = "rows written"
_RENEWED = "rows with a new salt"
_SALT_BYTES = 16

Place = tuple[str, str]
"""A row: its table, and its key."""


class Heard(NamedTuple):
    """A row that a flush writes, as far as it is known before the row is there."""

    table: sa.Table
    key: Values
    before: Values | None
    after: Values | None
    """None where it is yet to be read, or is deleted."""
    is_deleted: bool = False

    @property
    def place(self) -> Place:
        return self.table.name, row_key(self.table, self.key)


class Last(NamedTuple):
    """What the next entry of a row goes on from."""

    position: int
    salt: str | None
    after: str | None


NO_ENTRY = Last(0, None, None)


def renew_salt(session: Session, written: Base) -> None:
    """Have the next entry of a row hash with another salt, and nobody try any more what the earlier ones hide."""
    table = table_of(type(written))
    session.info.setdefault(_RENEWED, set()).add((table.name, row_key(table, _values(written))))


def entry_digest(entry: Values) -> str:
    """The digest of an entry, from its columns by name."""
    return digest_of(
        (
            str(entry["id"]),
            format_instant(entry["recorded_at"]),
            None if entry["actor"] is None else str(entry["actor"]),
            entry["actor_name"],
            entry["request_id"],
            entry["table_name"],
            entry["row_key"],
            entry["position"],
            entry["before"],
            entry["after"],
        )
    )


def new_salt() -> str:
    """Something that nobody can guess."""
    return secrets.token_hex(_SALT_BYTES)


def new_entry(
    place: Place, last: Last, *, before: str | None, after: str | None, salt: str, actor: Actor
) -> dict[str, Any]:
    """The next entry of a row, as its columns by name."""
    entry = {
        "id": new_id(),
        "recorded_at": dt.datetime.now(dt.UTC),
        "actor": actor.key_id,
        "actor_name": actor.name,
        "request_id": actor.request_id,
        "table_name": place[0],
        "row_key": place[1],
        "position": last.position + 1,
        "before": before,
        "after": after,
        "salt": salt,
        "seal": None,
    }
    return entry | {"digest": entry_digest(entry)}


def _listening(target: Base) -> Session | None:
    """The session that writes a row which is entered."""
    session = object_session(target)
    is_heard = isinstance(session, WriteSession) and table_of(type(target)).name not in UNENTERED
    return session if is_heard else None


def _hear_insert(_mapper: Mapper[Any], _connection: sa.Connection, target: Base) -> None:
    if (session := _listening(target)) is not None:
        values = _values(target)
        _heard(session).append(Heard(table_of(type(target)), values, None, values))


def _hear_update(_mapper: Mapper[Any], connection: sa.Connection, target: Base) -> None:
    session = _listening(target)
    if session is not None and session.is_modified(target, include_collections=False):
        _hear_change(session, connection, target, is_deleted=False)


def _hear_delete(_mapper: Mapper[Any], connection: sa.Connection, target: Base) -> None:
    if (session := _listening(target)) is not None:
        _hear_change(session, connection, target, is_deleted=True)


def _hear_change(session: Session, connection: sa.Connection, target: Base, *, is_deleted: bool) -> None:
    table = table_of(type(target))
    names = (column.name for column in table.primary_key)
    key = dict(zip(names, sa.inspect(target).identity or (), strict=True))
    # What the database has, and not what the session once read: nobody changes it from here on.
    if (before := connection.execute(_row_of(table, key).with_for_update()).mappings().one_or_none()) is not None:
        _heard(session).append(Heard(table, key, dict(before), None, is_deleted))


def _forget_heard(session: Session, *_: object) -> None:
    session.info.pop(_HEARD, None)  # of a flush that failed


def _enter_heard(session: Session, *_: object) -> None:
    heard = session.info.pop(_HEARD, [])
    if not heard:
        return
    connection = session.connection()
    lasts = _lasts(session, [one.place for one in heard if _may_have_entries(one)])
    entries = [entry for one in heard if (entry := _entry(session, connection, one, lasts)) is not None]
    if entries:
        connection.execute(sa.insert(_ledger()), entries)
    if renewed := session.info.pop(_RENEWED, None):
        _erase_salts(connection, renewed, entries)


def _entry(
    session: Session, connection: sa.Connection, one: Heard, lasts: Mapping[Place, Last]
) -> dict[str, Any] | None:
    """The entry of a row that was written; None where it says what it said before."""
    place = one.place
    last = lasts.get(place, NO_ENTRY)
    salt = last.salt or new_salt()
    before = last.after if one.before is None else content_of(one.table, one.before, salt)
    if place in session.info.get(_RENEWED, ()):
        salt = new_salt()
    values = one.after
    if values is None and not one.is_deleted:
        values = connection.execute(_row_of(one.table, one.key)).mappings().one()
    after = None if values is None else content_of(one.table, values, salt)
    if before == after:
        return None
    return new_entry(place, last, before=before, after=after, salt=salt, actor=current_actor())


def _may_have_entries(one: Heard) -> bool:
    """Whether there can be earlier ones: an id is made anew for every row, other keys may come back."""
    return one.before is not None or "id" not in one.key


def _lasts(session: Session, places: Iterable[Place]) -> dict[Place, Last]:
    """The last entry of each row that has one."""
    keys = {key for _, key in places}
    if not keys:
        return {}
    entry = _ledger().c
    columns = entry.table_name, entry.row_key, entry.position, entry.salt, entry.after
    rows = sa.select(*columns).where(is_among(session, entry.row_key, keys)).order_by(entry.position)
    found = session.connection().execute(rows)
    return {(row.table_name, row.row_key): Last(row.position, row.salt, row.after) for row in found}


def _erase_salts(connection: sa.Connection, renewed: set[Place], entries: Iterable[Values]) -> None:
    entry = _ledger().c
    for one in entries:
        if (one["table_name"], one["row_key"]) in renewed:
            earlier = (
                entry.row_key == one["row_key"],
                entry.table_name == one["table_name"],
                entry.position < one["position"],
            )
            connection.execute(sa.update(_ledger()).where(*earlier).values(salt=None))


def _refuse_unheard(state: ORMExecuteState) -> None:
    """A statement that names no rows cannot be entered: load them, change them or add new ones."""
    if state.is_insert or state.is_update or state.is_delete:
        table = state.statement.table  # type: ignore[attr-defined]
        if table.metadata is Base.metadata and table.name not in UNENTERED:
            raise RuntimeError(f"Rows of {table.name!r} are entered one by one: write them through the session.")


def _ledger() -> sa.Table:
    """Where entries are; by its name, since the models import this module, so that none of them goes unheard."""
    return Base.metadata.tables["entry"]


def _heard(session: Session) -> list[Heard]:
    heard: list[Heard] = session.info.setdefault(_HEARD, [])
    return heard


def _values(target: Base) -> dict[str, Any]:
    """The columns of an object by name; one that was never set is null."""
    return {column.name: target.__dict__.get(column.name) for column in table_of(type(target)).columns}


def _row_of(table: sa.Table, key: Values) -> sa.Select[Any]:
    return sa.select(table).where(*(table.c[name] == value for name, value in key.items()))


sa.event.listen(Base, "after_insert", _hear_insert, propagate=True)
sa.event.listen(Base, "before_update", _hear_update, propagate=True)
sa.event.listen(Base, "before_delete", _hear_delete, propagate=True)
sa.event.listen(WriteSession, "before_flush", _forget_heard)
sa.event.listen(WriteSession, "after_flush", _enter_heard)
sa.event.listen(WriteSession, "do_orm_execute", _refuse_unheard)
