"""Read one page of the ranking of outlets for the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import CursorExpired
from service.outlets.track_record import Lens
from service.scores.contexts import read_context_name
from service.scores.places import RankingCriteria
from service.scores.ranking import FirstPage
from service.scores.read_ranking import read_ranking
from service.scores.score import Score
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.db import Database
from service.storage.paging import read_sort_key
from service.storage.snapshots import Snapshot, read_state, take_snapshot
from service.values.instants import format_instant, parse_instant

CURSOR_LIFETIME = dt.timedelta(minutes=15)
"""The time after reading the first page of a ranking until its cursors expire."""
_FIRST_PAGE_LIFETIME = dt.timedelta(minutes=1)
"""The time for which a first page is cached, so that its cursor is valid for at least 14 minutes."""
_CLOCK_SLACK = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RankingPage:
    """One page of a ranking: the scores of its outlets, and the cursor of the next page."""

    items: Sequence[Score]
    next_cursor: str | None
    expires_at: dt.datetime | None
    """The moment at which a cached page expires even without a write; None if it does not."""


def ranking_page(
    db: Database, criteria: RankingCriteria, *, lens: Lens, cursor: str | None, limit: int, now: dt.datetime
) -> RankingPage:
    """Return the page of a ranking that starts at a cursor.

    All pages show the ranking as it was when the first one was read.

    Raises:
        InvalidQuery: The cursor belongs to another ranking, or `as_of` or `recorded_by` is in the future.
        CursorExpired: The first page is too old, or its ranking can no longer be read.
    """
    lens.refuse_future(now)
    bound_to = ["ranking", criteria, lens.topic, lens.basis, lens.as_of, lens.level]
    last, first = (None, None) if cursor is None else _read_cursor(cursor, bound_to, now=now)
    moment = now if first is None else first.snapshot.at
    with db.read() as session:
        ranking = read_ranking(session, criteria, lens=lens, now=moment, first=first)
        places = ranking.places(after=last, limit=limit + 1)
        records = ranking.records(place.slug for place in places[:limit])
        items = ranking.scores(records[place.slug] for place in places[:limit])
        changes_at = ranking.changes_at
        first = first or FirstPage(take_snapshot(session, now=now), ranking.context.id)
    if len(places) <= limit:
        return RankingPage(items, None, changes_at)
    end = moment + (_FIRST_PAGE_LIFETIME if cursor is None else CURSOR_LIFETIME)
    next_cursor = _write_cursor(places[limit - 1].key, first, bound_to)
    return RankingPage(items, next_cursor, min(end, changes_at or end))


def _write_cursor(last: tuple[float, str], first: FirstPage, bound_to: object) -> str:
    """Return the cursor of the page that follows an outlet with this sort key."""
    moment = format_instant(first.snapshot.at)
    return encode_cursor((*map(str, last), moment, first.context, first.snapshot.state), bound_to)


def _read_cursor(cursor: str, bound_to: object, *, now: dt.datetime) -> tuple[tuple[float, str], FirstPage]:
    """Return the sort key of the last outlet on the previous page, and the first page, from a cursor.

    Raises:
        InvalidQuery: The cursor belongs to another ranking.
        CursorExpired: The first page is too old.
    """
    read = (float, str, parse_instant, read_context_name, read_state)
    value, slug, moment, context, state = read_sort_key(decode_cursor(cursor, bound_to), read)
    if not now - CURSOR_LIFETIME <= moment <= now + _CLOCK_SLACK:
        raise CursorExpired.because("its first page was read more than 15 minutes ago")
    return (value, slug), FirstPage(Snapshot(moment, state), context)
