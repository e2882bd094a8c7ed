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
from service.storage.base import UtcDateTime
from service.storage.entries import content_of, hash_value, row_format
from service.storage.journaled import journaled_tables
from service.storage.models import ContextRow, LearnerRow
from service.values.documents import canonical_json
from tests.support import ledger_verifier
from tests.support.full_database import NOW, fill

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
LARGEST_INTEGER = 2**53 - 1

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
    """Return a strategy for the values of a column."""
    if isinstance(column.type, sa.JSON) and column.name == "content":
        return st.dictionaries(words | st.just("text"), values, max_size=4)
    return next(strategy for kind, strategy in STRATEGIES if isinstance(column.type, kind))


@st.composite
def rows(draw):
    """Draw a journaled table and a row of it."""
    table = draw(st.sampled_from(journaled_tables()))
    row = {column.name: draw(st.none() | column_values(column)) for column in table.columns}
    return table, row


def as_numbers(text):
    """Parse JSON as JavaScript does, with floats only."""
    return json.loads(text, parse_int=float)


def without_large_numbers(value):
    if isinstance(value, dict):
        return {name: without_large_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_large_numbers(item) for item in value]
    is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_INTEGER
    return str(value) if is_large else value


@given(values)
def test_json_follows_the_rfc(value):
    """
    Values are written as another implementation of RFC 8785 writes them, with large integers as strings.
    """
    assert ledger_verifier.jcs(without_large_numbers(value)) == canonical_json(value)


@given(rows())
def test_content_survives_parsing(drawn):
    """
    The canonical text of any row can be parsed and written again in any language without a change.
    """
    table, row = drawn
    content = content_of(table, row, "salt")

    assert content == ledger_verifier.jcs(as_numbers(content))
    assert {name for name, *_ in row_format(table).columns if row[name] is not None} == json.loads(content).keys()


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
        (LARGEST_INTEGER, "9007199254740991"),
        (LARGEST_INTEGER + 1, '"9007199254740992"'),
        (-LARGEST_INTEGER - 1, '"-9007199254740992"'),
        (True, "true"),
    ],
)
def test_numbers(number, text):
    """
    Numbers are written as RFC 8785 requires; some are examples of the RFC.
    """
    assert text == canonical_json(number)


def test_order_of_members():
    """
    Members are sorted by UTF-16 code units, as in the example of RFC 8785.
    """
    names = ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]

    assert names == list(json.loads(canonical_json(dict.fromkeys(reversed(names), 0))))


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", {"\udfff": 1}, b"x", NOW, UUID(int=1), {1: 2}])
def test_values_without_json(value):
    """
    A value that JSON does not have is rejected.
    """
    with pytest.raises(ValueError, match=r"."):
        canonical_json(value)


def test_ledger_of_a_service(world):
    """
    The ledger verifies with only the API and the rules of docs/ledger.md.
    """
    entries, seals = ledger(world)

    assert len(entries) > 20
    assert {table.name for table in journaled_tables()} == {entry["table"] for entry in entries}
    assert [] == list(ledger_verifier.faults(entries, seals))


@pytest.mark.parametrize("member", ["before", "after", "row", "recorded_at", "digest", "actor", "position"])
def test_independent_verifier_reports_changes(world, member):
    """
    The independent verifier reports a change in any member of an entry.
    """
    entries, seals = ledger(world)
    changed = next(entry for entry in entries if entry["before"] and entry["after"])
    other = {"actor": {"key": None, "name": "nobody"}, "position": 9, "after": {}, "before": {}}
    changed[member] = other.get(member, "else")

    assert list(ledger_verifier.faults(entries, seals))


def ledger(world):
    """Return all entries and seals from the API."""
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


def test_text_is_proved_by_the_salt(world):
    """
    A text can be proved against its entry with the salt.
    """
    claim = world.record(text="Die Brücke öffnet.")
    [entry] = world.get("/v1/audit", query_string={"subject": claim["id"], "table": "claim"}).json["items"]

    assert f"sha256:{ledger_verifier.sha256(entry['salt'] + 'Die Brücke öffnet.')}" == entry["after"]["text"]


def test_unusual_values_verify(db):
    """
    Numbers with several JSON spellings are read back from the database as they were journaled.
    """
    unusual = [1.0, -0.0, 1e22, 5e-324, 0.1, 2**53, -(2**60), 10**30, "\u2028\x7f€😀", {"\U0001f600": 1, "\ufb33": 2}]
    with db.write() as session:
        session.add(
            ContextRow(
                number=1, contexts={"resolved": {"kappa": 8, "cells": [[["support"], 2**60, 2**53]]}}, recorded_at=NOW
            )
        )
        session.add(LearnerRow(number=1, build="x", state={"w": unusual}, learned_from="1", recorded_at=NOW))

    assert [] == list(verify_ledger(db))


def test_example_of_the_document():
    """
    The entry and the seal in docs/ledger.md have the hashes that the document states.
    """
    entry, seal = map(json.loads, re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL))
    first, second = re.findall(r"```text\n(.*?)\n```", DOCUMENT, re.DOTALL)

    assert [] == list(ledger_verifier.faults([entry], [seal]))
    assert (entry["digest"], seal["head"]) == (ledger_verifier.sha256(first), ledger_verifier.sha256(second))
    assert entry["after"]["text"] == hash_value("The bridge opens in May.", entry["salt"])
    assert entry["after"]["text"] == "sha256:" + ledger_verifier.sha256(entry["salt"] + "The bridge opens in May.")


def test_hashed_columns_of_the_document():
    """
    docs/ledger.md lists exactly the columns that are hashed.
    """
    listed = re.search(r"These columns are hashed.*?\n\n(.*?)\n\n", DOCUMENT, re.DOTALL)[1]
    documented = {line.split("`")[1]: re.findall(r"`(\w+)`", line)[1:] for line in listed.splitlines()[2:]}
    hashed = {"version": ["content", "fingerprint", "quote", "text", "url"]}
    for table in journaled_tables():
        if columns := [name for name, render, _ in row_format(table).columns if render is hash_value]:
            hashed[table.name] = sorted(columns)

    assert hashed == {table: sorted(columns) for table, columns in documented.items()}
