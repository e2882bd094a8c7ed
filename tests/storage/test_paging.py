"""service.storage.paging and service.storage.cursors: keyset pagination and cursors"""

from __future__ import annotations

import base64
import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidQuery
from service.storage import cursors
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.models import Claim
from service.storage.paging import Keyset
from service.values.ids import new_id
from service.values.instants import parse_instant
from service.values.vocabulary import ClaimKind

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
SORT_KEY = ("2026-01-01T12:00:00Z", "sport-bild")


def claim(topic, moment, id_=None):
    """Return a claim for a list. There are few recording times, so that many rows share one."""
    recorded_at = NOON + moment * dt.timedelta(microseconds=250_000)
    return Claim(id=id_ or new_id(), text="Any.", kind=ClaimKind.FACT, tags=[], topic=topic, recorded_at=recorded_at)


def add(db, *rows):
    with db.write() as session:
        session.add_all(rows)


def by_moment(*, descending=False):
    return Keyset([Claim.recorded_at, Claim.id], [parse_instant, UUID], descending=descending)


def read_page(db, keyset, topic, *, limit, after=None):
    with db.read() as session:
        return keyset.page(session, sa.select(Claim).where(Claim.topic == topic), after=after, limit=limit)


moments = st.integers(0, 3)


# The database is shared by the examples; each has a topic of its own.
@given(st.lists(moments, max_size=12), st.lists(st.lists(moments, max_size=3)), st.integers(1, 5), st.booleans())
def test_nothing_is_skipped_or_repeated(db, first, meanwhile, limit, descending):
    """
    When rows are added between pages, each earlier row is listed exactly once.
    """
    topic, keyset = str(new_id()), by_moment(descending=descending)
    rows = [claim(topic, moment) for moment in first]
    before = {row.id for row in rows}
    add(db, *rows)
    shown, page = [], read_page(db, keyset, topic, limit=limit)
    shown += page.items
    while page.next is not None:
        add(db, *(claim(topic, moment) for moment in (meanwhile.pop() if meanwhile else [])))
        page = read_page(db, keyset, topic, limit=limit, after=page.next)
        shown += page.items

    ids = [row.id for row in shown]
    keys = [(row.recorded_at, row.id) for row in shown]

    assert len(set(ids)) == len(ids)
    assert before <= set(ids)
    assert sorted(keys, reverse=descending) == keys


def test_last_page(db):
    """
    The page with the last row has no next page, even if it is full.
    """
    add(db, *(claim("a", moment) for moment in range(4)))
    first = read_page(db, by_moment(), "a", limit=2)
    second = read_page(db, by_moment(), "a", limit=2, after=first.next)

    assert [2, 2] == [len(first.items), len(second.items)]
    assert first.next is not None
    assert second.next is None


def test_empty_list(db):
    """
    An empty list has one page without items.
    """
    page = read_page(db, by_moment(), "none", limit=1)

    assert ([], None) == (page.items, page.next)


@pytest.mark.parametrize("sort_key", [(), ("2026-01-01T12:00:00Z",), ("noon", "x"), ("2026-01-01T12:00:00Z", "x", "y")])
def test_sort_key_of_another_list(db, sort_key):
    """
    A sort key with the wrong number or types of values is rejected.
    """
    with pytest.raises(InvalidQuery):
        read_page(db, by_moment(), "a", limit=1, after=sort_key)


def test_cursor_survives():
    """
    A cursor decodes to its sort key for the same list and filters.
    """
    bound_to = ["claims", {"topic": "a", "at": NOON}]

    assert SORT_KEY == decode_cursor(encode_cursor(SORT_KEY, bound_to), bound_to)


@pytest.mark.parametrize("other", [["claims", {}], ["claims", {"topic": "b"}], ["outlets", {"topic": "a"}], None])
def test_cursor_of_other_filters(other):
    """
    A cursor is rejected for another list or other filters.
    """
    cursor = encode_cursor(SORT_KEY, ["claims", {"topic": "a"}])

    with pytest.raises(InvalidQuery) as caught:
        decode_cursor(cursor, other)

    assert ["/cursor"] == [place["pointer"] for place in caught.value.errors]


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]))).map(tuple), st.text())
def test_any_sort_key_survives(sort_key, bound_to):
    """
    Every sort key survives encoding, and cursors are safe in URLs.
    """
    cursor = encode_cursor(sort_key, bound_to)

    assert sort_key == decode_cursor(cursor, bound_to)
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_other_text_is_refused(text):
    """
    A text that is not a cursor of this service is an invalid query.
    """
    with pytest.raises(InvalidQuery):
        decode_cursor(text, "claims")


@given(st.integers(0, 60), st.characters(codec="ascii"))
def test_damaged_cursor(place, character):
    """
    A cursor with one changed character is rejected, unless it decodes to the same bytes.
    """
    cursor = encode_cursor(SORT_KEY, "claims")
    damaged = cursor[:place] + character + cursor[place + 1 :]
    try:
        assert SORT_KEY == decode_cursor(damaged, "claims")
    except InvalidQuery:
        assert damaged != cursor


@pytest.mark.parametrize(
    "text", ["5", "null", "{}", '"a"', "[1]", "[null]", "[[]]", '["\\u0000"]', '["\\ud800"]', "[" * 1400]
)
def test_forged_cursor(text):
    """
    A forged cursor with a valid checksum is an invalid query.
    """
    raw = cursors._checksum(text, "claims") + text.encode()  # noqa: SLF001 - forged

    with pytest.raises(InvalidQuery):
        decode_cursor(base64.urlsafe_b64encode(raw).decode().rstrip("="), "claims")
