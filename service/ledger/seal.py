"""Seals, the links of a hash chain over the entries of the ledger.

Writers only add entries, so they do not block each other. Every second, the worker seals the new entries of all
writers. A client that stores the head of a seal, which is its hash, can later prove that no earlier entry was changed,
removed or inserted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from service.storage.base import table_of
from service.storage.db import Database, retried
from service.storage.locks import lock_name
from service.storage.models import Entry, Seal
from service.values.documents import canonical_json
from service.values.instants import format_instant

SEAL_SIZE = 2000  # the maximum number of entries in a seal; larger seals would block other writers
LAST_HEAD = sa.select(Seal.head).order_by(Seal.number.desc()).limit(1)
"""The query for the head of the newest seal. Built once, because every score includes this head."""


def seal_entries(db: Database, *, now: dt.datetime) -> int:
    """Seal all entries that have no seal.

    Returns:
        The number of entries that were sealed.
    """
    sealed = 0
    while _is_unsealed(db) and (count := _seal_next(db, now=now)):
        sealed += count
    return sealed


def head_of(number: int, previous: str | None, recorded_at: dt.datetime, digests: Iterable[str]) -> str:
    """Return the head of a seal, which is a hash of all arguments.

    Args:
        number: The number of the seal.
        previous: The head of the previous seal; None for the first seal.
        recorded_at: When the seal was made.
        digests: The digests of the sealed entries, ordered by the ids of the entries.
    """
    head = hashlib.sha256(canonical_json([number, previous, format_instant(recorded_at)]).encode())
    for digest in digests:
        head.update(digest.encode())
    return head.hexdigest()


def _is_unsealed(db: Database) -> bool:
    with db.read(unlimited=True) as session:
        return bool(session.scalar(sa.select(sa.exists().where(Entry.seal.is_(None)))))


@retried
def _seal_next(db: Database, *, now: dt.datetime) -> int:
    with db.write() as session:
        lock_name(session, "seal of the ledger")  # concurrent seals would otherwise extend the same head
        newest = session.execute(_newest().with_only_columns(Seal.number, Seal.head)).one_or_none()
        number, previous = (1, None) if newest is None else (newest.number + 1, newest.head)
        entries = table_of(Entry)
        entry = entries.c
        chosen = sa.select(entry.id).where(entry.seal.is_(None)).order_by(entry.id).limit(SEAL_SIZE)
        # One statement, because an entry committed between two statements would be marked but not hashed.
        marked = sa.update(entries).where(entry.id.in_(chosen.scalar_subquery())).values(seal=number)
        sealed = sorted(session.execute(marked.returning(entry.id, entry.digest)))
        if sealed:
            head = head_of(number, previous, now, (digest for _, digest in sealed))
            session.add(Seal(number=number, previous=previous, head=head, entries=len(sealed), recorded_at=now))
    return len(sealed)


def _newest() -> sa.Select[Seal]:
    return sa.select(Seal).order_by(Seal.number.desc()).limit(1)
