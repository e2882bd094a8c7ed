"""POST /v1/imports: send a file"""

from __future__ import annotations

import gzip
import hashlib
import io
from dataclasses import replace

import pytest
import sqlalchemy as sa

from service.storage.models import Entry, ImportChunk, ImportJob, Report
from service.transfer.load import BATCH
from service.values.vocabulary import Scope
from tests.support.import_jobs import (
    IMPORTS,
    check_responses,
    flat_csv,
    import_file,
    process_imports,
    read,
    results_of,
    send_file,
    start,
)
from tests.support.world import assert_problem

ANY = {"If-Match": "*"}


@pytest.fixture(autouse=True)
def checked(world):
    """Check every response of the client against the document."""
    check_responses(world)


def limited(world, size):
    """Set the largest file that the service accepts."""
    world.runtime.settings = replace(world.runtime.settings, max_import=size)


def test_import_of_a_file(world):
    """
    An import is answered with a queued job, and each line of the file has its result when the job has succeeded.
    """
    response = send_file(world, flat_csv("bridge", "tunnel") + "Herald,,No id,2026-01-01,\n", content_type="text/csv")

    assert (202, "queued", 0) == (response.status_code, response.json["status"], response.json["progress"]["read"])
    assert f"{IMPORTS}/{response.json['id']}" == response.headers["Location"]

    process_imports(world)
    job, results = read(world, response.json), results_of(world, response.json)

    counts = {"read": 3, "created": 2, "updated": 0, "unchanged": 0, "rejected": 1, "total": 3, "share": 1.0}
    assert ("succeeded", counts) == (job["status"], job["progress"])
    assert [(2, "created"), (3, "created"), (4, "rejected")] == [(line["line"], line["status"]) for line in results]
    assert "/problems/invalid-body" == results[2]["problem"]["type"]
    assert [results[0]["id"], results[1]["id"]] == sorted(
        report["id"] for claim in world.get("/v1/claims").json["items"] for report in world.claim(claim)["reports"]
    )


def test_the_same_file_again(world):
    """
    The second import of a file changes nothing.
    """
    import_file(world, flat_csv("bridge"))
    job, [line] = import_file(world, flat_csv("bridge"))

    assert (1, 0, "unchanged") == (job["progress"]["unchanged"], job["progress"]["created"], line["status"])


@pytest.mark.parametrize("content_type", ["text/csv", "application/x-www-form-urlencoded", "application/json", None])
def test_any_content_type(world, content_type):
    """
    The format is detected from the content, whatever the content type.
    """
    job, _ = import_file(world, flat_csv("bridge"), content_type=content_type)

    assert 1 == job["progress"]["created"]


def test_compressed_file(world):
    """
    A compressed file is accepted, with or without a Content-Encoding.
    """
    packed = gzip.compress(flat_csv("bridge").encode())
    first, _ = import_file(world, packed)
    second, _ = import_file(world, packed, headers={"Content-Encoding": "gzip"})

    assert (1, 1) == (first["progress"]["created"], second["progress"]["unchanged"])
    assert_problem(send_file(world, packed, headers={"Content-Encoding": "br"}), 415, "unsupported-media-type")


def test_file_of_a_form(world):
    """
    A form with a file is accepted, as browsers and curl send it.
    """
    data = {"note": "before", "file": (io.BytesIO(flat_csv("bridge").encode()), "reports.csv")}
    job, [line] = import_file(world, data)

    assert ("reports.csv", "created") == (job["name"], line["status"])
    assert_problem(send_file(world, {"note": "no file"}, content_type="multipart/form-data"), 400, "bad-request")


def test_options_of_the_file(world):
    """
    The options are used for reading the file, and shown with the job.
    """
    content = "Quelle;claim_id;claim;published_at;probability\nZeitung;b;Die Brücke öffnet.;14.02.2026;0,8\n"
    path = f"{IMPORTS}?locale=de&encoding=cp1252&map=outlet:Quelle&feed=desk"
    job, _ = import_file(world, content.encode("cp1252"), path)

    assert 1 == job["progress"]["created"], job
    assert ("de", "cp1252", ["outlet:Quelle"], "desk") == tuple(
        job[name] for name in ("locale", "encoding", "map", "feed")
    )
    [claim] = world.get("/v1/claims").json["items"]
    assert ("Die Brücke öffnet.", "desk:b") == (claim["text"], claim["external_id"])


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("dry_run=maybe", "/dry_run"),
        ("dry_run=", "/dry_run"),
        ("encoding=klingon", "/encoding"),
        ("locale=xx", "/locale"),
        ("map=outlet", "/map"),
        ("map=nothing:Quelle", "/map"),
        ("feed=%00", "/feed"),
        ("format=csv", "/format"),
    ],
)
def test_invalid_option(world, query, pointer):
    """
    An invalid option is rejected with its place before anything is stored.
    """
    assert_problem(send_file(world, flat_csv("b"), f"{IMPORTS}?{query}"), 400, "invalid-query", pointer)
    assert 0 == world.count(ImportJob) == world.count(ImportChunk)


def test_file_that_cannot_be_read(world):
    """
    A job whose file cannot be read fails with a problem document.
    """
    job, results = import_file(world, b"%PDF-1.7 nothing")

    assert ("failed", "/problems/unreadable-file", []) == (job["status"], job["problem"]["type"], results)


def test_file_that_is_damaged_in_the_middle(world):
    """
    A job that fails in the middle of its file keeps the lines before that, with their results.
    """
    names = (hashlib.sha512(str(n).encode()).hexdigest() * 8 for n in range(4000))
    packed = gzip.compress("".join(f'{{"type": "{name}"}}\n' for name in names).encode())
    job, results = import_file(world, packed[:-200])

    assert ("failed", "/problems/unreadable-file") == (job["status"], job["problem"]["type"])
    assert 0 < job["progress"]["rejected"] == len(results) < 4000


def test_size_limit(world):
    """
    A file over BORNEOUT_MAX_IMPORT is rejected, or its job fails if it is too large only once it is unpacked.
    """
    limited(world, 2000)
    large = flat_csv(*map(str, range(100)))

    assert_problem(send_file(world, large), 413, "too-large")
    job, _ = import_file(world, gzip.compress(large.encode()))

    assert ("failed", "/problems/too-large") == (job["status"], job["problem"]["type"])
    assert "BORNEOUT_MAX_IMPORT" in job["problem"]["detail"]
    assert 0 == world.count(ImportChunk)


def test_unfinished_jobs_of_a_key(world):
    """
    A key may have five unfinished jobs; another key, and the same key after one has finished, may start more.
    """
    started = [start(world) for _ in range(5)]

    rejected = send_file(world, flat_csv("bridge"))
    assert_problem(rejected, 429, "too-many-imports")
    assert int(rejected.headers["Retry-After"]) > 0
    start(world.with_scopes(Scope.CLAIMS_WRITE))
    world.delete(f"{IMPORTS}/{started[0]['id']}", headers=ANY)
    start(world)


def test_space_for_all_uploads(world):
    """
    All stored uploads together may have ten times the size of the largest one, and finished jobs need no space.
    """
    content = flat_csv("bridge").ljust(200)
    limited(world, 200)
    for _ in range(2):
        key = world.with_scopes(Scope.CLAIMS_WRITE)
        for _ in range(5):
            start(key, content)

    rejected = send_file(world, content)
    assert_problem(rejected, 507, "insufficient-storage")
    assert int(rejected.headers["Retry-After"]) > 0
    process_imports(world)
    assert 0 == world.count(ImportChunk)
    start(world, content)


def test_one_upload_at_a_time(world):
    """
    A process that is receiving a file rejects another one for the moment.
    """
    with world.runtime.receiving:
        response = send_file(world, flat_csv("bridge"))

    assert_problem(response, 503, "upload-running")
    assert "1" == response.headers["Retry-After"]


def test_large_file_in_chunks(world):
    """
    A file of several chunks is read as it was sent.
    """
    content = b"".join(b'{"type": "outlet", "name": "Outlet %d", "x": "%s"}\n' % (n, b"y" * 9000) for n in range(300))
    job = start(world, content)

    assert 3 == world.count(ImportChunk)
    process_imports(world)
    assert (300, len(content)) == (read(world, job)["progress"]["rejected"], job["size"])
    assert 300 == len(results_of(world, job))


def test_scopes(world):
    """
    The call needs claims:write, and outlets and outcomes their own scopes line by line (R14).
    """
    assert_problem(send_file(world.with_scopes(Scope.OUTLETS_WRITE), flat_csv("b")), 403, "forbidden")
    feed = world.with_scopes(Scope.CLAIMS_WRITE)
    content = (
        '{"type": "outlet", "name": "Herald"}\n'
        '{"outlet": "Herald", "claim_id": "a", "claim": "A.", "published_at": "2026-01-01", "outcome": "true"}\n'
        '{"outlet": "Herald", "claim_id": "b", "claim": "B.", "published_at": "2026-01-01"}\n'
    )

    _, results = import_file(feed, content)

    assert ["rejected", "rejected", "created"] == [line["status"] for line in results]
    assert ["/problems/forbidden"] * 2 == [line["problem"]["type"] for line in results[:2]]


def test_author_of_the_rows(world):
    """
    The ledger names the key and the request that started the import as the author of every row, and no row of the job.
    """
    feed = world.with_scopes(Scope.CLAIMS_WRITE)
    before = world.count(Entry)
    import_file(feed, flat_csv("bridge"), headers={"X-Request-ID": "import-7"})

    with world.runtime.db.read() as session:
        entries = session.scalars(sa.select(Entry).where(Entry.request_id == "import-7")).all()
    assert {"outlet", "claim", "report"} == {entry.table_name for entry in entries}
    assert {feed.get("/v1/me").json["id"]} == {str(entry.actor) for entry in entries}
    assert len(entries) == world.count(Entry) - before


def test_rate_limit_counts_one_call(world):
    """
    A job counts as one call, however many lines it has.
    """
    feed = world.with_scopes(Scope.CLAIMS_WRITE)
    before = send_file(feed, flat_csv("a")).headers["RateLimit"]
    process_imports(world)
    after = send_file(feed, flat_csv("b", "c", "d")).headers["RateLimit"]

    remaining = [int(text.partition("r=")[2].partition(";")[0]) for text in (before, after)]
    assert 1 == remaining[0] - remaining[1]


def test_dry_run(world):
    """
    A dry run gives the results of a real import, in which later lines build on earlier ones, and changes nothing.
    """
    claim = world.record(text="Claim a is true.", external_id="a")
    world.resolve(claim, "true")
    content = (
        flat_csv("a")
        + flat_csv(*map(str, range(BATCH))).partition("\n")[2]  # a whole chunk
        + flat_csv("b", outlet="Courier").partition("\n")[2]
        + flat_csv("0", outlet="Courier", outcome="false").partition("\n")[2]
        + flat_csv("0", outlet="Herald").partition("\n")[2]
        + "Herald,0,Another text.,2026-01-01,\n"
    )
    before = {table: world.count(table) for table in (Entry, Report)}

    trial, tried = import_file(world, content, f"{IMPORTS}?dry_run=true")
    assert before == {table: world.count(table) for table in before}
    real, loaded = import_file(world, content)

    assert (True, False, trial["progress"]) == (trial["dry_run"], real["dry_run"], real["progress"])
    assert [without_ids(line) for line in tried] == [without_ids(line) for line in loaded]
    assert ["created", "created", "unchanged", "rejected"] == [line["status"] for line in loaded[-4:]]


def without_ids(line):
    """Return the result of a line without the ids of the database."""
    kept = {name: value for name, value in line.items() if name != "id"}
    return kept | ({"problem": line["problem"]["type"]} if "problem" in line else {})
