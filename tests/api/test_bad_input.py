"""What is wrong with a request is said by its place, all at once; no input makes a 500."""

from __future__ import annotations

import base64
import io
import json
from uuid import UUID

import pytest

from service.paging import encode_cursor
from service.vocabulary import Scope
from tests.world import assert_problem, report

OUTLETS, CLAIMS, REPORTS, RESOLUTIONS = (
    "/v1/outlets",
    "/v1/claims",
    "/v1/claims/{}/reports",
    "/v1/claims/{}/resolutions",
)
VALID = {
    OUTLETS: {"name": "Herald"},
    CLAIMS: {"text": "The bridge opens in May.", "reports": [report()]},
    REPORTS: report(),
    RESOLUTIONS: {"verdict": "true", "note": "Seen on the club's page."},
}
SURROGATE, NUL = "a\ud800", "a\x00"
DEEP = json.loads("[" * 200 + "]" * 200)
WRONG_TYPES = {
    "text": (5, 1.5, True, [], {}, ["a"]),
    "number": ("1", "0.5", "", True, False, [], {}, "NaN"),
    "instant": (5, True, [], {}, 1704067200, "2026-01-01"),
    "list": (5, "a", True, {}),
    "object": (5, "a", True, []),
    "flag": (0, 1, "true", "yes", "", [], None, 1.0),
}
NO_TEXT = ("", " ", "\u3000\n", SURROGATE, NUL, "\udc00\ud800", "\x00")
NO_INSTANT = ("2026-01-01T00:00:00", "2026-01-01", "now", "", NUL, SURROGATE, "1" * 5000, "2026-01-01T00:00:00 Z")
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
    "2026-01-01T00:00Z",
    "2026-01-01T00:00:00.Z",
    "2026-W01-1T00:00:00Z",
)
NO_INSTANT += ("\uff12\uff10\uff12\uff16-01-01T00:00:00Z",)
NO_URL = ("example.org", "//example.org/", "ftp://example.org/", "javascript:alert(1)", "https://", "https:///path", "")
NO_URL += ("http://[::1", "https://a b/", "https://example.org/\n", " https://example.org", SURROGATE, NUL)
NO_URL += ("https://example.org/" + "a" * 2000,)


def values(field, *, longest=None, null=False):
    """Values that a field of a type must refuse."""
    bad = [*WRONG_TYPES.get(field, WRONG_TYPES["text"])]
    bad += {"text": NO_TEXT, "instant": NO_INSTANT, "url": NO_URL}.get(field, ())
    bad += [] if longest is None else ["x" * (longest + 1)]
    return bad if null else [*bad, None]


FIELDS = [
    (OUTLETS, "name", values("text", longest=200)),
    (OUTLETS, "slug", values("text", longest=80, null=True)),
    (OUTLETS, "kind", [*values("text", longest=80), "Newspaper", "blog"]),
    (OUTLETS, "domains", [*values("list"), ["a.de"] * 101]),
    (OUTLETS, "domains/0", values("text", longest=500)),
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
    (REPORTS, "stance", [*values("text", longest=80), "SUPPORT", "asserts"]),
    (REPORTS, "commitment", [*values("number", null=True), 0, 5, -1, 1.5, 10**30, 10**400]),
    (REPORTS, "probability", [*values("number", null=True), -0.001, 1.001, -1e300, 10**400]),
    (REPORTS, "published_at", values("instant")),
    (REPORTS, "url", [*values("url", null=True)]),
    (REPORTS, "quote", values("text", longest=2000, null=True)),
    (REPORTS, "relays", values("object", null=True)),
    (REPORTS, "relays/outlet", values("text", longest=80, null=True)),
    (REPORTS, "relays/cited_as", values("text", longest=200, null=True)),
    (RESOLUTIONS, "verdict", [*values("text", longest=80, null=True), "True", "TRUE", "maybe"]),
    (RESOLUTIONS, "truth", values("number", null=True)),
    (RESOLUTIONS, "known_at", values("instant", null=True)),
    (RESOLUTIONS, "evidence", [*values("list"), ["https://example.org/"] * 21]),
    (RESOLUTIONS, "evidence/0", values("url")),
    (RESOLUTIONS, "note", values("text", longest=5000, null=True)),
    (RESOLUTIONS, "supersedes", [5, True, [], {}, "", "x", "9" * 400, NUL, SURROGATE]),
]


@pytest.fixture(scope="module")
def urls(standing_world):
    """The paths of the calls that write, of an open claim."""
    claim = standing_world.record()
    return {path: path.format(claim["id"]) for path in VALID}


def put(body, place, value):
    """A body with a value put at a place; what is on the way there is made."""
    name, _, rest = place.partition("/")
    if name == "0":
        return [put(body[0] if isinstance(body, list) and body else {}, rest, value) if rest else value]
    below = body.get(name) if isinstance(body, dict) else None
    return {**(body if isinstance(body, dict) else {}), name: put(below, rest, value) if rest else value}


@pytest.mark.parametrize(("call", "place", "bad"), FIELDS, ids=lambda value: value if isinstance(value, str) else "")
def test_bad_values(standing_world, urls, call, place, bad):
    """
    A value that does not fit is refused by its place and by no other.
    """
    for value in bad:
        response = standing_world.post(urls[call], put(VALID[call], place, value))

        assert 422 == response.status_code, (value, response.text)
        assert {f"/{place}"} == {fault["pointer"] for fault in response.json["errors"]}, (value, response.text)


RAW_NUMBERS = [
    (REPORTS, "probability", ["1e400", "-1e400", "1" * 400, "1e99999999999", "0." + "9" * 300 + "e5"]),
    (REPORTS, "commitment", ["1e400", "1" * 5000, "1.5", "1e0", "-0.5"]),
    (RESOLUTIONS, "truth", ["1e400", "-1e400", "1" * 5000]),
    (CLAIMS, "text", ["1e400", "1" * 5000]),
]


@pytest.mark.parametrize(
    ("call", "name", "numbers"), RAW_NUMBERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_numbers_out_of_range(standing_world, urls, call, name, numbers):
    """
    A number that no machine number is near to, or of the wrong sort, is refused by its place.
    """
    for number in numbers:
        body = json.dumps(VALID[call] | {name: "HERE"}).replace('"HERE"', number)
        response = standing_world.post(urls[call], data=body, content_type="application/json")

        assert 422 == response.status_code, (number, response.text)
        assert {f"/{name}"} == {fault["pointer"] for fault in response.json["errors"]}, number


MALFORMED = [
    (b"", [""]),
    (b" ", [""]),
    (b"{", [""]),
    (b"{'name': 1}", [""]),
    (b'{"name": "a"} x', [""]),
    (b'{"name": "a",}', [""]),
    (b'{"name": "\xff"}', [""]),
    ('\ufeff{"name": "a"}'.encode(), [""]),
    ('{"name": "a"}'.encode("utf-16"), [""]),
    (b'{"name": NaN}', ["/name"]),
    (b'{"domains": [1, Infinity, -Infinity]}', ["/domains/1", "/domains/2"]),
    (b'{"name": "a", "name": "b"}', ["/name"]),
    (b'{"a/b~c": {"x": 1, "x": 1}, "y": 1, "y": NaN}', ["/a~1b~0c/x", "/y"]),
    (b'{"na\\u006de": "a", "name": "a"}', ["/name"]),
    (b"[" * 100_000, [""]),
    (b"[" * 100_000 + b"]" * 100_000, [""]),
    (b'{"name":' * 100_000, [""]),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, [""]),
    (b'{"name": "a\nb"}', [""]),
    (b'{"name": "\\ud8"}', [""]),
    (b'{"n": 01}', [""]),
    (b'{"n": 0x1}', [""]),
    (b'{"n": 1_0}', [""]),
    (b'{"n": .5}', [""]),
]


@pytest.mark.parametrize(
    ("body", "pointers"), MALFORMED, ids=lambda value: str(value)[:30] if isinstance(value, bytes) else ""
)
def test_malformed(standing_world, urls, body, pointers):
    """
    What is not JSON is a 400 on every call, with the places at fault where there are such.
    """
    for url in urls.values():
        response = standing_world.post(url, data=body, content_type="application/json")
        assert_problem(response, 400, "malformed-json", *pointers)


@pytest.mark.parametrize("depth", [50, 400, 900, 990, 1000, 2000])
def test_deep(standing_world, urls, depth):
    """
    A body that nests deeply is refused, as JSON or as a value, whatever its depth.
    """
    for opening, inner, closing in (("[", "", "]"), ('{"a":', "1", "}")):
        nested = opening * depth + inner + closing * depth
        for url in urls.values():
            for body in (nested, f'{{"name": {nested}}}', f'{{"reports": [{nested}], "evidence": {nested}}}'):
                response = standing_world.post(url, data=body, content_type="application/json")
                assert response.status_code in (400, 422), response.text


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"5", b"true", b'"text"', b"[{}]", b"1e400", b'"\\ud800"', b'[{"name": "a"}]']
)
def test_not_an_object(standing_world, urls, body):
    """
    JSON that is not an object is a 422 of the whole body.
    """
    for url in urls.values():
        assert_problem(standing_world.post(url, data=body, content_type="application/json"), 422, "invalid-body", "")


@pytest.mark.parametrize(
    "name",
    ["nmae", "", "a/b", "a~b", "a\ud800", "a\x00", "id", "recorded_at", "__class__", "Name", "x" * 10_000, "_schema"],
)
def test_unknown_member(standing_world, urls, name):
    """
    A member that is not known is named, at whatever depth, and escaped as RFC 6901 says.
    """
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    for call, url in urls.items():
        assert_problem(standing_world.post(url, VALID[call] | {name: 1}), 422, "invalid-body", pointer)
    body = VALID[CLAIMS] | {
        "reports": [report(), {**report(), "relays": {name: 1}, "outlet": {"name": "a", name + "x": 1}}]
    }

    response = standing_world.post(CLAIMS, body)

    assert_problem(response, 422, "invalid-body", f"/reports/1/relays{pointer}", f"/reports/1/outlet{pointer}x")


def test_nothing_given(standing_world, urls):
    """
    An empty object lacks what each call requires, all of it.
    """
    required = {
        OUTLETS: ["/name"],
        CLAIMS: ["/text", "/reports"],
        REPORTS: ["/published_at"],
        RESOLUTIONS: ["/verdict"],
    }
    for call, url in urls.items():
        response = standing_world.post(url, {})
        assert_problem(response, 422, "invalid-body", *required[call])
        assert {"required"} == {fault["code"] for fault in response.json["errors"]}


def test_all_at_once(standing_world):
    """
    Everything that does not fit is named at once, at every depth.
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

    response = standing_world.post(CLAIMS, body)

    first = ["/reports/0/outlet/name", "/reports/0/published_at", "/reports/0/probability"]
    second = [f"/reports/1/{name}" for name in ("published_at", "commitment", "url", "relays/outlet")]
    own = ["/text", "/kind", "/tags/1", "/tags/2", "/resolves_by", "/typo"]
    assert_problem(response, 422, "invalid-body", *own, *first, *second, "/reports/2")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/x-ndjson",
        "json",
        "application/jsonx",
    ],
)
def test_wrong_content_type(standing_world, urls, content_type):
    """
    A body that is not said to be JSON is not read.
    """
    for call, url in urls.items():
        response = standing_world.post(url, data=json.dumps(VALID[call]), content_type=content_type)
        assert_problem(response, 415, "unsupported-media-type")


def test_content_type_with_parameters(standing_world):
    """
    Parameters and case of the content type do not matter.
    """
    for content_type in ("application/json; charset=utf-8", "Application/JSON"):
        response = standing_world.post(OUTLETS, data="{}", content_type=content_type)
        assert_problem(response, 422, "invalid-body", "/name")


def test_too_large(standing_world, urls):
    """
    A body over 1 MiB is refused, and one of just that is read.
    """
    for url in urls.values():
        for size, status, name in ((2**20 + 1, 413, "too-large"), (2**20, 400, "malformed-json")):
            body = b'{"name": "' + b"a" * (size - 10)
            response = standing_world.post(url, data=body, content_type="application/json")
            assert (status, f"/problems/{name}") == (response.status_code, response.json["type"])


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"{}".ljust(2**20), 422, "invalid-body"),
        (b"{}".ljust(2**20) + b"x", 413, "too-large"),
        (b"{}".ljust(2**20 + 2**19), 413, "too-large"),
    ],
    ids=["just", "garbage", "longer"],
)
def test_too_large_in_chunks(standing_world, urls, body, status, name):
    """
    A body whose length is not said beforehand is refused over 1 MiB, too, and never read in part.
    """
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    for url in urls.values():
        sent = io.BytesIO(body)
        terminated = {"wsgi.input_terminated": True}  # as gunicorn says that it knows where chunks end
        response = standing_world.post(url, headers=headers, input_stream=sent, environ_overrides=terminated)
        assert (status, f"/problems/{name}") == (response.status_code, response.json["type"])


QUERIES = [
    ("/v1/outlets", "limit", ["0", "201", "-1", "1.0", "1e1", "", " 5", "+5", "\uff15", "x", "9" * 400, "%00", "1_0"]),
    ("/v1/outlets", "q", ["", "%20", "%00", "a%00b", "x" * 201]),
    ("/v1/outlets", "kind", ["", "Newspaper", "blog", "%00"]),
    ("/v1/outlets", "parent", ["", "nobody", "x" * 81, "%00", "%ff"]),
    ("/v1/claims", "status", ["", "closed", "OPEN", "%00"]),
    ("/v1/claims", "verdict", ["", "True", "null", "%00"]),
    ("/v1/claims", "outlet", ["", "nobody", "%00", "x" * 81]),
    ("/v1/claims", "topic", ["", "%00", "x" * 101]),
    ("/v1/claims", "resolves_before", ["", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "%00"]),
    ("/v1/claims", "resolves_before", ["0001-01-01T00:00:00%2B03:00"]),
    ("/v1/outlets/herald/reports", "limit", ["0", "201", "%00"]),
    ("/v1/outlets/herald/score", "level", ["", "0", "1", "0.7", "NaN", "inf", "1e400", "x", "%00", "90", "-0.9"]),
    ("/v1/outlets/herald/score", "as_of", ["", "now", "2026-01-01", "9999-12-31T23:59:59-01:00", "%00"]),
    ("/v1/outlets/herald/score", "as_of", ["2999-01-01T00:00:00Z"]),
    ("/v1/outlets/herald/score", "basis", ["", "all", "%00"]),
    ("/v1/outlets/herald/score", "topic", ["", "%00", "x" * 101]),
    ("/v1/scores", "min_resolved", ["", "0", "-1", "1.5", "x", "9" * 400, "%00"]),
    ("/v1/scores", "sort", ["", "upper", "%00"]),
    ("/v1/scores", "order", ["", "up", "%00"]),
    ("/v1/scores", "limit", ["0", "201", "%00"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "name", "bad"), QUERIES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.usefixtures("urls")
def test_bad_query(standing_world, path, name, bad):
    """
    A parameter whose value cannot be used is named, and so is one that is given twice.
    """
    for value in bad:
        response = standing_world.get(f"{path}?{name}={value}")
        assert_problem(response, 400, "invalid-query", f"/{name}")
    assert_problem(standing_world.get(f"{path}?{name}=a&{name}=a"), 400, "invalid-query", f"/{name}")


@pytest.mark.parametrize("name", ["levle", "", "%00", "%ff", "a%2Fb", "outlet[]", "%ED%A0%80", "LIMIT", "_schema"])
@pytest.mark.usefixtures("urls")
def test_unknown_parameter(standing_world, name):
    """
    A parameter that is not known is refused beside what else is wrong.
    """
    for path in ("/v1/outlets", "/v1/claims", "/v1/outlets/herald/score", "/v1/scores", "/v1/outlets/herald"):
        response = standing_world.get(f"{path}?{name}=1")

        assert (400, "/problems/invalid-query") == (response.status_code, response.json["type"])
        assert 1 == len(response.json["errors"])


def test_bad_outlets_of_a_batch(standing_world):
    """
    Each outlet of a batch that cannot be one is named by its place.
    """
    response = standing_world.get(f"/v1/scores?outlet=a&outlet=&outlet=%00&outlet={'x' * 81}&levle=1")

    assert_problem(response, 400, "invalid-query", "/outlet/1", "/outlet/2", "/outlet/3", "/levle")


@pytest.fixture(scope="module")
def lists(standing_world):
    """A list of each sort that has a second page, and the cursor of that page."""
    for name in ("Aaa", "Bbb"):
        claim = standing_world.record(report(name), report(name, "2026-01-02T00:00:00Z"), report("Aaa"))
        standing_world.resolve(claim, "true")
        standing_world.record(report(name), kind="event", resolves_by="2026-01-01T00:00:00Z")
    paths = [
        "/v1/outlets?",
        "/v1/claims?",
        f"/v1/claims/{claim['id']}/reports?",
        "/v1/outlets/aaa/reports?",
        "/v1/queue?",
        "/v1/scores?min_resolved=1&",
    ]
    return {path: standing_world.get(f"{path}limit=1").json["next_cursor"] for path in paths}


def damaged(cursor):
    yield from ("", " ", "x", "=", "%00", "%ff", "ü", "a" * 2001, "../etc", "null", "0", "e30", "W10")
    yield from (cursor[:-2], cursor[1:], cursor + "AAAA", cursor + "%0A", cursor[:8], cursor.swapcase())
    for index in range(0, len(cursor) - 1, 5):
        yield cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :]


def test_damaged_cursors(standing_world, lists):
    """
    A cursor that was cut, lengthened or changed in any place is refused, and so is one of another list.
    """
    for path, cursor in lists.items():
        for bad in [*damaged(cursor), *(other for other in lists.values() if other != cursor)]:
            assert_problem(standing_world.get(f"{path}cursor={bad}"), 400, "invalid-query", "/cursor")
        assert 200 == standing_world.get(f"{path}cursor={cursor}").status_code


POSITIONS = [
    (),
    ("a", "b", "c", "d"),
    ("\x00",),
    ("\ud800",),
    5,
    None,
    True,
    "ab",
    [None],
    [{}],
    {"a": 1},
    [DEEP],
    [1e400],
]
POSITIONS += [
    ("9" * 400,),
    ("nan", "a"),
    ("inf", "\x00"),
    ("2026-01-01T00:00:00Z", "x"),
    ("0001-01-01T00:00:00+03:00",) * 2,
    *(
        ("2026-01-01T00:00:00Z",) * 2 + (count, str(UUID(int=0)))
        for count in ("9" * 30, "-" + "9" * 400, "-2", "9" * 10)
    ),
    ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0", str(UUID(int=0))),
]


@pytest.mark.parametrize("position", POSITIONS, ids=repr)
def test_forged_cursors(standing_world, lists, position):
    """
    A cursor sealed by who has read the source, with anything in it, makes no 500.
    """
    for path in lists:
        bare = path.split("?")[0]
        query = {"sort": "newest"} if bare == CLAIMS else {}
        bound_to = (
            [bare, query]
            if "scores" not in path
            else [json.dumps(["record/1", "matured", 0.9, None]), 1, "lower", "desc"]
        )
        response = standing_world.get(f"{path}cursor={encode_cursor(position, bound_to)}")
        assert response.status_code in (200, 400), response.text


def test_nested_without_end_in_a_cursor(standing_world):
    """
    Nor does one that nests without end.
    """
    cursor = encode_cursor(("x",), ["/v1/outlets", {}])
    assert 200 == standing_world.get(f"/v1/outlets?cursor={cursor}").status_code

    brackets = base64.urlsafe_b64encode(b"[" * 1490).decode().rstrip("=")

    assert_problem(standing_world.get(f"/v1/outlets?cursor={brackets}"), 400, "invalid-query", "/cursor")


def test_nothing_was_stored(standing_world, urls):
    """
    A refused body leaves nothing behind.
    """
    outlets = standing_world.get("/v1/outlets").json
    claim = standing_world.get(urls[REPORTS].removesuffix("/reports")).json

    assert {"herald", "aaa", "bbb"} >= {item["slug"] for item in outlets["items"]}
    assert ("open", 1) == (claim["status"], len(claim["reports"]))


def test_order_of_refusals(standing_world):
    """
    Refusals come in order: who calls, what may be called, then what was sent.
    """
    writer = standing_world.with_scopes(Scope.CLAIMS_WRITE)

    assert_problem(standing_world.client.post(OUTLETS, data=b"{"), 401, "unauthorized")
    assert_problem(writer.post(OUTLETS, data=b"{"), 403, "forbidden")
    assert_problem(standing_world.post(OUTLETS, data=b"{"), 415, "unsupported-media-type")
