"""docs/ledger.md: the ledger can be verified by anyone, in any language"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.ledger.seal import seal_entries
from service.ledger.verify import verify_ledger
from service.storage.canonical import content_of, entered_tables, form_of, hash_value, to_json
from service.storage.db import UtcDateTime
from service.storage.models import ContextRow, LearnerRow
from tests.support import ledger_verifier
from tests.support.full_database import NOW, fill

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
MOST = 2**53 - 1

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=8,
)
STRATEGIES = (
    (UtcDateTime, st.datetimes(timezones=st.just(dt.UTC))),
    (sa.Date, st.dates()),
    (sa.Uuid, st.uuids()),
    (sa.Boolean, st.booleans()),
    (sa.Float, numbers),
    (sa.Integer, st.integers(-(2**31), 2**31 - 1)),
    (sa.JSON, values),
    (sa.String, words),
)


def column_values(column):
    """The values that a column may hold."""
    if isinstance(column.type, sa.JSON) and column.name == "content":
        return st.dictionaries(words | st.just("text"), values, max_size=4)
    return next(strategy for kind, strategy in STRATEGIES if isinstance(column.type, kind))


@st.composite
def rows(draw):
    """A table of the ledger, and a row that it may hold."""
    table = draw(st.sampled_from(entered_tables()))
    row = {column.name: draw(st.none() | column_values(column)) for column in table.columns}
    return table, row


def as_numbers(text):
    """Read JSON as JavaScript does, which has one kind of number."""
    return json.loads(text, parse_int=float)


def without_large_numbers(value):
    if isinstance(value, dict):
        return {name: without_large_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [without_large_numbers(each) for each in value]
    is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) > MOST
    return str(value) if is_large else value


@given(values)
def test_json_is_that_of_the_rfc(value):
    """
    Every value is written as another implementation of RFC 8785 writes it, large whole numbers as strings.
    """
    assert ledger_verifier.jcs(without_large_numbers(value)) == to_json(value)


@given(rows())
def test_content_survives_being_read(drawn):
    """
    Whatever a row holds, its content can be parsed in any language and written again, and is the same text.
    """
    table, row = drawn
    content = content_of(table, row, "salt")

    assert content == ledger_verifier.jcs(as_numbers(content))
    assert {name for name, _ in form_of(table).columns if row[name] is not None} == json.loads(content).keys()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (5e-324, "5e-324"),
        (1e-7, "1e-7"),
        (1e-6, "0.000001"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (333333333.33333329, "333333333.3333333"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (MOST, "9007199254740991"),
        (MOST + 1, '"9007199254740992"'),
        (-MOST - 1, '"-9007199254740992"'),
        (True, "true"),
    ],
)
def test_numbers(number, text):
    """
    Numbers are written as RFC 8785 demands, whose examples some of these are.
    """
    assert text == to_json(number)


def test_members_are_in_the_order_of_utf_16():
    """
    Members are sorted by UTF-16 code units, as in the example of RFC 8785.
    """
    names = ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]

    assert names == list(json.loads(to_json(dict.fromkeys(reversed(names), 0))))


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", {"\udfff": 1}, b"x", NOW, UUID(int=1), {1: 2}])
def test_what_json_cannot_say(value):
    """
    A value that JSON has no text for is refused, and not written in some way of our own.
    """
    with pytest.raises(ValueError, match=r"."):
        to_json(value)


def test_ledger_of_a_service(world):
    """
    A stranger who has the entries and the seals from the API, and docs/ledger.md, finds that all is as it says.
    """
    entries, seals = ledger(world)

    assert len(entries) > 20
    assert {table.name for table in entered_tables()} == {entry["table"] for entry in entries}
    assert [] == list(ledger_verifier.faults(entries, seals))


@pytest.mark.parametrize("member", ["before", "after", "row", "recorded_at", "digest", "actor", "position"])
def test_stranger_finds_what_was_changed(world, member):
    """
    The stranger's check, which proves nothing unless it can fail, finds a change in any member of an entry.
    """
    entries, seals = ledger(world)
    changed = next(entry for entry in entries if entry["before"] and entry["after"])
    other = {"actor": {"key": None, "name": "nobody"}, "position": 9, "after": {}, "before": {}}
    changed[member] = other.get(member, "else")

    assert list(ledger_verifier.faults(entries, seals))


def ledger(world):
    """Every entry and every seal, by the API."""
    fill(world)
    seal_entries(world.runtime.db, now=NOW)
    return everything(world, "/v1/audit"), everything(world, "/v1/ledger")


def everything(world, path):
    items, query = [], {"limit": "50"}
    while query is not None:
        page = world.get(path, query_string=query).json
        items += page["items"]
        query = {"limit": "50", "cursor": page["next_cursor"]} if page["next_cursor"] else None
    return items


def test_hash_stands_for_the_words(world):
    """
    Who knows the words can show that an entry stands for them, by its salt.
    """
    claim = world.record(text="Die Brücke öffnet.")
    [entry] = world.get("/v1/audit", query_string={"subject": claim["id"], "table": "claim"}).json["items"]

    assert f"sha256:{ledger_verifier.sha256(entry['salt'] + 'Die Brücke öffnet.')}" == entry["after"]["text"]


def test_strange_values_verify(db):
    """
    Numbers that JSON can write in several ways are read back from the database as they were entered.
    """
    strange = [1.0, -0.0, 1e22, 5e-324, 0.1, 2**53, -(2**60), 10**30, "\u2028\x7f€😀", {"\U0001f600": 1, "\ufb33": 2}]
    with db.write() as session:
        session.add(ContextRow(number=1, kappa=8, claims=1, rates=[[["support"], 2**60, 2**53]], recorded_at=NOW))
        session.add(LearnerRow(number=1, build="x", state={"w": strange}, learned_from="1", recorded_at=NOW))

    assert [] == list(verify_ledger(db))


def test_example_of_the_document():
    """
    The entry and the seal of docs/ledger.md have the hashes that the document says.
    """
    entry, seal = map(json.loads, re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL))
    first, second = re.findall(r"```text\n(.*?)\n```", DOCUMENT, re.DOTALL)

    assert [] == list(ledger_verifier.faults([entry], [seal]))
    assert (entry["digest"], seal["head"]) == (ledger_verifier.sha256(first), ledger_verifier.sha256(second))
    assert entry["after"]["text"] == hash_value("The bridge opens in May.", entry["salt"])
    assert entry["after"]["text"] == "sha256:" + ledger_verifier.sha256(entry["salt"] + "The bridge opens in May.")


def test_hashed_columns_of_the_document():
    """
    The document lists the columns that are hashed, and no others.
    """
    listed = re.search(r"These columns are hashed.*?\n\n(.*?)\n\n", DOCUMENT, re.DOTALL)[1]
    told = {line.split("`")[1]: re.findall(r"`(\w+)`", line)[1:] for line in listed.splitlines()[2:]}
    hashed = {"version": ["content", "text"]}
    for table in entered_tables():
        if columns := [name for name, render in form_of(table).columns if render is hash_value]:
            hashed[table.name] = sorted(columns)

    assert hashed == {table: sorted(columns) for table, columns in told.items()}
