"""Seal what was entered: all of it that is there, as a link of a chain that takes in everything before.

Writers need not wait for each other to stand in the chain. They enter their rows, and a second later the worker seals
those of all. Who notes a head can prove later that nothing before it was changed, left out or put in between.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.canonical import table_of, to_json
from service.storage.db import Database, lock_name, retried
from service.storage.models import Entry, Seal
from service.values.instants import format_instant

AT_ONCE = 2000  # entries to a seal at most, so that other writers hardly wait for it
# Put together once: every score says it.
_LAST_HEAD = sa.select(Seal.head).order_by(Seal.number.desc()).limit(1)


def seal_entries(db: Database, *, now: dt.datetime) -> int:
    """Seal everything that is entered and not sealed yet.

    Returns:
        How many entries that was.
    """
    sealed = 0
    while _is_unsealed(db) and (count := _seal_next(db, now=now)):
        sealed += count
    return sealed


def last_head(session: Session) -> str | None:
    """The head of the last seal; None before the first."""
    return session.scalar(_LAST_HEAD)


def head_of(number: int, previous: str | None, recorded_at: dt.datetime, digests: Iterable[str]) -> str:
    """The head of a seal: a hash of the head before it and of the digests of its entries, in the order of their ids."""
    head = hashlib.sha256(to_json([number, previous, format_instant(recorded_at)]).encode())
    for digest in digests:
        head.update(digest.encode())
    return head.hexdigest()


def _is_unsealed(db: Database) -> bool:
    with db.read(patient=True) as session:
        return bool(session.scalar(sa.select(sa.exists().where(Entry.seal.is_(None)))))


@retried
def _seal_next(db: Database, *, now: dt.datetime) -> int:
    with db.write() as session:
        lock_name(session, "seal of the ledger")  # two at once would go on from the same head
        newest = session.execute(_newest().with_only_columns(Seal.number, Seal.head)).one_or_none()
        number, previous = (1, None) if newest is None else (newest.number + 1, newest.head)
        entries = table_of(Entry)
        entry = entries.c
        chosen = sa.select(entry.id).where(entry.seal.is_(None)).order_by(entry.id).limit(AT_ONCE)
        # In one statement, since what is committed between two would be marked and not hashed.
        marked = sa.update(entries).where(entry.id.in_(chosen.scalar_subquery())).values(seal=number)
        found = sorted(session.execute(marked.returning(entry.id, entry.digest)))
        if found:
            head = head_of(number, previous, now, (digest for _, digest in found))
            session.add(Seal(number=number, previous=previous, head=head, entries=len(found), recorded_at=now))
    return len(found)


def _newest() -> sa.Select[Seal]:
    return sa.select(Seal).order_by(Seal.number.desc()).limit(1)
