"""`borneout import --server`: into a service elsewhere"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live import KEY, free_port, running

ROOT = Path(__file__).parents[2]
STORY = ROOT / "examples" / "alonso.ndjson"
POLLS = next((ROOT / "tests" / "data").glob("*.ndjson"))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("elsewhere")) as started:
        yield started


def load(address, *options, key=KEY):
    """Run the command; its exit code, what it says at the end, and what it says of lines that were rejected."""
    command = [sys.executable, "-m", "service.cli", "import", "--server", address, "--key", key, *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)
    return done.returncode, done.stdout.strip(), done.stderr


def at(service):
    return f"http://127.0.0.1:{service.port}"


def test_typed_lines(service):
    """
    The story is loaded there as it is here, and the second time every line is there.
    """
    lines = len(STORY.read_text().splitlines())

    code, told, _ = load(at(service), STORY)
    _, again, _ = load(at(service), STORY)

    assert (0, f"{lines} lines: {lines} created, 0 updated, 0 unchanged, 0 rejected") == (code, told)
    assert f"{lines} lines: 0 created, 0 updated, {lines} unchanged, 0 rejected" == again
    assert (2, 2) == tuple(
        service.call("GET", "/v1/outlets/bayer-leverkusen/score")[1]["counts"][name] for name in ("resolved", "correct")
    )


def test_flat_lines(service, tmp_path):
    """
    A flat file leaves there the scores that it leaves here.
    """
    code, *_ = load(at(service), POLLS, "--feed", "polls")
    here = [sys.executable, "-m", "service.cli"]
    subprocess.run([*here, "migrate", "--data-dir", str(tmp_path)], check=True, capture_output=True)
    subprocess.run([*here, "import", str(POLLS), "--data-dir", str(tmp_path)], check=True, capture_output=True)
    outlets = sorted({json.loads(line)["outlet"] for line in POLLS.read_text().splitlines()})

    for name in outlets[:: len(outlets) // 5]:
        found = slug(service, name)
        local = subprocess.run(
            [*here, "score", found, "--data-dir", str(tmp_path)], check=True, capture_output=True, text=True
        )
        assert json.loads(local.stdout)["counts"] == service.call("GET", f"/v1/outlets/{found}/score")[1]["counts"], (
            name
        )
    assert 0 == code


def test_lines_refused_there(service, tmp_path):
    """
    A line that the service refuses is told with its number and the service's reason, and the rest goes on.
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

    code, told, _ = load(at(service), file, "--results", results)

    became = [json.loads(line) for line in results.read_text().splitlines()]
    assert (1, "7 lines: 1 created, 1 updated, 0 unchanged, 5 rejected") == (code, told)
    assert [None, "claim-differs", "invalid-body", "invalid-body", "invalid-body", "slug-taken", None] == [
        line.get("problem", {"type": None})["type"] and line["problem"]["type"].removeprefix("/problems/")
        for line in became
    ]
    assert ["/published_at", "/resolved_at", "/claim"] == [
        line["problem"]["errors"][0]["pointer"] for line in became[2:5]
    ]


def test_a_key_that_is_none(service):
    """
    A service that refuses the key ends the load, in a line.
    """
    code, _, told = load(at(service), STORY, key="bo_no_key_of_this_service_at_all")

    assert (1, True) == (code, "refuses the load" in told)
    assert "Traceback" not in told


def test_nobody_there():
    """
    An address where nothing answers ends the load, in a line.
    """
    code, _, told = load(f"http://127.0.0.1:{free_port()}", STORY)

    assert (1, True) == (code, "does not answer" in told)
    assert "Traceback" not in told


def slug(service, name):
    """The slug of an outlet there, by its name."""
    items = service.call("GET", f"/v1/outlets?limit=200&q={quote(name)}")[1]["items"]
    return next(item["slug"] for item in items if item["name"] == name)
