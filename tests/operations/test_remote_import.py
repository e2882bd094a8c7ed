"""`borneout import --server`"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from service.cli.remote import Remote
from service.config import Settings
from tests.support.command import Command
from tests.support.live_service import KEY, free_port, running
from tests.support.remote_service import CLAIM, FLAT, LINES, NOTE, REPORT, line, lossy_proxy, results_of, send

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


def test_merged_outlets(service, load, tmp_path):
    """
    R22: a line with `merged_into` merges the outlet in the service, and is unchanged the second time.
    """
    file = tmp_path / "outlets.ndjson"
    named = {"type": "outlet", "name": "Tribune", "slug": "tribune"}
    late = {"type": "outlet", "name": "Tribune Online", "slug": "tribune-online", "merged_into": "tribune"}
    file.write_text("".join(json.dumps(line) + "\n" for line in (named, late)))

    assert (0, "2 lines: 2 created, 0 updated, 0 unchanged, 0 rejected") == load(at(service), file)[:2]
    assert (0, "2 lines: 0 created, 0 updated, 2 unchanged, 0 rejected") == load(at(service), file)[:2]
    assert "tribune" == service.call("GET", "/v1/outlets/tribune-online/merge")[1]["into"]


def test_outlet_merged_since(service, load, tmp_path):
    """
    R22: lines of an outlet that was merged in the service since, and of its child, change nothing, as locally.
    """
    file = tmp_path / "outlets.ndjson"
    apart = [{"type": "outlet", "name": name, "slug": name.lower()} for name in ("Courant", "Journal")]
    below = {"type": "outlet", "name": "Journal Sport", "slug": "journal-sport", "parent": "journal"}
    file.write_text("".join(json.dumps(line) + "\n" for line in (*apart, below)))
    assert (0, "3 lines: 3 created, 0 updated, 0 unchanged, 0 rejected") == load(at(service), file)[:2]

    assert 201 == service.call("POST", "/v1/outlets/journal/merge", {"into": "courant"})[0]

    assert (0, "3 lines: 0 created, 0 updated, 3 unchanged, 0 rejected") == load(at(service), file)[:2]


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
    assert (1, "7 lines: 1 created, 1 updated, 0 unchanged, 5 rejected") == (code, summary)
    assert [None, "claim-differs", "invalid-body", "invalid-body", "invalid-body", "slug-taken", None] == [
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


def test_claim_corrected_since(service):
    """
    A line with the original version of a corrected claim changes nothing.
    """
    flat, typed = FLAT | {"claim_id": "c1"}, CLAIM | {"external_id": "c2", "tags": ["roads"]}
    first = send(at(service), flat, typed)
    for external_id in ("c1", "c2"):
        [claim] = service.call("GET", f"/v1/claims?external_id={external_id}")[1]["items"]
        text, headers = {"text": "The bridge closes."}, {"If-Match": "*"}
        assert 200 == service.call("PATCH", f"/v1/claims/{claim['id']}", text, headers=headers)[0]

    again = send(at(service), flat, typed, flat | {"claim": "Neither."})

    assert ["created"] * 2 == [status for status, _ in first]
    assert [("unchanged", first[0][1]), ("unchanged", first[1][1]), ("rejected", "claim-differs")] == again


def test_resolution_lines(service):
    """
    The result of a resolution line has the id of the resolution, and a superseding resolution is distinguished from an
    equal one.
    """
    resolution = {"type": "resolution", "claim": "r1", "verdict": "true", **NOTE}
    [_, (_, first)] = send(at(service), FLAT | {"claim_id": "r1"}, resolution)
    [(_, second)] = send(at(service), resolution | {"verdict": "false", "supersedes": first})
    back = resolution | {"supersedes": second}

    results = send(at(service), resolution, back, back)

    [claim] = service.call("GET", "/v1/claims?external_id=r1")[1]["items"]
    chain = [item["id"] for item in service.call("GET", f"/v1/claims/{claim['id']}/resolutions")[1]["items"]]
    assert [first, second] == chain[:2]
    assert [("unchanged", first), ("created", chain[2]), ("unchanged", chain[2])] == results


def test_resolution_refused_for_what_is_on_record(service):
    """
    If the resolution of a new claim is rejected, the claim remains recorded, and the result says so.
    """
    won = {"group": "who opens the bridge", "resolution": {"verdict": "true", **NOTE}}
    remote = Remote(at(service), KEY)

    remote.load(line(CLAIM | won | {"external_id": "g1"}))
    error = remote.load(line(CLAIM | won | {"external_id": "g2"})).error

    assert ("group-resolved", True) == (error.name, error.detail.startswith("The line was loaded, but"))
    assert 1 == len(service.call("GET", "/v1/claims?external_id=g2")[1]["items"])


def test_claim_line_without_reports(service):
    """
    A claim line needs a report, as the API call does.
    """
    assert [("rejected", "invalid-body")] == send(at(service), CLAIM | {"external_id": "n1", "reports": []})


def test_outlet_named_on_a_later_page(service):
    """
    An outlet without a slug is found by its name, even on a later page of the search.
    """
    for number in range(201):
        service.call("POST", "/v1/outlets", {"name": f"Courier {number}", "slug": f"courier-{number:03}"})
    service.call("POST", "/v1/outlets", {"name": "Courier", "slug": "the-courier"})

    [(status, _), (other, problem)] = send(
        at(service), {"type": "outlet", "name": "Courier"}, {"type": "outlet", "name": "COURIER", "kind": "agency"}
    )

    assert ("unchanged", "rejected", "slug-taken") == (status, other, problem)


def test_own_claims(service):
    """
    A line whose key may not resolve its own claims is rejected, and the import continues.
    """
    scopes = ["claims:write", "outlets:write", "resolutions:write"]
    borneout = Command(Settings.from_env({}, data_dir=service.data_dir))
    created = borneout("keys", "create", "feed", *(part for scope in scopes for part in ("--scope", scope)))
    key = next(word for word in created.stdout.split() if word.startswith("bo_"))

    results = send(at(service), FLAT | {"claim_id": "o1", "outcome": 1}, FLAT | {"claim_id": "o2"}, key=key)

    assert [("rejected", "own-claim"), "created"] == [results[0], results[1][0]]


def test_rights_of_the_key(service):
    """
    R14, R14b: the key of the import has its usual rights. A line that it may not load is rejected, and the next ones
    are loaded.
    """
    key = service.call("POST", "/v1/keys", {"name": "feed", "scopes": ["claims:write"]})[1]["secret"]
    known = FLAT | {"claim_id": "k1", "outcome": 1, "resolved_at": "2026-03-01"}
    assert "created" == send(at(service), known)[0][0]
    late = FLAT | {"claim_id": "k1", "published_at": "2026-02-01", "stance": "denies"}
    lines = [
        {"type": "outlet", "name": "Of a feed"},
        late,
        {"type": "resolution", "claim": "k1", "verdict": "false", **NOTE},
        FLAT | {"claim_id": "k2", "outcome": 1},
    ]

    results = send(at(service), *lines, FLAT | {"claim_id": "k3"}, key=key)

    assert ["forbidden", "resolution-in-effect", "forbidden", "forbidden"] == [problem for _, problem in results[:4]]
    assert ["rejected"] * 4 + ["created"] == [status for status, _ in results]
    claim = service.call("GET", "/v1/claims?external_id=k1")[1]["items"][0]
    reports = service.call("GET", f"/v1/claims/{claim['id']}/reports")[1]["items"]
    assert ("true", 1) == (claim["resolution"]["verdict"], len(reports))


def test_lost_responses(service):
    """
    A line whose response was lost is sent again, and nothing is created twice.
    """
    lines = [
        {"type": "outlet", "name": "Lost"},
        CLAIM | {"external_id": "l1", "resolution": {"verdict": "true", **NOTE}},
        {"type": "report", "claim": "l1", **REPORT, "stance": "deny"},
        FLAT | {"claim_id": "l1", "outlet": "Other", "outcome": 1},
    ]

    with lossy_proxy(service) as (address, lost):
        results = send(address, *lines)

    [claim] = service.call("GET", "/v1/claims?external_id=l1")[1]["items"]
    assert ["unchanged", "unchanged", "unchanged", "created"] == [status for status, _ in results]
    own = f"/v1/claims/{claim['id']}"
    assert {"/v1/outlets", "/v1/claims", f"{own}/resolutions", f"{own}/reports"} == lost
    assert 1 == len(service.call("GET", "/v1/outlets?q=lost")[1]["items"])
    assert (3, 1) == tuple(len(service.call("GET", f"{own}/{part}")[1]["items"]) for part in ("reports", "resolutions"))


def slug(service, name):
    """Return the slug of the service's outlet with a name."""
    items = service.call("GET", f"/v1/outlets?limit=200&q={quote(name)}")[1]["items"]
    return next(item["slug"] for item in items if item["name"] == name)
