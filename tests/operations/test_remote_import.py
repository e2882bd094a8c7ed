"""`borneout import --server`: into a service elsewhere"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from service.cli.remote import Remote
from service.config import Settings
from tests.support.command import Command
from tests.support.live_service import KEY, free_port, running
from tests.support.remote_service import became, line, losing, send

ROOT = Path(__file__).parents[2]
STORY = ROOT / "examples" / "alonso.ndjson"
POLLS = ROOT / "tests" / "data" / "polls_excerpt.ndjson"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("elsewhere")) as started:
        yield started


@pytest.fixture
def here(tmp_path):
    """The command on a database of its own."""
    command = Command(Settings.from_env({}, data_dir=tmp_path))
    assert 0 == command("migrate").exit_code
    return command


@pytest.fixture
def load(tmp_path):
    """Run the command; its exit code, what it says at the end, and what it says of lines that were rejected."""
    command = Command(Settings.from_env({}, data_dir=tmp_path / "nothing"))

    def run(address, *options, key=KEY):
        done = command("import", "--server", address, "--key", key, *options)
        return done.exit_code, done.stdout.strip(), done.stderr

    return run


def at(service):
    return f"http://127.0.0.1:{service.port}"


def test_typed_lines(service, load):
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


def test_merged_outlets(service, load, tmp_path):
    """
    R22: an outlet that was merged where the file comes from is merged there too, and known again when it is.
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
    R22: lines of an outlet that was merged there since, and of one below it, change nothing there, as here.
    """
    file = tmp_path / "outlets.ndjson"
    apart = [{"type": "outlet", "name": name, "slug": name.lower()} for name in ("Courant", "Journal")]
    below = {"type": "outlet", "name": "Journal Sport", "slug": "journal-sport", "parent": "journal"}
    file.write_text("".join(json.dumps(said) + "\n" for said in (*apart, below)))
    assert (0, "3 lines: 3 created, 0 updated, 0 unchanged, 0 rejected") == load(at(service), file)[:2]

    assert 201 == service.call("POST", "/v1/outlets/journal/merge", {"into": "courant"})[0]

    assert (0, "3 lines: 0 created, 0 updated, 3 unchanged, 0 rejected") == load(at(service), file)[:2]


def test_flat_lines(service, load, here, tmp_path):
    """
    A flat file leaves there the scores that it leaves here.
    """
    polls = tmp_path / "polls.ndjson"
    polls.write_text("".join(POLLS.read_text().splitlines(keepends=True)[:60]))
    code, *_ = load(at(service), polls, "--feed", "polls")
    assert 0 == here("import", polls).exit_code
    names = [json.loads(line)["outlet"] for line in polls.read_text().splitlines()]
    found = slug(service, max(names, key=names.count))

    local = here("score", found)

    assert json.loads(local.stdout)["counts"] == service.call("GET", f"/v1/outlets/{found}/score")[1]["counts"]
    assert 0 == code


def test_lines_refused_there(service, load, tmp_path):
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


def test_a_key_that_is_none(service, load):
    """
    A service that refuses the key ends the load, in a line.
    """
    code, _, told = load(at(service), STORY, key="bo_no_key_of_this_service_at_all")

    assert (1, True) == (code, "refuses the load" in told)
    assert "Traceback" not in told


def test_nobody_there(load):
    """
    An address where nothing answers ends the load, in a line.
    """
    code, _, told = load(f"http://127.0.0.1:{free_port()}", STORY)

    assert (1, True) == (code, "does not answer" in told)
    assert "Traceback" not in told


FLAT = {"outlet": "Gazette", "claim": "The bridge opens.", "published_at": "2026-01-01"}
REPORT = {"outlet": {"name": "Gazette"}, "published_at": "2026-01-01T00:00:00Z"}
CLAIM = {"type": "claim", "text": "The bridge opens.", "reports": [REPORT]}
NOTE = {"note": "Seen."}


def test_as_here(service, load, here, tmp_path):
    """
    What becomes of a line, and what is said of one that is rejected, is the same there as here.
    """
    lines = [
        {"type": "outlet", "name": "Suffix", "slug": "suffix", "domains": ["suffix.example", "co.uk"]},
        {"type": "outlet", "name": "Suffix", "domains": ["co.uk"]},
        *[{"type": "outlet", "name": "Slashed", "slug": slug} for slug in ("bayer/score", "lookup", "A B", "..")],
        *[{"type": "outlet", "name": "Twice", "slug": "twice", "domains": ["www.twice.de", "twice.de"]}] * 2,
        *[{"type": "outlet", "name": "Named %", "domains": ["WWW.Named.DE."]}] * 2,
        {"type": "outlet", "name": " NAMED  %", "domains": ["named.de"]},
        {"type": "outlet", "name": "Thrice", "slug": "twice", "domains": ["twice.de"]},
        {"type": "outlet", "name": "Fourth", "slug": "fourth", "domains": ["twice.de"]},
        CLAIM,
        CLAIM | {"external_id": "s1", "resolution": {"verdict": "true"}},
        CLAIM | {"external_id": "s1", "resolution": {"verdict": "partial", **NOTE}},
        {"type": "report", "claim": "s1", **REPORT},
        *[CLAIM | {"external_id": "s2", "tags": ["roads"], "topic": "roads"}] * 2,
        CLAIM | {"external_id": "s2"},
        CLAIM | {"external_id": "s2", "tags": ["roads"], "topic": "roads", "reports": [REPORT | {"stance": "deny"}]},
        FLAT | {"claim_id": "s2", "outlet": "Other", "topic": "roads"},
        FLAT | {"claim_id": "s2", "outlet": "Third", "topic": "rails"},
        FLAT | {"claim_id": "s2", "outlet": "Third", "claim": "Another text."},
        *[FLAT | {"claim_id": "s2", "outcome": 1, "resolved_at": "2026-02-01"}] * 2,
        FLAT | {"claim_id": "s2", "outcome": 0},
        FLAT | {"claim_id": "s3", "published_at": "2999-01-01"},
        {"type": "resolution", "claim": "s2", "verdict": "true", "truth": 0.5},
        {"type": "resolution", "claim": "s4", "verdict": "void"},
        {"type": "outlet"},
    ]
    file, told, told_there = (tmp_path / name for name in ("lines.ndjson", "here.ndjson", "there.ndjson"))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    here("import", file, "--results", told)

    load(at(service), file, "--results", told_there)

    assert became(told) == became(told_there)
    assert {"created", "updated", "unchanged", "rejected"} == {status for _, status, *_ in became(told_there)}


def test_claim_corrected_since(service):
    """
    A line that says what a claim said before it was corrected changes nothing.
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
    A resolution line tells the id of the resolution, and one that supersedes is no other that says the same.
    """
    said = {"type": "resolution", "claim": "r1", "verdict": "true", **NOTE}
    [_, (_, first)] = send(at(service), FLAT | {"claim_id": "r1"}, said)
    [(_, second)] = send(at(service), said | {"verdict": "false", "supersedes": first})
    back = said | {"supersedes": second}

    told = send(at(service), said, back, back)

    [claim] = service.call("GET", "/v1/claims?external_id=r1")[1]["items"]
    chain = [one["id"] for one in service.call("GET", f"/v1/claims/{claim['id']}/resolutions")[1]["items"]]
    assert [first, second] == chain[:2]
    assert [("unchanged", first), ("created", chain[2]), ("unchanged", chain[2])] == told


def test_resolution_refused_for_what_is_on_record(service):
    """
    A claim whose resolution goes against what is on record stays, and the line says so.
    """
    won = {"group": "who opens the bridge", "resolution": {"verdict": "true", **NOTE}}
    remote = Remote(at(service), KEY)

    remote.load(line(CLAIM | won | {"external_id": "g1"}))
    error = remote.load(line(CLAIM | won | {"external_id": "g2"})).error

    assert ("group-resolved", True) == (error.name, error.detail.startswith("The line is on record, but"))
    assert 1 == len(service.call("GET", "/v1/claims?external_id=g2")[1]["items"])


def test_claim_line_without_reports(service):
    """
    A claim line has to have a report, because a call does.
    """
    assert [("rejected", "invalid-body")] == send(at(service), CLAIM | {"external_id": "n1", "reports": []})


def test_outlet_named_on_a_later_page(service):
    """
    An outlet without a slug is found by its name among any number that have it in theirs.
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
    A key that may not resolve what it filed is refused that line, and the rest goes on.
    """
    scopes = ["claims:write", "outlets:write", "resolutions:write"]
    borneout = Command(Settings.from_env({}, data_dir=service.data_dir))
    made = borneout("keys", "create", "feed", *(part for scope in scopes for part in ("--scope", scope)))
    key = next(word for word in made.stdout.split() if word.startswith("bo_"))

    told = send(at(service), FLAT | {"claim_id": "o1", "outcome": 1}, FLAT | {"claim_id": "o2"}, key=key)

    assert [("rejected", "own-claim"), "created"] == [told[0], told[1][0]]


def test_lost_answers(service):
    """
    A line whose answer was lost is loaded again, and nothing is made twice.
    """
    lines = [
        {"type": "outlet", "name": "Lost"},
        CLAIM | {"external_id": "l1", "resolution": {"verdict": "true", **NOTE}},
        {"type": "report", "claim": "l1", **REPORT, "stance": "deny"},
        FLAT | {"claim_id": "l1", "outlet": "Other", "outcome": 1},
    ]

    with losing(service) as (address, lost):
        told = send(address, *lines)

    [claim] = service.call("GET", "/v1/claims?external_id=l1")[1]["items"]
    assert ["unchanged", "unchanged", "unchanged", "created"] == [status for status, _ in told]
    own = f"/v1/claims/{claim['id']}"
    assert {"/v1/outlets", "/v1/claims", f"{own}/resolutions", f"{own}/reports"} == lost
    assert 1 == len(service.call("GET", "/v1/outlets?q=lost")[1]["items"])
    assert (3, 1) == tuple(len(service.call("GET", f"{own}/{part}")[1]["items"]) for part in ("reports", "resolutions"))


def slug(service, name):
    """The slug of an outlet there, by its name."""
    items = service.call("GET", f"/v1/outlets?limit=200&q={quote(name)}")[1]["items"]
    return next(item["slug"] for item in items if item["name"] == name)
