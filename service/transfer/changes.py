"""The feed of changes, which lists every public change to a record once, in commit order.

The order follows the seals of the ledger: a seal covers only entries that were committed before it, and every entry is
sealed once. Within a seal, the changes of a transaction are consecutive, and each transaction comes after the ones that
it depends on.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import CursorExpired
from service.ledger.seal import SEAL_SIZE
from service.storage.base import table_of
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.db import Database
from service.storage.models import Entry, Seal
from service.storage.paging import read_number, read_sort_key
from service.storage.predicates import is_among
from service.transfer.change_data import ChangeData
from service.transfer.entered_rows import KINDS, Data, EnteredRow, outlet_of
from service.values.vocabulary import ChangeKind

POLL = 0.25
"""The number of seconds between two queries for changes while a call waits."""

_BOUND_TO = "changes"
_SCANNED = 2 * SEAL_SIZE  # entries read at once, which include at least one whole seal
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)


class Place(NamedTuple):
    """The position of a change in the feed, from which its cursor is made."""

    seal: int
    transaction: UUID
    """The id of the last entry in this seal that the transaction of the change wrote."""
    entry: UUID


class _Scanned(NamedTuple):
    """The columns of a sealed entry that determine its place in the feed."""

    seal: int
    id: UUID
    written_in: int | None
    actor: UUID | None
    request_id: str | None
    table: str
    key: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change to a record, as the feed shows it."""

    cursor: str
    at: dt.datetime
    kind: ChangeKind
    id: str
    data: Data


@dataclass(frozen=True, slots=True)
class ChangesView:
    """A page of the feed, with a cursor for the changes after it, including future ones."""

    items: list[ChangeView]
    next_cursor: str


def list_changes(db: Database, *, cursor: str | None, limit: int) -> ChangesView:
    """Return a page of the changes after a cursor, or the first page if there is no cursor.

    Raises:
        InvalidQuery: The cursor is not from this feed.
        CursorExpired: The cursor is newer than this database, which may have been restored from an old backup.
    """
    start = Place(0, _FIRST, _FIRST) if cursor is None else _read_cursor(cursor)
    with db.read() as session:
        head = session.scalar(sa.select(sa.func.max(Seal.number))) or 0
        if start.seal > head:
            raise CursorExpired(
                "You sent a cursor that is newer than this database, which may be an older backup. Start again "
                "without a cursor."
            )
        end = Place(head, _LAST, _LAST)
        places, is_end = ([], True) if start >= end else _next_places(session, start, limit)
        rows = _read_rows(session, places)
        data = ChangeData(session, rows)
        items = [
            ChangeView(_cursor(place), row.recorded_at, KINDS[row.table], row.subject, data.of(row))
            for place, row in zip(places, rows, strict=True)
        ]
    return ChangesView(items, _cursor(end if is_end else places[-1]))


def await_changes(
    db: Database, page: ChangesView, *, limit: int, seconds: float, pause: Callable[[float], bool]
) -> ChangesView:
    """Return a page if it has changes; else wait for changes after it, up to a timeout.

    Args:
        db: The database. No connection is held during a pause.
        page: The page of changes.
        limit: The maximum number of changes.
        seconds: The longest time to wait.
        pause: A function that waits for a number of seconds and returns whether the process is stopping.

    Raises:
        The errors of `list_changes`.
    """
    ends_at = time.monotonic() + seconds
    while not page.items and (left := ends_at - time.monotonic()) > 0 and not pause(min(left, POLL)):
        page = list_changes(db, cursor=page.next_cursor, limit=limit)
    return page


def _cursor(place: Place) -> str:
    return encode_cursor(tuple(map(str, place)), _BOUND_TO)


def _read_cursor(cursor: str) -> Place:
    return Place(*read_sort_key(decode_cursor(cursor, _BOUND_TO), [read_number, UUID, UUID]))


def _next_places(session: Session, start: Place, limit: int) -> tuple[list[Place], bool]:
    """Return the places of the next changes after a place, and whether the feed ends with them."""
    entry = table_of(Entry).c
    columns = entry.seal, entry.id, entry.written_in, entry.actor, entry.request_id, entry.table_name, entry.row_key
    public = entry.table_name.in_(list(KINDS))
    while True:
        rows = sa.select(*columns).where(entry.seal >= start.seal, public).order_by(entry.seal, entry.id)
        scanned = [_Scanned(*row) for row in session.execute(rows.limit(_SCANNED))]
        is_end = len(scanned) < _SCANNED
        # If there may be more rows, the last seal may be incomplete.
        whole = scanned if is_end else [row for row in scanned if row.seal < scanned[-1].seal]
        places = [place for place in _in_order(whole) if place > start]
        if places or is_end:
            return places[:limit], is_end and len(places) <= limit
        start = Place(whole[-1].seal + 1, _FIRST, _FIRST)


def _in_order(rows: Iterable[_Scanned]) -> list[Place]:
    """Return the places of the changes in whole seals, in the order of the feed.

    The entries that one call writes about an outlet are one change. The last entry of a transaction determines its
    place, because the transaction may depend on any other that was committed before that entry. SQLite writes one
    transaction at a time, so the order of its entries is enough.
    """
    last: dict[tuple[int, int | UUID], UUID] = {}
    keyed = [(row, (row.seal, row.id if row.written_in is None else row.written_in)) for row in rows]
    for row, key in keyed:
        last[key] = max(last.get(key, row.id), row.id)
    places: dict[object, Place] = {}
    for row, key in keyed:
        place = Place(row.seal, last[key], row.id)
        outlet = outlet_of(row.table, row.key)
        subject = row.id if outlet is None else (row.seal, row.written_in, row.actor, row.request_id, outlet)
        places[subject] = max(places.get(subject, place), place)
    return sorted(places.values())


def _read_rows(session: Session, places: Sequence[Place]) -> list[EnteredRow]:
    """Return the row that the ledger entry at each place records, in the same order."""
    if not places:
        return []
    entry = table_of(Entry).c
    columns = entry.id, entry.recorded_at, entry.table_name, entry.row_key, entry.after, entry.salt
    found = session.execute(sa.select(*columns).where(is_among(session, entry.id, [one.entry for one in places])))
    rows = {id_: EnteredRow.read(*members) for id_, *members in found}
    return [rows[place.entry] for place in places]
