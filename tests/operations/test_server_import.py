"""`borneout import --server`"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from service.config import Settings
from tests.support.command import Command
from tests.support.live_service import KEY, free_port, running
from tests.support.server_import import FLAT, LINES, lossy_proxy, results_of

ROOT = Path(__file__).parents[2]
STORY = ROOT / "examples" / "alonso.ndjson"
POLLS = ROOT / "tests" / "data" / "polls_excerpt.ndjson"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The remote service."""
    with running(tmp_path_factory.mktemp("remote")) as started:
        yield started


@pytest.fixture
def local(tmp_path):
    """The command on a local database."""
    command = Command(Settings.from_env({}, data_dir=tmp_path))
    assert 0 == command("migrate").exit_code
    return command


@pytest.fixture
def load(tmp_path):
    """Returns a function that imports a file into the service, and returns the exit code, the summary and the
    rejections.
    """
    command = Command(Settings.from_env({}, data_dir=tmp_path / "nothing"))

    def run(address, *options, key=KEY):
        done = command("import", "--server", address, "--key", key, *options)
        return done.exit_code, done.stdout.strip(), done.stderr

    return run


def at(service):
    """Return the service's URL."""
    return f"http://127.0.0.1:{service.port}"


def test_typed_lines(service, load):
    """
    The example is loaded as it is locally, and every line is unchanged the second time.
    """
    lines = len(STORY.read_text().splitlines())

    code, summary, _ = load(at(service), STORY)
    _, again, _ = load(at(service), STORY)

    assert (0, f"{lines} lines: {lines} created, 0 updated, 0 unchanged, 0 rejected") == (code, summary)
    assert f"{lines} lines: 0 created, 0 updated, {lines} unchanged, 0 rejected" == again
    assert (2, 2) == tuple(
        service.call("GET", "/v1/outlets/bayer-leverkusen/score")[1]["counts"][name] for name in ("resolved", "correct")
    )


def test_flat_lines(service, load, local, tmp_path):
    """
    A flat file yields the same scores in the service as locally.
    """
    polls = tmp_path / "polls.ndjson"
    polls.write_text("".join(POLLS.read_text().splitlines(keepends=True)[:60]))
    code, *_ = load(at(service), polls, "--feed", "polls")
    assert 0 == local("import", polls).exit_code
    names = [json.loads(line)["outlet"] for line in polls.read_text().splitlines()]
    found = slug(service, max(names, key=names.count))

    score = local("score", found)

    assert json.loads(score.stdout)["counts"] == service.call("GET", f"/v1/outlets/{found}/score")[1]["counts"]
    assert 0 == code


def test_rejected_lines(service, load, tmp_path):
    """
    A rejected line is reported with its number and the service's reason, and the import continues.
    """
    flat = {"outlet": "Herald", "claim_id": "1", "claim": "A.", "published_at": "2026-01-01"}
    lines = [
        flat,
        flat | {"claim": "B."},
        flat | {"published_at": "2999-01-01"},
        flat | {"outcome": True, "resolved_at": "2999-01-01"},
        {"type": "report", "claim": "unknown", "outlet": "herald", "published_at": "2026-01-01T00:00:00Z"},
        {"type": "outlet", "name": "Herald", "slug": "herald", "kind": "agency"},
        flat | {"outcome": True, "resolved_at": "2026-02-01"},
    ]
    file, results = tmp_path / "lines.ndjson", tmp_path / "results.ndjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    code, summary, _ = load(at(service), file, "--results", results)

    rows = [json.loads(line) for line in results.read_text().splitlines()]
    assert (1, "7 lines: 1 created, 2 updated, 0 unchanged, 4 rejected") == (code, summary)
    assert [None, "claim-differs", "invalid-body", "invalid-body", "invalid-body", None, None] == [
        line.get("problem", {"type": None})["type"] and line["problem"]["type"].removeprefix("/problems/")
        for line in rows
    ]
    assert ["/published_at", "/resolved_at", "/claim"] == [
        line["problem"]["errors"][0]["pointer"] for line in rows[2:5]
    ]


def test_known_before_every_report(service, load, tmp_path):
    """
    R6a: the service's warning about a resolution that was known before every report is printed with its line; a bare
    date of today, or of a day on record, can be sent again.
    """
    flat = {"outlet": "Herald", "claim": "A.", "published_at": "2026-02-01", "outcome": True}
    today = str(dt.datetime.now(dt.UTC).date())
    lines = [flat | {"claim_id": "w1", "resolved_at": "2026-01-31"}, flat | {"claim_id": "w2", "resolved_at": today}]
    file, results = tmp_path / "lines.ndjson", [tmp_path / "first.ndjson", tmp_path / "again.ndjson"]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    done = [load(at(service), file, "--results", path)[:2] for path in results]
    found = [[json.loads(line).get("warnings") for line in path.read_text().splitlines()] for path in results]

    assert [
        (0, "2 lines: 2 created, 0 updated, 0 unchanged, 0 rejected"),
        (0, "2 lines: 0 created, 0 updated, 2 unchanged, 0 rejected"),
    ] == done
    assert "known-before-reports" == found[0][0][0]["code"]
    assert [None, None, None] == [found[0][1], *found[1]]


def test_invalid_key(service, load):
    """
    A service that rejects the key ends the import with one message.
    """
    code, _, message = load(at(service), STORY, key="bo_no_key_of_this_service_at_all")

    assert (1, True) == (code, "rejects the import" in message)
    assert "Traceback" not in message


def test_no_service(load):
    """
    An address without a service ends the import with one message.
    """
    code, _, message = load(f"http://127.0.0.1:{free_port()}", STORY)

    assert (1, True) == (code, "does not respond" in message)
    assert "Traceback" not in message


def test_same_results_as_locally(service, load, local, tmp_path):
    """
    Each line has the same result in the service as locally, with the same problem if it is rejected.
    """
    file, local_results, remote_results = (
        tmp_path / name for name in ("lines.ndjson", "local.ndjson", "remote.ndjson")
    )
    file.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    local("import", file, "--results", local_results)

    load(at(service), file, "--results", remote_results)

    assert results_of(local_results) == results_of(remote_results)
    assert {"created", "updated", "unchanged", "rejected"} == {status for _, status, *_ in results_of(remote_results)}


def test_dry_run(service, load, tmp_path):
    """
    A dry run on the server prints how the file is read and the results, and records nothing.
    """
    file = tmp_path / "lines.csv"
    file.write_text("outlet;claim_id;claim;published_at\nDry;d1;It rains.;14.02.2026\n")

    code, printed, _ = load(at(service), file, "--dry-run", "--locale", "de")

    assert (0, "1 lines: 1 created, 0 updated, 0 unchanged, 0 rejected") == (code, printed.splitlines()[-1])
    assert "Read as CSV, in UTF-8, separated by semicolons" in printed
    assert [] == service.call("GET", "/v1/outlets?q=Dry")[1]["items"]


def test_options(service, load, tmp_path):
    """
    The options for reading a file are those of a local import.
    """
    file = tmp_path / "lines.csv"
    file.write_bytes("Quelle;claim_id;claim;published_at\nZeitung Süd;z1;Es regnet.;14.02.2026\n".encode("cp1252"))
    options = ("--locale", "de", "--encoding", "cp1252", "--map", "outlet=Quelle", "--feed", "süd")

    assert (0, "1 lines: 1 created, 0 updated, 0 unchanged, 0 rejected") == load(at(service), file, *options)[:2]
    [claim] = service.call("GET", "/v1/claims?external_id=s%C3%BCd:z1")[1]["items"]
    assert "Es regnet." == claim["text"]


def test_file_that_cannot_be_read(service, load, tmp_path):
    """
    A file that the service cannot read ends the import with the sentence of a local import.
    """
    file = tmp_path / "file.pdf"
    file.write_bytes(b"%PDF-1.7")

    code, printed, message = load(at(service), file)

    assert (1, "", True) == (code, printed, "PDF" in message)


def test_no_right_to_import(service, load):
    """
    A key without the scope ends the import with one message.
    """
    key = service.call("POST", "/v1/keys", {"name": "reader", "scopes": ["read"]})[1]["secret"]

    code, _, message = load(at(service), STORY, key=key)

    assert (1, True) == (code, "lacks the scope claims:write" in message)


def test_lost_response(service, load, tmp_path):
    """
    A file whose response was lost is sent again, and imported once.
    """
    file = tmp_path / "lines.ndjson"
    file.write_text(json.dumps(FLAT | {"claim_id": "l1"}) + "\n")
    before = len(service.call("GET", "/v1/imports?limit=200")[1]["items"])

    with lossy_proxy(service) as (address, lost):
        done = load(address, file)

    assert (0, "1 lines: 1 created, 0 updated, 0 unchanged, 0 rejected") == done[:2]
    assert {"/v1/imports"} == lost
    assert before + 1 == len(service.call("GET", "/v1/imports?limit=200")[1]["items"])


def test_standard_input(service, tmp_path):
    """
    A file of unknown size is sent from the standard input.
    """
    command = [sys.executable, "-m", "service.cli", "import", "-", "--server", at(service), "--key", KEY]
    line = json.dumps(FLAT | {"claim_id": "i1"}) + "\n"
    done = subprocess.run(
        [*command, "--data-dir", str(tmp_path)], input=line, capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert "1 lines: 1 created, 0 updated, 0 unchanged, 0 rejected\n" == done.stdout, done.stderr


def slug(service, name):
    """Return the slug of the service's outlet with a name."""
    items = service.call("GET", f"/v1/outlets?limit=200&q={quote(name)}")[1]["items"]
    return next(item["slug"] for item in items if item["name"] == name)
