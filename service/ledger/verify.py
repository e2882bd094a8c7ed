"""Hold the ledger against itself and against the rows: what was changed without being entered shows.

Who can write to the database can also make up a whole new ledger. That shows against a head that somebody noted, from
a score or from `/v1/ledger`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.ledger.seal import head_of
from service.outlets.rebuild_sums import missing_sums
from service.storage.canonical import Values, content_of, entered_tables, row_key, table_of
from service.storage.db import Database, is_among
from service.storage.journal import entry_digest
from service.storage.models import Entry, Seal

_AT_ONCE = 1000


class Finding(NamedTuple):
    """Something that is not as it was entered."""

    table: str
    key: str
    what: str


class _History(NamedTuple):
    """What the entries of a row come to."""

    salt: str | None
    after: str | None
    is_whole: bool
    """Whether each begins with what the one before it ended with."""


def verify_ledger(db: Database, *, head: str | None = None) -> Iterator[Finding]:
    """Recompute the ledger's digests and chain, and hold every row and every sum against it, as of one moment.

    Args:
        db: The database.
        head: A head that somebody noted, which has to be in the chain.
    """
    with db.read(patient=True) as session:
        yield from find_differences(session, head)


def find_differences(session: Session, head: str | None) -> Iterator[Finding]:
    """The same within a transaction that somebody else began."""
    yield from _readable("seal", _check_chain(session))
    yield from _readable("entry", _check_loose(session))
    if head is not None and not session.scalar(sa.select(sa.exists().where(Seal.head == head))):
        yield Finding("seal", head, "is no head of this chain")
    living = _count_living(session)
    for table in entered_tables():
        yield from _readable(table.name, _check_rows(session, table, living.get(table.name, 0)))
    yield from _readable("subtotal", _check_sums(session))


def _readable(table: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings, up to a value that no column of its kind can have."""
    try:
        yield from findings
    except (LookupError, TypeError, ValueError) as exc:
        yield Finding(table, "?", f"holds what cannot be read ({exc}), and was read no further")


def _check_chain(session: Session) -> Iterator[Finding]:
    seal, entry = table_of(Seal), table_of(Entry)
    labelled = [column.label(f"seal_{column.name}") for column in seal.c]
    rows = sa.select(*labelled, entry).join_from(seal, entry, entry.c.seal == seal.c.number, isouter=True)
    found = _stream(session, rows.order_by(seal.c.number, entry.c.id))
    previous, expected = None, 1
    for number, group in groupby(found, key=lambda row: row["seal_number"]):
        sealed = list(group)
        first = sealed[0]
        entries = [row for row in sealed if row["id"] is not None]
        yield from _check_digests(entries)
        if number != expected or first["seal_previous"] != previous:
            yield Finding("seal", str(number), "does not follow the one before it")
        head = head_of(number, first["seal_previous"], first["seal_recorded_at"], (row["digest"] for row in entries))
        if head != first["seal_head"] or len(entries) != first["seal_entries"]:
            yield Finding("seal", str(number), "is not the seal of its entries")
        previous, expected = first["seal_head"], number + 1


def _check_loose(session: Session) -> Iterator[Finding]:
    """The entries that no seal holds: those of the last second, and such as say that one does."""
    entry = table_of(Entry).c
    yield from _check_digests(_stream(session, sa.select(table_of(Entry)).where(entry.seal.is_(None))))
    lost = sa.select(entry.id).where(entry.seal.is_not(None), entry.seal.not_in(sa.select(Seal.number)))
    for id_ in session.scalars(lost):
        yield Finding("entry", str(id_), "names a seal that is not there")


def _check_digests(entries: Iterable[Values]) -> Iterator[Finding]:
    for entry in entries:
        if entry_digest(entry) != entry["digest"]:
            yield Finding("entry", str(entry["id"]), "is not what its digest was made of")


def _count_living(session: Session) -> dict[str, int]:
    """How many rows of each table were entered and not entered as deleted."""
    rows = sa.select(Entry.table_name, sa.func.count()).where(_is_living()).group_by(Entry.table_name)
    return dict(session.execute(rows).all())


def _is_living() -> sa.ColumnElement[bool]:
    later = aliased(Entry)
    has_later = sa.exists().where(
        later.row_key == Entry.row_key, later.table_name == Entry.table_name, later.position > Entry.position
    )
    return sa.and_(Entry.after.is_not(None), ~has_later)


def _check_rows(session: Session, table: sa.Table, living: int) -> Iterator[Finding]:
    there = 0
    for rows in session.execute(sa.select(table), execution_options=_STREAMED).mappings().partitions():
        keyed = {row_key(table, row): row for row in rows}
        histories = _histories(session, table.name, keyed)
        for key, row in keyed.items():
            history = histories.get(key)
            there += history is not None and history.after is not None
            if (what := _difference(table, row, history)) is not None:
                yield Finding(table.name, key, what)
    if there != living:
        yield from _missing(session, table)


def _difference(table: sa.Table, row: Values, history: _History | None) -> str | None:
    """What a row is, if it is not as it was entered last."""
    if history is None:
        return "is there, and was not entered"
    if history.after is None:
        return "is there, and was entered as deleted"
    if history.salt is None:
        return "cannot be held against its entry, whose salt is gone"
    after = content_of(table, row, history.salt)
    if after != history.after:
        then, now = _members(history.after), _members(after)
        changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
        return f"is not as it was entered: {', '.join(changed)}"
    return None if history.is_whole else "was changed between two entries, or one of them is gone"


def _members(content: str) -> dict[str, Any]:
    """What a row was entered with; nothing where it is no longer JSON, which its digest tells."""
    try:
        return dict(json.loads(content))
    except ValueError:
        return {}


def _histories(session: Session, table: str, keys: Iterable[str]) -> dict[str, _History]:
    columns = Entry.row_key, Entry.position, Entry.before, Entry.after, Entry.salt
    rows = sa.select(*columns).where(is_among(session, Entry.row_key, keys), Entry.table_name == table)
    found = session.execute(rows.order_by(Entry.row_key, Entry.position))
    return {key: _history(list(group)) for key, group in groupby(found, key=lambda row: row[0])}


def _history(entries: list[tuple[str, int, str | None, str | None, str | None]]) -> _History:
    expected, is_whole = None, True
    for count, (_, position, before, after, _) in enumerate(entries, start=1):
        is_whole = is_whole and position == count and before == expected
        expected = after
    return _History(entries[-1][4], expected, is_whole)


def _missing(session: Session, table: sa.Table) -> Iterator[Finding]:
    """The rows that were entered and are not there; asked for only when some are not."""
    there = {row_key(table, row) for row in _stream(session, sa.select(table))}
    rows = sa.select(Entry.row_key).where(Entry.table_name == table.name, _is_living()).order_by(Entry.row_key)
    for key in session.scalars(rows):
        if key not in there:
            yield Finding(table.name, key, "was entered, and is not there")


def _check_sums(session: Session) -> Iterator[Finding]:
    missing = missing_sums(session)
    what = "is not what the rows add up to"
    for outlet_id, slot in missing.records:
        yield Finding("subtotal", " ".join(map(str, (outlet_id, *slot))), what)
    for cell in missing.rates:
        yield Finding("rate", " ".join(map(str, cell)), what)


_STREAMED = {"yield_per": _AT_ONCE}


def _stream(session: Session, rows: sa.Select[Any]) -> Iterator[Values]:
    yield from session.execute(rows, execution_options=_STREAMED).mappings()
