"""Invalid values in bodies: all are reported at once, each by its JSON pointer"""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from service.storage.base import Base
from tests.support.request_bodies import CLAIMS, OUTLETS, REPORTS, RESOLUTIONS, VALID
from tests.support.world import assert_problem, report

SURROGATE, NUL = "a\ud800", "a\x00"
WRONG_TYPES = {
    "text": (5, 1.5, True, [], {}, ["a"]),
    "number": ("1", "0.5", "", True, False, [], {}, "NaN"),
    "instant": (5, True, [], {}, 1704067200, "2026-01-01T00:00:00"),
    "list": (5, "a", True, {}),
    "object": (5, "a", True, []),
    "flag": (0, 1, "true", "yes", "", [], None, 1.0),
}
NO_TEXT = ("", " ", "\u3000\n", SURROGATE, NUL, "\udc00\ud800", "\x00")
NO_INSTANT = ("2026-01-01T00:00:00", "2026-02-30", "now", "", NUL, SURROGATE, "1" * 5000, "2026-01-01T00:00:00 X")
NO_INSTANT += (
    "0001-01-01T00:00:00+03:00",
    "9999-12-31T23:59:59-01:00",
    "10000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
)
NO_INSTANT += ("2026-02-30T00:00:00Z", "2026-01-01T24:30:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+99:00")
NO_INSTANT += (
    "2026-1-1T0:0:0Z",
    "20260101T000000Z",
    "2026-01-01T00:00",
    "2026-01-01T00:00:00.Z",
    "2026-W01-1T00:00:00Z",
)
NO_INSTANT += ("\uff12\uff10\uff12\uff16-01-01T00:00:00Z",)
NO_URL = ("example.org", "//example.org/", "ftp://example.org/", "javascript:alert(1)", "https://", "https:///path", "")
NO_URL += ("http://[::1", "https://a b/", "https://example.org/\n", " https://example.org", SURROGATE, NUL)
NO_URL += ("https://example.org/" + "a" * 2000,)


def values(field, *, longest=None, null=False):
    """Return values that a field of this type must reject."""
    bad = [*WRONG_TYPES.get(field, WRONG_TYPES["text"])]
    bad += {"text": NO_TEXT, "instant": NO_INSTANT, "url": NO_URL}.get(field, ())
    bad += [] if longest is None else ["x" * (longest + 1)]
    return bad if null else [*bad, None]


FIELDS = [
    (OUTLETS, "name", values("text", longest=200)),
    (OUTLETS, "slug", values("text", longest=80, null=True)),
    (OUTLETS, "kind", [*values("text", longest=80), "Newspaper", "blog"]),
    (OUTLETS, "domains", [*values("list"), ["a.de"] * 101]),
    (OUTLETS, "domains/0", [value for value in values("text", longest=500) if value != {}]),  # an object has a domain
    (OUTLETS, "aliases", [*values("list"), ["a"] * 101]),
    (OUTLETS, "aliases/0", values("text", longest=200)),
    (OUTLETS, "parent", values("text", longest=80, null=True)),
    (OUTLETS, "scorable", values("flag")),
    (CLAIMS, "text", values("text", longest=2000)),
    (CLAIMS, "kind", values("text", longest=80)),
    (CLAIMS, "topic", values("text", longest=100, null=True)),
    (CLAIMS, "tags", [*values("list"), ["a"] * 21]),
    (CLAIMS, "tags/0", values("text", longest=50)),
    (CLAIMS, "resolves_by", values("instant", null=True)),
    (CLAIMS, "group", values("text", longest=200, null=True)),
    (CLAIMS, "external_id", values("text", longest=400, null=True)),
    (CLAIMS, "reports", [*values("list"), []]),
    (CLAIMS, "reports/0", values("object")),
    (CLAIMS, "reports/0/published_at", values("instant")),
    (CLAIMS, "reports/0/outlet/name", values("text", longest=200)),
    (CLAIMS, "reports/0/outlet/domain", values("text", longest=500, null=True)),
    (REPORTS, "outlet", [5, 1.5, True, [], None, *NO_TEXT, "x" * 81]),
    (REPORTS, "stance", [*values("text", longest=80, null=True), "SUPPORT", "asserts"]),
    (REPORTS, "commitment", [*values("number", null=True), 0, 5, -1, 1.5, 10**30, 10**400]),
    (REPORTS, "probability", [*values("number", null=True), -0.001, 1.001, -1e300, 10**400]),
    (REPORTS, "published_at", values("instant")),
    (REPORTS, "url", [*values("url", null=True)]),
    (REPORTS, "quote", values("text", longest=2000, null=True)),
    (REPORTS, "relays", values("object", null=True)),
    (REPORTS, "relays/outlet", [5, 1.5, True, [], *NO_TEXT, "x" * 81]),
    (REPORTS, "relays/outlet/name", values("text", longest=200)),
    (REPORTS, "outlet/kind", [*values("text", longest=80), "blog"]),
    (REPORTS, "outlet/parent", values("text", longest=80, null=True)),
    (REPORTS, "outlet/scorable", values("flag")),
    (REPORTS, "relays/cited_as", values("text", longest=200, null=True)),
    (RESOLUTIONS, "verdict", [*values("text", longest=80, null=True), "True", "TRUE", "maybe"]),
    (RESOLUTIONS, "truth", values("number", null=True)),
    (RESOLUTIONS, "known_at", values("instant", null=True)),
    (RESOLUTIONS, "evidence", [*values("list"), ["https://example.org/"] * 21]),
    (RESOLUTIONS, "evidence/0", values("url")),
    (RESOLUTIONS, "note", values("text", longest=5000, null=True)),
    (RESOLUTIONS, "supersedes", [5, True, [], {}, "", "x", "9" * 400, NUL, SURROGATE]),
]


def put(body, place, value):
    """Return a body with a value at a place; missing objects and lists on the path are created."""
    name, _, rest = place.partition("/")
    if name == "0":
        return [put(body[0] if isinstance(body, list) and body else {}, rest, value) if rest else value]
    below = body.get(name) if isinstance(body, dict) else None
    return {**(body if isinstance(body, dict) else {}), name: put(below, rest, value) if rest else value}


# For a reference to another object, SQLite would report it as unknown even if a NUL reached the database.
ON_BOTH = {(OUTLETS, "parent"), (REPORTS, "outlet"), (REPORTS, "relays/outlet"), (RESOLUTIONS, "supersedes")}


def rows(world):
    """Return the number of rows in each table."""
    with world.runtime.db.read() as session:
        return {
            name: session.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }


@pytest.mark.parametrize(
    ("call", "place", "bad"),
    [pytest.param(*field, marks=[] if field[:2] in ON_BOTH else pytest.mark.sqlite_alone) for field in FIELDS],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_values(shared_world, urls, call, place, bad):
    """
    An invalid value causes a 422 with its pointer only, and nothing is stored.
    """
    before = rows(shared_world)
    for value in bad:
        response = shared_world.post(urls[call], put(VALID[call], place, value))

        assert 422 == response.status_code, (value, response.text)
        assert {f"/{place}"} == {fault["pointer"] for fault in response.json["errors"]}, (value, response.text)
    assert before == rows(shared_world)


RAW_NUMBERS = [
    (REPORTS, "probability", ["1e400", "-1e400", "1" * 400, "1e99999999999", "0." + "9" * 300 + "e5"]),
    (REPORTS, "commitment", ["1e400", "1" * 5000, "1.5", "1e0", "-0.5"]),
    (RESOLUTIONS, "truth", ["1e400", "-1e400", "1" * 5000]),
    (CLAIMS, "text", ["1e400", "1" * 5000]),
]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("call", "name", "numbers"), RAW_NUMBERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_numbers_out_of_range(shared_world, urls, call, name, numbers):
    """
    A number that is out of range, or of the wrong type, causes a 422 with its pointer.
    """
    for number in numbers:
        body = json.dumps(VALID[call] | {name: "HERE"}).replace('"HERE"', number)
        response = shared_world.post(urls[call], data=body, content_type="application/json")

        assert 422 == response.status_code, (number, response.text)
        assert {f"/{name}"} == {fault["pointer"] for fault in response.json["errors"]}, number


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    "name",
    ["nmae", "", "a/b", "a~b", "a\ud800", "a\x00", "id", "recorded_at", "__class__", "Name", "x" * 10_000, "_schema"],
)
def test_unknown_member(shared_world, urls, name):
    """
    An unknown member is reported at any depth, escaped as in RFC 6901.
    """
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    for call, url in urls.items():
        assert_problem(shared_world.post(url, VALID[call] | {name: 1}), 422, "invalid-body", pointer)
    body = VALID[CLAIMS] | {
        "reports": [report(), {**report(), "relays": {name: 1}, "outlet": {"name": "a", name + "x": 1}}]
    }

    response = shared_world.post(CLAIMS, body)

    assert_problem(response, 422, "invalid-body", f"/reports/1/relays{pointer}", f"/reports/1/outlet{pointer}x")


@pytest.mark.sqlite_alone
def test_empty_object(shared_world, urls):
    """
    An empty object causes a 422 that lists all required members.
    """
    required = {
        OUTLETS: ["/name"],
        CLAIMS: ["/text", "/reports"],
        REPORTS: ["/published_at"],
        RESOLUTIONS: ["/verdict"],
    }
    for call, url in urls.items():
        response = shared_world.post(url, {})
        assert_problem(response, 422, "invalid-body", *required[call])
        assert {"required"} == {fault["code"] for fault in response.json["errors"]}


@pytest.mark.sqlite_alone
def test_all_at_once(shared_world):
    """
    All invalid values of a body are reported at once, at every depth.
    """
    body = {
        "text": SURROGATE,
        "kind": "rumour",
        "tags": ["ok", 5, NUL],
        "resolves_by": "2026-01-01T00:00:00",
        "typo": 1,
        "reports": [
            {"outlet": {"name": " "}, "published_at": "0001-01-01T00:00:00+03:00", "probability": "1"},
            {"outlet": "a", "commitment": True, "url": "x", "relays": {"outlet": 5}},
            7,
        ],
    }

    response = shared_world.post(CLAIMS, body)

    first = ["/reports/0/outlet/name", "/reports/0/published_at", "/reports/0/probability"]
    second = [f"/reports/1/{name}" for name in ("published_at", "commitment", "url", "relays/outlet")]
    own = ["/text", "/kind", "/tags/1", "/tags/2", "/resolves_by", "/typo"]
    assert_problem(response, 422, "invalid-body", *own, *first, *second, "/reports/2")
