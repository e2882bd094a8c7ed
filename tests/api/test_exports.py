"""/v1/export: everything on record as NDJSON and CSV."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import threading
import tracemalloc

import pytest
import sqlalchemy as sa

from service.outlets.track_record import Lens
from service.storage.models import Claim
from service.transfer.export import lines, report_lines, summaries
from service.values.ids import new_id
from service.values.vocabulary import Basis
from tests.support.busy_world import NOON, all_scores, fill
from tests.support.command import Command
from tests.support.tables import empty
from tests.support.world import assert_problem, report

IMPORTED = ("outlets", "claims", "reports", "resolutions")
KINDS = (*IMPORTED, "scores", "topics")
QUOTED = report(url="https://example.org/1", quote="Rovers have agreed terms.")


def export(world, kind, /, **query):
    """Return the lines of an export."""
    response = world.get(f"/v1/export/{kind}", query_string=query)
    assert 200 == response.status_code, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def table(world, kind, /, **query):
    """Return the rows of an export as CSV."""
    response = world.get(f"/v1/export/{kind}", query_string=query | {"format": "csv"})
    assert (200, "text/csv; charset=utf-8") == (response.status_code, response.content_type), response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.mark.parametrize("kind", KINDS)
def test_empty(world, kind):
    """
    An export of an empty database has no lines, and as CSV only the header row.
    """
    response = world.get(f"/v1/export/{kind}", headers={"Accept": "text/csv"})

    assert [] == export(world, kind)
    assert 1 == response.text.count("\r\n")
    assert "," in response.text
    assert f"attachment; filename={kind}.csv" == response.headers["Content-Disposition"]
    assert "Accept" in response.headers["Vary"]


def test_lines(world):
    """
    Every line has its type, and the members that were sent.
    """
    world.outlet("Echo", domains=["echo.example.org"])
    claim = world.record({**QUOTED, "relays": {"outlet": "echo"}}, external_id="a", topic="cups/finals", tags=["x"])
    world.resolve(claim, "partial", truth=0.25, known_at="2026-02-01")
    found = {kind: export(world, kind) for kind in KINDS}

    assert {kind.removesuffix("s") for kind in KINDS} == {lines[0]["type"] for lines in found.values()}
    assert ["echo", "herald"] == [line["slug"] for line in found["outlets"]]
    assert [("a", "cups/finals", ["x"])] == [
        (line["external_id"], line["topic"], line["tags"]) for line in found["claims"]
    ]
    assert [("a", "herald", {"outlet": "echo", "cited_as": None})] == [
        (line["claim"], line["outlet"], line["relays"]) for line in found["reports"]
    ]
    assert [("a", "partial", 0.25, "day")] == [
        (line["claim"], line["verdict"], line["truth"], line["known_precision"]) for line in found["resolutions"]
    ]
    assert ["cups", "cups/finals"] == [line["topic"] for line in found["topics"]]
    score = world.score()
    assert [score["counts"]] == [line["counts"] for line in found["scores"] if line["outlet"] == "herald"]


def test_columns(world):
    """
    As CSV, lists are JSON, a report is a flat line with its outcome, and a score has a column for each number.
    """
    world.outlet("Herald", domains=["herald.example.org", "example.org/herald"])
    claim = world.record(report(published_at="2026-01-01", probability=0.8), external_id="a", topic="cups")
    world.resolve(claim, "true", known_at="2026-02-01T08:00:00Z")
    [filed], [scored] = table(world, "reports"), table(world, "scores")

    assert ["herald.example.org", "example.org/herald"] == json.loads(table(world, "outlets")[0]["domains"])
    assert filed == {
        "outlet": "Herald",
        "claim_id": "a",
        "claim": "The bridge opens in May.",
        "topic": "cups",
        "stance": "support",
        "published_at": "2026-01-01",
        "url": "",
        "probability": "0.8",
        "commitment": "",
        "outcome": "true",
        "resolved_at": "2026-02-01T08:00:00Z",
    }
    assert str(world.score()["adjusted"]["mean"]) == scored["adjusted_mean"]
    assert "1" == scored["counts_claims"]
    assert [("cups", "1")] == [(row["topic"], row["claims"]) for row in table(world, "topics")]
    assert ["a"] == [row["claim"] for row in table(world, "resolutions")]


def members(lines):
    """Return the members of the first line, after reading all of them."""
    first, *_ = [set(line) for line in lines]
    return first


def test_columns_are_members(world):
    """
    Every column of a table is a member of its lines, so that no cell is empty by mistake.
    """
    fill(world)
    now = dt.datetime.now(dt.UTC)
    with world.runtime.db.read() as session:
        assert set(lines.OUTLET_COLUMNS) < members(lines.outlet_lines(session))
        assert set(lines.CLAIM_COLUMNS) < members(lines.claim_lines(session, now=now))
        assert set(lines.RESOLUTION_COLUMNS) < members(lines.resolution_lines(session, now=now))
        assert set(report_lines.FLAT_COLUMNS) == members(report_lines.flat_report_lines(session, now=now))
        assert set(summaries.TOPIC_COLUMNS) < members(summaries.topic_lines(session, now=now))
        lens = Lens(None, Basis.RESOLVED, None, None, 0.9)
        assert [score.outlet for score in summaries.exported_scores(session, lens=lens, now=now)] == sorted(
            score["outlet"] for score in export(world, "scores")
        )
    filled = {name for row in table(world, "scores") for name, cell in row.items() if cell}
    assert set(summaries.SCORE_COLUMNS) - filled <= {"topic", "ledger"}


def test_same_scores_after_import(world, settings, tmp_path):
    """
    R19: the NDJSON exports, imported into an empty database, give the same scores.
    """
    fill(world)
    before = all_scores(world)
    for kind in IMPORTED:
        (tmp_path / f"{kind}.ndjson").write_bytes(world.get(f"/v1/export/{kind}").data)
    empty(world.runtime.db, world.runtime.cache)
    for kind in IMPORTED:
        done = Command(settings)("import", tmp_path / f"{kind}.ndjson")
        assert (0, True) == (done.exit_code, " 0 rejected" in done.stdout), done.output

    assert before == all_scores(world)


def test_flat_lines_are_imported(world, settings, tmp_path):
    """
    The CSV of reports is imported as it is, and gives the same scores where flat lines can say everything.
    """
    for name, verdict in (("=HYPERLINK(1)", "true"), ("'Tis so, they say", "false"), ("-5 degrees", "void")):
        claim = world.record(report(name, NOON, probability=0.8), report("Echo", "2024-03-01"), text=f"{name}!")
        world.resolve(claim, verdict, known_at="2024-03-01")
    before = all_scores(world)
    path = tmp_path / "reports.csv"
    path.write_bytes(world.get("/v1/export/reports?format=csv").data)
    empty(world.runtime.db, world.runtime.cache)
    done = Command(settings)("import", path)

    assert "6 lines: 6 created, 0 updated, 0 unchanged, 0 rejected" in done.stdout, done.output
    assert sorted(map(str, before.values())) == sorted(map(str, all_scores(world).values()))


def test_filters(world):
    """
    Exports take the filters of the lists.
    """
    world.outlet("Owner", kind="organisation")
    world.outlet("Echo", parent="owner", kind="agency")
    cup = world.record(report("Herald"), report("Echo"), external_id="a", topic="cups/finals", tags=["x"], group="g")
    world.record(report("Herald"), external_id="b", kind="event", resolves_by="2099-01-01")
    world.resolve(cup, "true")

    assert ["echo"] == [line["slug"] for line in export(world, "outlets", parent="owner")]
    assert ["owner"] == [line["slug"] for line in export(world, "outlets", kind="organisation")]
    for query in ({"topic": "cups"}, {"outlet": "echo"}, {"status": "resolved"}, {"verdict": "true"}, {"tag": "X"}):
        assert ["a"] == [line["external_id"] for line in export(world, "claims", **query)], query
    assert ["b"] == [line["external_id"] for line in export(world, "claims", kind="event")]
    assert [("a", "echo")] == [(line["claim"], line["outlet"]) for line in export(world, "reports", outlet="echo")]
    assert 2 == len(table(world, "reports", topic="cups"))
    assert ["b"] == [line["claim"] for line in export(world, "reports", kind="event")]
    assert (1, 0) == (
        len(export(world, "resolutions", outlet="echo")),
        len(export(world, "resolutions", verdict="false")),
    )
    assert ["echo"] == [line["outlet"] for line in export(world, "scores", kind="agency")]
    assert ["cups/finals"] == [line["topic"] for line in export(world, "topics", topic="cups/finals")]


def test_since(world):
    """
    `since` selects what was recorded, changed, corrected, merged or resolved at that moment or later.
    """
    for name in ("Herald", "Echo", "Mirror"):
        world.record(report(name), external_id=name, topic=name.lower())
    since = world.claim(world.get("/v1/claims").json["items"][0])["recorded_at"]
    later = str(dt.datetime.fromisoformat(since) + dt.timedelta(microseconds=1)).replace("+00:00", "Z")
    assert dict.fromkeys(KINDS, 0) == {kind: len(export(world, kind, since=later)) for kind in KINDS}

    items = {claim["external_id"]: claim for claim in world.get("/v1/claims").json["items"]}
    world.patch(f"/v1/claims/{items['Herald']['id']}", {"tags": ["x"]}, headers={"If-Match": "*"})
    [filed] = world.claim(items["Echo"])["reports"]
    world.patch(f"/v1/reports/{filed['id']}", {"commitment": 1}, headers={"If-Match": "*"})
    world.resolve(items["Mirror"], "true")
    world.post("/v1/outlets/herald/merge", {"into": "mirror"})

    assert ["herald"] == [line["slug"] for line in export(world, "outlets", since=later)]
    assert ["Herald"] == [line["external_id"] for line in export(world, "claims", since=later)]
    assert ["Echo"] == [line["claim"] for line in export(world, "reports", since=later)]
    assert ["Mirror"] == [line["claim"] for line in export(world, "resolutions", since=later)]
    assert ["echo", "mirror"] == [line["outlet"] for line in export(world, "scores", since=later)]
    assert ["herald"] == [line["topic"] for line in export(world, "topics", since=later)]
    assert 3 == len(export(world, "claims", since="2024-01-01"))


@pytest.mark.sqlite_alone
def test_formulas(world):
    """
    No cell of a table is taken for a formula: an apostrophe comes first, also before an apostrophe that looks like one.
    """
    texts = ["=1+1", "+1", "-1", "@x", "\uff1d1", "'=1", "'t was so", "1-1"]
    for text in texts:
        world.record(text=text)

    shown = ["'=1+1", "'+1", "'-1", "'@x", "'\uff1d1", "''=1", "'t was so", "1-1"]
    assert shown == [row["text"] for row in table(world, "claims")]
    assert texts == [line["text"] for line in export(world, "claims")]


@pytest.mark.sqlite_alone
def test_format(world):
    """
    `format` is stronger than `Accept`; NDJSON is the default, and only CSV has a byte order mark.
    """
    world.record(text="Über Köln.")

    def fetch(query, accept="*/*"):
        return world.get(f"/v1/export/claims{query}", headers={"Accept": accept})

    types = {"application/x-ndjson": ("", "text/html"), "text/csv; charset=utf-8": ("?format=csv", "*/*")}
    assert {media: fetch(*request).content_type for media, request in types.items()} == {each: each for each in types}
    assert "application/x-ndjson" == fetch("?format=ndjson", "text/csv").content_type
    assert fetch("?bom=true", "text/csv").data.startswith("\ufeffexternal_id,".encode())
    assert fetch("", "text/csv").data.startswith(b"external_id,")
    assert "Über Köln." in fetch("").text
    assert_problem(fetch("?bom=true"), 400, "invalid-query", "/bom")
    assert_problem(fetch("?format=xml"), 400, "invalid-query", "/format")
    assert_problem(fetch("?since=yesterday"), 400, "invalid-query", "/since")


def test_unknown_outlet(world):
    """
    An unknown outlet is a problem, and not a file that ends early.
    """
    for _ in range(3):  # more often than exports may run at once
        assert_problem(world.get("/v1/export/claims?outlet=nobody"), 400, "invalid-query", "/outlet")
        assert_problem(world.get("/v1/export/outlets?parent=nobody"), 400, "invalid-query", "/parent")


@pytest.mark.sqlite_alone
def test_two_at_once(world):
    """
    A process sends two exports at once. A third gets 503 with Retry-After, until one was sent or its client has left.
    """
    world.record()
    running = [world.client.get("/v1/export/claims") for _ in range(2)]
    refused = world.get("/v1/export/claims")

    assert_problem(refused, 503, "exports-busy")
    assert int(refused.headers["Retry-After"]) > 0
    running[0].close()
    assert 1 == len(export(world, "claims"))
    assert 1 == len(running[1].text.splitlines())
    for _ in range(3):
        world.client.head("/v1/export/claims").close()
    assert 2 == len([world.client.get("/v1/export/claims") for _ in range(2)])


def test_one_moment(world):
    """
    An export shows the record as of its first line, whatever is written while it is sent.
    """
    add_claims(world, 1500, text="x" * 200)
    response = world.client.get("/v1/export/claims")
    first = next(response.iter_encoded())
    world.record(external_id="later")
    rest = b"".join(response.iter_encoded())

    assert 1500 == len((first + rest).splitlines())
    assert 1501 == len(export(world, "claims"))


def test_memory(world):
    """
    The memory of an export does not grow with the number of its lines.
    """
    add_claims(world, 10_000, text="x" * 2000)
    response = world.client.get("/v1/export/claims")
    chunks = response.iter_encoded()
    next(chunks)
    tracemalloc.start()
    try:
        size = sum(map(len, chunks))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size > 9_000 * 2000
    assert peak < size / 2


def add_claims(world, number, **members):
    """Add many claims at once, past the rules."""
    row = {"kind": "fact", "tags": [], "terms": "", "recorded_at": dt.datetime.now(dt.UTC), **members}
    with world.runtime.db.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.insert(Claim), [{**row, "id": new_id()} for _ in range(number)])


@pytest.mark.sqlite_alone
def test_compressed(world):
    """
    An export is compressed on request, whatever its size.
    """
    world.record(external_id="a")
    response = world.get("/v1/export/claims", headers={"Accept-Encoding": "gzip"})

    assert "gzip" == response.headers["Content-Encoding"]
    assert "a" == json.loads(gzip.decompress(response.data))["external_id"]


def test_redacted_and_withdrawn(world):
    """
    No export holds redacted words or withdrawn reports.
    """
    claim = world.record(QUOTED, report("Echo", url="https://example.org/withdrawn"), text="Secret words.")
    by_outlet = {each["outlet"]: each for each in claim["reports"]}
    world.post(f"/v1/reports/{by_outlet['echo']['id']}/withdrawal", {"reason": "By mistake."})
    redacted = {claim["id"]: ["text"], by_outlet["herald"]["id"]: ["quote", "url"]}
    for subject, members in redacted.items():
        world.post("/v1/redactions", {"subject": subject, "members": members, "reason": "A court has said so."})
    texts = [world.get(f"/v1/export/{kind}?format={form}").text for kind in KINDS for form in ("ndjson", "csv")]

    assert [] == [text for text in texts for words in ("Secret", "agreed", "example.org") if words in text]


def test_threads(world):
    """
    The places of exports are shared by the threads of a process, and all of them are free afterwards.
    """
    world.record()
    results = []

    def fetch():
        with world.app.test_client() as client:
            results.append(client.get("/v1/export/claims", buffered=True).status_code)

    threads = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {200} <= set(results) <= {200, 503}
    assert 1 == len(export(world, "claims"))
