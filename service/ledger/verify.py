"""Check the digests and the seals of the ledger, and compare all rows with their entries.

A person with write access to the database can forge the whole ledger. Only a head that was copied earlier, from a score
or from `/v1/ledger`, reveals the forgery.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.ledger.seal import head_of
from service.outlets.rebuild_sums import missing_sums
from service.storage.base import table_of
from service.storage.db import Database
from service.storage.entries import Values, content_of, entry_digest, lacks_secret, row_key, without_secret
from service.storage.journaled import journaled_tables
from service.storage.models import ApiKey, Entry, FormerSecret, Seal
from service.storage.predicates import is_among
from service.storage.search_check import wrong_search_columns, wrong_spellings
from service.values.instants import parse_instant, utc_now

_BATCH_SIZE = 1000


class Finding(NamedTuple):
    """An inconsistency within the ledger, or between a row and its entries or derived values."""

    table: str
    key: str
    difference: str
    """A phrase with the row as its subject, such as `has no entry`."""


class _History(NamedTuple):
    """The content of a row after its last entry, and whether its entries are complete."""

    salt: str | None
    after: str | None
    is_complete: bool
    """Whether no position is missing, and each `before` equals the `after` of the previous entry."""


def verify_ledger(db: Database, *, head: str | None = None) -> Iterator[Finding]:
    """Yield the inconsistencies between the ledger and all rows and sums, read from one snapshot.

    Args:
        db: The database.
        head: The head of a seal, copied earlier, that the chain must contain; None to skip this check.
    """
    with db.read(unlimited=True) as session:
        yield from find_differences(session, head)


def find_differences(session: Session, head: str | None) -> Iterator[Finding]:
    """Yield the findings of `verify_ledger`, within the transaction of the caller."""
    yield from _readable("seal", _check_chain(session))
    yield from _readable("entry", _check_unsealed(session))
    if head is not None and not session.scalar(sa.select(sa.exists().where(Seal.head == head))):
        yield Finding("seal", head, "is not a head of this chain")
    live_rows = _count_live_rows(session)
    for table in journaled_tables():
        yield from _readable(table.name, _check_rows(session, table, live_rows.get(table.name, 0)))
    yield from _readable("subtotal", _check_sums(session))
    yield from _readable("claim", _check_search(session))


def _readable(table: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield the findings of a check. If a value cannot be read, that is the last finding."""
    try:
        yield from findings
    except (LookupError, TypeError, ValueError) as exc:
        yield Finding(table, "?", f"has a value that cannot be read ({exc}); its later rows were not checked")


def _check_chain(session: Session) -> Iterator[Finding]:
    seal, entry = table_of(Seal), table_of(Entry)
    labelled = [column.label(f"seal_{column.name}") for column in seal.c]
    rows = sa.select(*labelled, entry).join_from(seal, entry, entry.c.seal == seal.c.number, isouter=True)
    stream = _stream(session, rows.order_by(seal.c.number, entry.c.id))
    previous, expected = None, 1
    for number, group in groupby(stream, key=lambda row: row["seal_number"]):
        sealed = list(group)
        first = sealed[0]
        entries = [row for row in sealed if row["id"] is not None]
        yield from _check_digests(entries)
        if number != expected or first["seal_previous"] != previous:
            yield Finding("seal", str(number), "does not follow the previous seal")
        head = head_of(number, first["seal_previous"], first["seal_recorded_at"], (row["digest"] for row in entries))
        if head != first["seal_head"] or len(entries) != first["seal_entries"]:
            yield Finding("seal", str(number), "does not match its entries")
        previous, expected = first["seal_head"], number + 1


def _check_unsealed(session: Session) -> Iterator[Finding]:
    """Check the digests of entries without a seal, and find entries whose seal does not exist."""
    entry = table_of(Entry).c
    yield from _check_digests(_stream(session, sa.select(table_of(Entry)).where(entry.seal.is_(None))))
    orphans = sa.select(entry.id).where(entry.seal.is_not(None), entry.seal.not_in(sa.select(Seal.number)))
    for id_ in session.scalars(orphans):
        yield Finding("entry", str(id_), "names a seal that does not exist")


def _check_digests(entries: Iterable[Values]) -> Iterator[Finding]:
    for entry in entries:
        if entry_digest(entry) != entry["digest"]:
            yield Finding("entry", str(entry["id"]), "does not match its digest")


def _count_live_rows(session: Session) -> dict[str, int]:
    """Return the number of rows that each table should have according to the ledger."""
    rows = sa.select(Entry.table_name, sa.func.count()).where(_is_live()).group_by(Entry.table_name)
    return dict(session.execute(rows).all())


def _is_live() -> sa.ColumnElement[bool]:
    later = aliased(Entry)
    has_later = sa.exists().where(
        later.row_key == Entry.row_key, later.table_name == Entry.table_name, later.position > Entry.position
    )
    return sa.and_(Entry.after.is_not(None), ~has_later)


def _check_rows(session: Session, table: sa.Table, expected: int) -> Iterator[Finding]:
    present = 0
    for rows in session.execute(sa.select(table), execution_options=_STREAMED).mappings().partitions():
        keyed = {row_key(table, row): row for row in rows}
        histories = _histories(session, table.name, keyed)
        for key, row in keyed.items():
            history = histories.get(key)
            present += history is not None and history.after is not None
            if (difference := _difference(table, row, history)) is not None:
                yield Finding(table.name, key, difference)
    if present != expected:
        yield from _find_missing(session, table)


def _difference(table: sa.Table, row: Values, history: _History | None) -> str | None:
    """Return the difference between a row and its entries in the ledger; None if they agree."""
    if history is None:
        return "has no entry"
    if history.after is None:
        return "exists, but its last entry says that it was deleted"
    if history.salt is None:
        return "cannot be compared with its entry, whose salt is missing"
    if changed := _changed(table, row, history.after, history.salt):
        return f"differs from its entry in {', '.join(changed)}"
    return None if history.is_complete else "was changed between two entries, or an entry is missing"


def _changed(table: sa.Table, row: Values, entered: str, salt: str) -> list[str]:
    """Return the columns in which a row differs from its last entry."""
    if (content := content_of(table, row, salt)) == entered:
        return []
    before, after = _members(entered), _members(content)
    # A key restored from an export has no secret, so the columns of its secret are not compared.
    secret = without_secret(row["id"]) if lacks_secret(table, row) else {}
    names = (before.keys() | after.keys()) - secret.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))


def _members(content: str) -> dict[str, Any]:
    """Return the members of an entry's JSON text; empty if it is malformed, which its digest reveals."""
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
    expected, is_complete = None, True
    for count, (_, position, before, after, _) in enumerate(entries, start=1):
        is_complete = is_complete and position == count and before == expected
        expected = after
    return _History(entries[-1][4], expected, is_complete)


def _find_missing(session: Session, table: sa.Table) -> Iterator[Finding]:
    """Yield a finding for each missing row that should exist according to the ledger."""
    present = {row_key(table, row) for row in _stream(session, sa.select(table))}
    rows = sa.select(Entry.row_key, Entry.after).where(Entry.table_name == table.name, _is_live())
    for key, after in session.execute(rows.order_by(Entry.row_key)):
        if key not in present and not _stayed_behind(session, table, _members(str(after))):
            yield Finding(table.name, key, "has an entry, but does not exist")


def _stayed_behind(session: Session, table: sa.Table, entered: Values) -> bool:
    """Return whether a missing row is a former secret that has expired or that an export left out."""
    if table.name != FormerSecret.__tablename__:
        return False
    key = session.get(ApiKey, UUID(str(entered["api_key_id"])))
    return parse_instant(str(entered["ends_at"])) <= utc_now() or (key is not None and not key.handle)


def _check_sums(session: Session) -> Iterator[Finding]:
    missing = missing_sums(session)
    difference = "does not match the rows"
    for outlet_id, slot in missing.records:
        yield Finding("subtotal", " ".join(map(str, (outlet_id, *slot))), difference)
    for cell in missing.rates:
        yield Finding("rate", " ".join(map(str, cell)), difference)


def _check_search(session: Session) -> Iterator[Finding]:
    for row in wrong_search_columns(session):
        yield Finding(row.__tablename__, str(row.id), "has wrong search terms or page key; run `borneout rebuild`")
    for outlet_id, _ in wrong_spellings(session):
        yield Finding("outlet_spelling", str(outlet_id), "is not what the outlet is called; run `borneout rebuild`")


_STREAMED = {"yield_per": _BATCH_SIZE}


def _stream(session: Session, rows: sa.Select[Any]) -> Iterator[Values]:
    yield from session.execute(rows, execution_options=_STREAMED).mappings()
