"""A file with every kind of bad line, compared with the API calls that do the same."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import sqlalchemy as sa

from service.app import create_app
from service.config import Settings
from service.storage.base import Base
from service.storage.models import Claim, Outlet, OutletDomain, Report, Resolution
from tests.support.mixed_file import MixedFile
from tests.support.tables import rows
from tests.support.typed_lines import Loader
from tests.support.world import World

ANY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def load(settings, tmp_path):
    return Loader(settings, tmp_path)


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
    """A file with each kind of bad line about three times; a shorter one on PostgreSQL, where the same code applies."""
    lines = 2000 if database_url.startswith("sqlite") else 500
    return MixedFile(20240228).entries(lines, bad=0.165)


def send(world, call, ids):
    """Return the response of a call."""
    path = call.path.format(ids.get(call.claim))
    if isinstance(call.body, bytes):
        return world.post(path, data=call.body, content_type="application/json")
    # Not Flask's own encoder, which does not write half a character.
    return world.post(path, data=json.dumps(call.body), content_type="application/json")


def said(result):
    """Return a problem or a result without ids, the request and the order of its errors."""
    members = {name: value for name, value in result.items() if name not in ("instance", "errors")}
    places = sorted(result.get("errors", []), key=str)
    return json.loads(ANY_ID.sub("(an id)", json.dumps([members, places])))


def known_ids(world):
    with world.runtime.db.read() as session:
        claim = Base.metadata.tables["claim"]
        return {name: str(id_) for name, id_ in session.execute(sa.select(claim.c.external_id, claim.c.id))}


def test_every_kind_of_bad_line(world, load, mixed):
    """
    Of two thousand lines exactly the bad ones are rejected, each with the problem that its API call returns, except for
    ids.
    """
    told = load(*(entry.raw for entry in mixed))

    expected = ["rejected" if entry.fault else "created" for entry in mixed]
    assert [] == [(*pair, want) for want, *pair in zip(expected, told, mixed, strict=True) if want != pair[0]["status"]]
    shapes = {(result["status"], *sorted(result.keys() - {"warnings"})) for result in told}
    assert {("created", "id", "line", "status"), ("rejected", "line", "problem", "status")} == shapes
    assert list(range(1, len(mixed) + 1)) == [result["line"] for result in told]
    refused = [pair for pair in zip(mixed, told, strict=True) if pair[0].fault]
    assert [] == list(differing(world, refused, known_ids(world)))


def test_dry_run_says_the_same(world, load):
    """
    A dry run returns the results of the later load, and changes no table.
    """
    file = [entry.raw for entry in MixedFile(5).entries(400)]
    load(*file[:100])
    before = rows(world.runtime.db)

    tried = load(*file, dry_run=True)

    assert before == rows(world.runtime.db)
    assert [said(result) for result in map(without_id, load(*file))] == [
        said(result) for result in map(without_id, tried)
    ]


def test_a_file_is_its_lines_one_by_one(world, load, other_world):
    """
    Loading a file has the same results and rows as sending each of its lines by API call.
    """
    file = MixedFile(7).entries(260, flat=False)
    told = load(*(entry.raw for entry in file))

    assert [] == list(differing(other_world, zip(file, told, strict=True), {}))
    assert record(world) == record(other_world)


def differing(world, entries, ids):
    """Send lines as API calls, and return those with another problem than in the file, with both problems."""
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
    """Return all rows without ids, members that only calls can set, and differing times."""
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
    return [[row for row in of_table if "-alone'" not in row] for of_table in found]
