"""Files of outlets, claims, reports and resolutions, each line of its own type"""

from __future__ import annotations

import json
import re
import shutil

import pytest
import sqlalchemy as sa

from service.app import create_app
from service.config import Settings
from service.db import Base
from service.imports import BATCH
from service.models import Claim, Outlet, OutletDomain, Report, Resolution
from tests.command import Command
from tests.mixed_file import ID, NOTE, MixedFile
from tests.world import World, assert_problem

OUTLET = {"type": "outlet", "slug": "bild", "name": "BILD"}
REPORT = {"outlet": "bild", "published_at": "2024-02-28T00:00:00Z"}
CLAIM = {"type": "claim", "external_id": "a", "text": "Alonso joins Liverpool.", "reports": [REPORT]}
RESOLUTION = {"verdict": "false", "note": NOTE, "known_at": "2024-03-29T00:00:00Z"}
ANY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Loader:
    """Imports lines; what became of each."""

    def __init__(self, settings, folder):
        self._command, self._folder = Command(settings), folder

    def __call__(self, *lines, dry_run=False):
        path, results = self._folder / "lines.ndjson", self._folder / "results.ndjson"
        path.write_bytes(
            b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines)
        )
        done = self._command("import", path, "--results", results, *(["--dry-run"] if dry_run else []))
        told = [json.loads(text) for text in results.read_text().splitlines()]
        assert (1 if "rejected" in statuses(told) else 0) == done.exit_code, done.output
        return told


@pytest.fixture
def load(settings, tmp_path):
    return Loader(settings, tmp_path)


def statuses(told):
    return [result["status"] for result in told]


def problems(told):
    """The lines that were rejected, and where and why."""
    return {
        result["line"]: (
            result["problem"]["type"].removeprefix("/problems/"),
            *(place["pointer"] for place in result["problem"].get("errors", [])),
        )
        for result in told
        if result["status"] == "rejected"
    }


def typed(kind, /, **members):
    return {"type": kind, **members}


def report(claim="a", **members):
    return {"type": "report", "claim": claim, **REPORT, **members}


def claims(world):
    """The claims on record, whole, by their external ids."""
    found = world.get("/v1/claims", query_string={"limit": 200}).json["items"]
    return {item["external_id"]: world.claim(item) for item in found}


def slugs(world):
    return [outlet["slug"] for outlet in world.get("/v1/outlets", query_string={"limit": 200}).json["items"]]


def table_rows(world):
    """Every row of every table."""
    with world.runtime.db.read() as session:
        return {
            name: sorted(map(repr, session.execute(sa.select(table)).all()))
            for name, table in Base.metadata.tables.items()
        }


ONE_OF_EACH = [
    OUTLET,
    CLAIM,
    report(stance="deny", published_at="2024-03-01T00:00:00Z"),
    typed("resolution", claim="a", **RESOLUTION),
]


def test_one_of_each(world, load):
    """
    A line of each type makes one of each, and says the id of what it made.
    """
    told = load(*ONE_OF_EACH)
    claim = claims(world)["a"]

    assert [(number, "created") for number in (1, 2, 3, 4)] == [(one["line"], one["status"]) for one in told]
    made = [world.get("/v1/outlets/bild").json, claim, claim["reports"][1], claim["resolution"]]
    assert [one["id"] for one in made] == [one["id"] for one in told]
    assert ("deny", "false") == (claim["reports"][1]["stance"], claim["resolution"]["verdict"])


def test_loaded_again(load):
    """
    R4: each kind of line is known again, as what it was the first time.
    """
    first = load(*ONE_OF_EACH)

    again = load(*ONE_OF_EACH)

    assert {"unchanged"} == set(statuses(again))
    assert [one["id"] for one in first] == [one["id"] for one in again]


def test_same_line_twice_in_one_file(load):
    """
    R4: each kind of line that stands twice in a file is on record once.
    """
    assert ["created", "unchanged"] * 4 == statuses(load(*(line for line in ONE_OF_EACH for _ in range(2))))


def test_claim_line_with_everything(world, load):
    """
    A claim line carries its reports and its resolution; a resolution that comes later updates the claim.
    """
    resolved = CLAIM | {"resolution": RESOLUTION}

    assert ["created", "created"] == statuses(load(OUTLET, resolved | {"external_id": "b"}))
    assert ["unchanged", "created", "updated"] == statuses(load(OUTLET, CLAIM, resolved))
    assert {"false"} == {claim["resolution"]["verdict"] for claim in claims(world).values()}
    assert 2 == world.score("bild")["counts"]["incorrect"]


def test_line_that_supersedes_a_disputed_resolution(world, load):
    """
    A resolution in a file closes what was open against the one that it supersedes, as one that is sent does.
    """
    load(OUTLET, CLAIM | {"resolution": RESOLUTION})
    claim = claims(world)["a"]
    world.post(f"/v1/claims/{claim['id']}/disputes", {"reason": "He did join."})

    [loaded] = load(typed("resolution", claim="a", verdict="true", note=NOTE, supersedes=claim["resolution"]["id"]))

    after = world.claim(claim)
    assert (False, loaded["id"]) == (after["disputed"], after["disputes"][0]["closure"]["resolution"])
    assert 0 == world.score("bild")["counts"]["disputed"]


@pytest.mark.parametrize("apart", [0, BATCH])
def test_references(world, load, apart):
    """
    A line speaks of what stands before it in the file, however far.
    """
    lines = [
        OUTLET,
        typed("outlet", slug="sport-bild", name="Sport Bild", parent="bild"),
        CLAIM,
        report(outlet={"name": "Joe"}, relays={"outlet": "sport-bild"}),
        ONE_OF_EACH[3],
        report(outlet="joe"),
    ]
    told = load(*(one for line in lines for one in [line, *[typed("filler")] * apart]))
    claim = claims(world)["a"]

    assert ["created"] * 6 == [status for status in statuses(told) if status != "rejected"]
    assert {"bild", "joe"} == {one["outlet"] for one in claim["reports"]}
    assert (3, 1) == (len(claim["reports"]), sum(one["relays"] is not None for one in claim["reports"]))
    assert "bild" == world.get("/v1/outlets/sport-bild").json["parent"]


def test_what_comes_too_late(load):
    """
    A line cannot speak of what stands after it, and can when the file is loaded once more.
    """
    lines = [
        typed("outlet", name="Sport Bild", parent="bild"),
        report(),
        typed("resolution", claim="a", **RESOLUTION),
        OUTLET,
        CLAIM | {"reports": []},
    ]

    told = load(*lines)

    unknown = {1: ("invalid-body", "/parent"), 2: ("invalid-body", "/claim"), 3: ("invalid-body", "/claim")}
    assert unknown == problems(told)
    assert ["created"] * 3 + ["unchanged"] * 2 == statuses(load(*lines))


REFUSED = [
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}, {**REPORT, "published_at": "2999-01-01T00:00:00Z"}]},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "kind": "event"},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "resolution": {"verdict": "true"}},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "resolution": {**RESOLUTION, "supersedes": ID}},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "kind": "opinion", "resolution": RESOLUTION},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "external_id": None},
    CLAIM | {"external_id": "there", "reports": [{**REPORT, "outlet": {"name": "New"}}]},
    report("there", outlet={"name": "New"}, relays={"outlet": "nobody"}),
    report("there", outlet={"name": "New"}, published_at="2999-01-01T00:00:00Z"),
    typed("resolution", claim="there", verdict="partial", truth=0.5),
    typed("outlet", name="New", aliases=["Newer"], domains=["new.example.org", "bild.de"]),
]


@pytest.mark.parametrize("line", REFUSED)
def test_rejected_line_leaves_nothing_behind(world, load, line):
    """
    Of a line that a rule refuses nothing is on record: no outlet, no claim, no report, no half.
    """
    load(OUTLET | {"domains": ["bild.de"]}, CLAIM | {"external_id": "there"})
    before = table_rows(world)

    assert ["rejected"] == statuses(load(line))
    assert before == table_rows(world)


def test_rejected_line_reserves_no_name(world, load):
    """
    The slug and the domain that a rejected line would have taken are free for the next one.
    """
    refused = CLAIM | {
        "reports": [
            {**REPORT, "outlet": {"name": "Joe", "domain": "joe.co.uk"}},
            {**REPORT, "published_at": "2999-01-01T00:00:00Z"},
        ]
    }
    told = load(
        OUTLET,
        refused,
        report(outlet="joe"),
        CLAIM | {"reports": [{**REPORT, "outlet": {"name": "Joe."}}]},
        typed("outlet", name="J.O.E.", slug="joe-uk", domains=["joe.co.uk"]),
        report(outlet={"name": "Joe", "domain": "joe.co.uk"}),
    )

    assert ["created", "rejected", "rejected", "created", "created", "created"] == statuses(told)
    assert ["bild", "joe", "joe-uk"] == slugs(world)
    assert {"joe", "joe-uk"} == {one["outlet"] for one in claims(world)["a"]["reports"]}


@pytest.mark.parametrize("apart", [0, BATCH])
def test_one_of_a_group_is_true(load, apart):
    """
    R3: a second true claim of a group is rejected within a file as well, and naming both.
    """
    first, second = (CLAIM | {"external_id": name, "group": "job"} for name in "ab")
    true = {"resolution": RESOLUTION | {"verdict": "true"}}
    told = load(
        OUTLET,
        first,
        typed("resolution", claim="a", verdict="true", note=NOTE),
        *[OUTLET] * apart,
        second | true,
        second,
    )
    lines = {one["line"]: one for one in told}

    assert {4 + apart: ("group-resolved",)} == problems(told)
    assert lines[2]["id"] in lines[4 + apart]["problem"]["detail"]
    assert "created" == lines[5 + apart]["status"]


def test_relays_in_a_circle(load):
    """
    R7: a line that closes a circle of relays is rejected, whichever lines the others came by.
    """
    relays = [("a1", "a2"), ("a2", "a3"), ("a3", "a1")]
    lines = [report(outlet=one, relays={"outlet": other}) for one, other in relays]
    outlets = [typed("outlet", name=one) for one, _ in relays]

    assert {7: ("invalid-body", "/relays/outlet")} == problems(load(*outlets, CLAIM | {"reports": []}, *lines))
    assert ["created", "created"] == statuses(load(report(outlet="a1"), lines[-1]))


def test_back_dated_reports(world, load):
    """
    R10: what a file dates back by more than 7 days is marked, whichever line it came by.
    """
    recent = {"published_at": world.record()["recorded_at"]}
    load(OUTLET, CLAIM, report(stance="deny", **recent), CLAIM | {"external_id": "b", "reports": [REPORT | recent]})
    found = claims(world)

    assert [True, False] == [one["backfilled"] for one in found["a"]["reports"]]
    assert [False] == [one["backfilled"] for one in found["b"]["reports"]]


def test_two_lines_of_one_name(world, load):
    """
    An outlet line without a slug is known by its name: one that says something else of it is rejected.
    """
    told = load(
        typed("outlet", name="Herald"), typed("outlet", name="HERALD"), typed("outlet", name="Herald", kind="agency")
    )

    assert {2: ("slug-taken",), 3: ("slug-taken",)} == problems(told)
    assert ["herald"] == slugs(world)


@pytest.mark.parametrize("apart", [0, BATCH])
def test_two_outlets_of_one_name(world, load, apart):
    """
    Two outlets of one name are told apart by their slugs, and a name alone is neither's from then on.
    """
    named = {"outlet": {"name": "Herald"}}
    told = load(
        typed("outlet", name="Herald", slug="north"),
        CLAIM | {"reports": [REPORT | named]},
        *[OUTLET] * apart,
        typed("outlet", name="Herald", slug="south"),
        report(**named, stance="deny"),
        report(outlet="south"),
    )

    assert {4 + apart: ("invalid-body", "/outlet/name")} == problems(told)
    assert ["north", "south"] == [one["outlet"] for one in claims(world)["a"]["reports"]]


def test_outlet_that_takes_a_domain(world, load):
    """
    A domain finds the outlet that has it by then, also when the name was used before.
    """
    named = {"outlet": {"name": "Joe", "domain": "joe.co.uk"}}
    told = load(
        typed("outlet", name="Joe"),
        CLAIM | {"reports": [REPORT | named]},
        typed("outlet", name="JOE Media", domains=["joe.co.uk"]),
        report(**named, stance="deny"),
        report(outlet=None, url="https://www.joe.co.uk/sport/1"),
    )

    assert {"created"} == set(statuses(told))
    assert ["joe", "joe-media", "joe-media"] == [one["outlet"] for one in claims(world)["a"]["reports"]]


def test_nearest_slugs_as_they_are_by_then(load):
    """
    A slug that is not on record is answered with the nearest of those that are, the lines before it included.
    """
    unknown = report(outlet="sport-bidl")
    makes = {"outlet": {"name": "Sport Bild"}}
    told = load(OUTLET, CLAIM, unknown, report(**makes), unknown, typed("outlet", name="Sport Bidi"), unknown)
    details = [one["problem"]["errors"][0]["detail"] for one in told if one["status"] == "rejected"]

    assert ["", "sport-bild", "sport-bild, sport-bidi"] == [
        detail.partition("nearest: ")[2].strip(".") for detail in details
    ]


def test_correction(world, load):
    """
    R11: a line that names what it supersedes corrects it, back to what was said before as well, and is known again.
    """
    load(OUTLET, CLAIM, typed("resolution", claim="a", **RESOLUTION))
    first = claims(world)["a"]["resolution"]
    there = typed("resolution", claim="a", verdict="true", note=NOTE, supersedes=first["id"])
    [second] = load(there)
    back = typed("resolution", claim="a", **RESOLUTION, supersedes=second["id"])
    [third] = load(back)
    [fourth] = load(typed("resolution", claim="a", verdict=None, supersedes=third["id"]))

    assert {"created"} == {second["status"], third["status"], fourth["status"]}
    assert 4 == len(world.get(f"/v1/claims/{first['claim']}/resolutions").json["items"])
    assert claims(world)["a"]["resolution"] is None
    assert [("unchanged", second["id"]), ("unchanged", third["id"])] == [
        (one["status"], one["id"]) for one in load(there, back)
    ]
    assert {1: ("already-resolved",)} == problems(load(there | {"verdict": "void"}))


def test_resolution_known_again_after_a_correction(world, load):
    """
    A resolution that was corrected by hand is unchanged, and its line says the id of it and not of the correction.
    """
    [*_, made] = load(*ONE_OF_EACH)
    world.resolve(claims(world)["a"], "true", supersedes=made["id"])

    assert ("unchanged", made["id"]) == tuple(load(*ONE_OF_EACH)[-1][name] for name in ("status", "id"))


def test_flat_and_typed_lines_mixed(world, load):
    """
    A flat line adds to the claim of a typed one, and a typed line to that of a flat one.
    """
    flat = {"outlet": "BILD", "claim_id": "a", "claim": CLAIM["text"], "published_at": "2024-03-01"}
    other = flat | {"claim_id": "b", "outlet": "Kicker", "outcome": True}
    told = load(
        OUTLET, CLAIM, flat, other, report("b"), report("b", outlet="kicker", published_at="2024-03-01T00:00:00Z")
    )

    assert ["created"] * 5 + ["unchanged"] == statuses(told)
    assert {"a": ["bild", "bild"], "b": ["bild", "kicker"]} == {
        name: [one["outlet"] for one in claim["reports"]] for name, claim in claims(world).items()
    }


def test_lines_that_are_of_no_type(world, load):
    """
    A line whose type is not known, or that names none of its own, is rejected by its place.
    """
    told = load(*map(typed, ("verdict", None, 5, ["claim"], "Claim")), typed("claim", text="A."), OUTLET)
    of_no_type = dict.fromkeys(range(1, 6), ("invalid-body", "/type"))

    assert of_no_type | {6: ("invalid-body", "/external_id")} == problems(told)
    assert ["bild"] == slugs(world)


def test_claim_line_without_reports(world, load):
    """
    A claim line may leave its reports to lines of their own, which a call may not.
    """
    load(OUTLET, CLAIM | {"reports": []}, report())
    body = {name: value for name, value in CLAIM.items() if name != "type"} | {"reports": []}

    assert 1 == len(claims(world)["a"]["reports"])
    assert_problem(world.post("/v1/claims", body), 422, "invalid-body", "/reports")


# A file with every kind of bad line


@pytest.fixture
def other_world(tmp_path, sqlite_template, redis_url):
    """The API on another database."""
    data_dir = tmp_path / "other"
    data_dir.mkdir()
    shutil.copy(sqlite_template, data_dir / "borneout.db")
    app = create_app(Settings.from_env({"BORNEOUT_REDIS_URL": f"{redis_url}?db=1"}, data_dir=data_dir))
    yield World(app)
    app.extensions["runtime"].db.close()
    app.extensions["runtime"].cache.close()


@pytest.fixture
def mixed(database_url):
    """Such a file; on PostgreSQL, where the same is read and ruled by the same code, a smaller one."""
    return MixedFile(20240228).entries(10_000 if database_url.startswith("sqlite") else 1_000)


def send(world, call, ids):
    """What the call answers."""
    path = call.path.format(ids.get(call.claim))
    if isinstance(call.body, bytes):
        return world.post(path, data=call.body, content_type="application/json")
    # Not Flask's own encoder, which does not write half a character.
    return world.post(path, data=json.dumps(call.body), content_type="application/json")


def said(result):
    """What a problem or a result says, but for its ids, the request, and the order of its places."""
    members = {name: value for name, value in result.items() if name not in ("instance", "errors")}
    places = sorted(result.get("errors", []), key=str)
    return json.loads(ANY_ID.sub("(an id)", json.dumps([members, places])))


def known_ids(world):
    with world.runtime.db.read() as session:
        claim = Base.metadata.tables["claim"]
        return {name: str(id_) for name, id_ in session.execute(sa.select(claim.c.external_id, claim.c.id))}


@pytest.mark.no_cover  # the tracer would double its time, and shorter tests run the same lines
def test_every_kind_of_bad_line(world, load, mixed):
    """
    Of ten thousand lines with every kind of bad one in them, those are rejected and no other, and each says the
    problem that its call answers with, word for word but for the ids.
    """
    told = load(*(entry.raw for entry in mixed))

    expected = ["rejected" if entry.fault else "created" for entry in mixed]
    assert [] == [(*pair, want) for want, *pair in zip(expected, told, mixed, strict=True) if want != pair[0]["status"]]
    shapes = {(result["status"], *sorted(result)) for result in told}
    assert {("created", "id", "line", "status"), ("rejected", "line", "problem", "status")} == shapes
    assert list(range(1, len(mixed) + 1)) == [result["line"] for result in told]
    refused = [pair for pair in zip(mixed, told, strict=True) if pair[0].fault]
    assert [] == list(differing(world, refused, known_ids(world)))


def test_dry_run_says_the_same(world, load):
    """
    A dry run says of every line what the load then does, and leaves every table as it was.
    """
    file = [entry.raw for entry in MixedFile(5).entries(1_000)]
    load(*file[:100])
    before = table_rows(world)

    tried = load(*file, dry_run=True)

    assert before == table_rows(world)
    assert [said(result) for result in map(without_id, load(*file))] == [
        said(result) for result in map(without_id, tried)
    ]


@pytest.mark.no_cover  # as above
def test_a_file_is_its_lines_one_by_one(world, load, other_world):
    """
    A file leaves on record what its lines leave when each is sent by its call, and says the same of each.
    """
    file = MixedFile(7).entries(400, bad=0.3, flat=False)
    told = load(*(entry.raw for entry in file))

    assert [] == list(differing(other_world, zip(file, told, strict=True), {}))
    assert record(world) == record(other_world)


def differing(world, entries, ids):
    """Send the calls of lines; those whose problem is another one than in the file, which shows both."""
    for entry, result in entries:
        answer = None
        for call in entry.calls:
            answer = send(world, call, ids)
            if answer.status_code == 201 and call.path == "/v1/claims":
                ids[call.body["external_id"]] = answer.json["id"]
        if answer is None or (entry.fault is None and answer.status_code == 201):
            continue
        problem = {**answer.json, "errors": nested_in(answer.json, call.prefix)}
        if said(problem) != said({"errors": [], "instance": "", **result["problem"]}):
            yield entry.fault, result, answer.json


def nested_in(problem, prefix):
    return [{**place, "pointer": prefix + place["pointer"]} for place in problem.get("errors", [])]


def without_id(result):
    return {name: value for name, value in result.items() if name != "id"}


def record(world):
    """All that is on record, without ids, what the calls alone can say, and the moments that differ."""
    parent, cited = sa.orm.aliased(Outlet), sa.orm.aliased(Outlet)
    outlets = sa.select(Outlet.slug, Outlet.name, Outlet.kind, Outlet.scorable, parent.slug, OutletDomain.domain)
    reports = [Claim.external_id, Outlet.slug, Report.stance, Report.published_at, Report.url, Report.probability]
    reports += [Report.commitment, Report.quote, Report.is_relay, cited.slug, Report.cited_as]
    statements = [
        outlets.outerjoin(parent, parent.id == Outlet.parent_id).outerjoin(
            OutletDomain, OutletDomain.outlet_id == Outlet.id
        ),
        sa.select(Claim.external_id, Claim.text, Claim.topic, Claim.kind, Claim.group, Claim.resolves_by, Claim.tags),
        sa.select(*reports).join(Report.claim).join(Report.outlet).outerjoin(cited, cited.id == Report.cited_id),
        sa.select(Claim.external_id, Resolution.position, Resolution.verdict, Resolution.truth).join(
            Claim, Claim.id == Resolution.claim_id
        ),
    ]
    with world.runtime.db.read() as session:
        found = [sorted(map(repr, session.execute(statement).all())) for statement in statements]
    return [[row for row in rows if "-alone'" not in row] for rows in found]
