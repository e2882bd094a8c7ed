"""Restore: an export makes the same database elsewhere, byte for byte."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zipfile
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa

from service.access.keys import ensure_first_key
from service.config import Settings
from service.ledger.seal import seal_entries
from service.ledger.verify import verify_ledger
from service.outlets.rebuild_sums import rebuild_sums
from service.storage.base import Base
from service.storage.db import Database
from service.storage.journaled import journaled_tables
from service.storage.models import ApiKey
from service.transfer.export.tables import LEFT_OUT, exported_tables
from service.values.vocabulary import Scope
from tests.support import full_database
from tests.support.busy_world import all_scores, fill
from tests.support.command import Command, fails, succeeds
from tests.support.tables import rows
from tests.support.world import World, application_on, report

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def borneout(settings):
    return Command(settings)


@dataclass
class Elsewhere:
    """Another, empty database."""

    settings: Settings
    db: Database

    def __call__(self, *arguments):
        """Run the command on it."""
        return Command(self.settings)(*arguments)


@pytest.fixture
def elsewhere(request, settings, tmp_path):
    """Another, empty database: SQLite, unless a test asks for PostgreSQL."""
    empty = {"sqlite": "empty_sqlite", "postgresql": "empty_postgres"}[getattr(request, "param", "sqlite")]
    url = request.getfixturevalue(empty)("standing")
    db = Database(url)
    yield Elsewhere(replace(settings, database_url=url, data_dir=tmp_path / "elsewhere"), db)
    db.close()


@pytest.fixture
def exported(world, borneout, tmp_path):
    """An export with one claim."""
    world.record()
    succeeds(borneout("export", tmp_path / "export"))
    return tmp_path / "export"


def fill_whole(world):
    """Record a row in each table: redactions, disputes, corrections, renames, withdrawals, dated domains."""
    full_database.fill(world)
    world.outlet("Dated", domains=[{"domain": "dated.example", "from": "2020-01-01", "to": "2024-01-01"}])
    claim = world.record(report("Mirror", quote="Secret words."), text="=Über 'Köln'\u2028!", topic="roads/bridges")
    [filed] = claim["reports"]
    world.patch(f"/v1/reports/{filed['id']}", {"commitment": 2}, headers={"If-Match": "*"})
    redaction = {"subject": filed["id"], "members": ["quote"], "reason": "A court has said so."}
    assert 201 == world.post("/v1/redactions", redaction).status_code
    world.post("/v1/topics/renames", {"from": "roads", "into": "ways"})
    seal_entries(world.runtime.db, now=NOW)
    world.outlet("Not sealed yet")


def fill_busy(world):
    """Record everything that affects scores, with merges, of which one is undone."""
    fill(world)
    world.post("/v1/outlets/a-paper/merge", {"into": "herald"})
    world.delete("/v1/outlets/a-paper/merge", headers={"If-Match": "*"})
    for text in ("Twice.", "Again."):
        claim, same = (world.record(report("Herald"), text=text) for _ in range(2))
        world.resolve(claim, "true")
        world.post(f"/v1/claims/{claim['id']}/merge", {"into": same["id"]})
    world.delete(f"/v1/claims/{claim['id']}/merge", headers={"If-Match": "*"})
    world.post("/v1/topics/renames", {"from": "roads", "into": "ways"})
    seal_entries(world.runtime.db, now=NOW)
    rebuild_sums(world.runtime.db, now=NOW)  # some of these reports were changed past the service


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def findings(db):
    return sorted(verify_ledger(db))


def on(elsewhere, world):
    """Return a client of the same application on another database."""
    runtime = replace(world.runtime, db=elsewhere.db, settings=elsewhere.settings)
    return World(application_on(world.app, runtime))


def explained(world, slug):
    shown = world.get(f"/v1/outlets/{slug}/score/explanation").json
    return {name: value for name, value in shown.items() if name not in ("as_of", "computed_at")}


@pytest.mark.parametrize("elsewhere", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("record", [fill_whole, fill_busy])
def test_same_bytes_scores_and_ledger(world, borneout, elsewhere, tmp_path, record):
    """
    R19: an export, restored into an empty database of either kind, gives the same export again, byte for byte, and the
    same rows, scores, explanations and ledger.
    """
    record(world)
    queries = ({}, {"basis": "matured"}, {"as_of": "2026-01-15T00:00:00Z"}, {"topic": "ways"})
    before = [all_scores(world, **query) for query in queries], explained(world, "herald")
    borneout("export", tmp_path / "first")
    restored = succeeds(elsewhere("import", "--restore", tmp_path / "first"))
    elsewhere("export", tmp_path / "second")

    assert files(tmp_path / "first") == files(tmp_path / "second")
    assert "rows restored" in restored
    assert findings(world.runtime.db) == findings(elsewhere.db)
    assert record is fill_busy or [] == findings(elsewhere.db)
    expected, found = rows(world.runtime.db), rows(elsewhere.db)
    derived = {"claim", "report", "entry", "api_key"}  # with columns that differ between databases
    for table in exported_tables():
        assert len(expected[table.name]) == len(found[table.name])
        if table.name not in derived:
            assert expected[table.name] == found[table.name], table.name
    assert (expected["subtotal"], expected["rate"]) == (found["subtotal"], found["rate"])
    there = on(elsewhere, world)
    assert before == ([all_scores(there, **query) for query in queries], explained(there, "herald"))
    assert world.get("/v1/claims?q=bridge").json == there.get("/v1/claims?q=bridge").json


@pytest.mark.sqlite_alone
def test_zip(world, borneout, elsewhere, tmp_path):
    """
    A zip file holds the same files as a folder, is the same each time, and is restored in the same way.
    """
    fill_busy(world)
    for name in ("folder", "first.zip", "second.zip"):
        succeeds(borneout("export", tmp_path / name))
    with zipfile.ZipFile(tmp_path / "first.zip") as packed:
        assert files(tmp_path / "folder") == {name: packed.read(name) for name in packed.namelist()}
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    succeeds(elsewhere("import", "--restore", tmp_path / "first.zip"))
    succeeds(elsewhere("export", tmp_path / "third.zip"))

    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "third.zip").read_bytes()
    assert "exists" in borneout("export", tmp_path / "first.zip").stderr


def test_every_table(world, borneout, tmp_path):
    """
    Every table is exported, or left out for a reason; tables of the ledger are exported, except for secrets.
    """
    fill_whole(world)
    borneout("export", tmp_path / "export")
    written = {path.stem: path.read_text() for path in (tmp_path / "export" / "tables").iterdir()}

    assert set(Base.metadata.tables) == {*written, *LEFT_OUT}
    assert {"former_secret"} == {table.name for table in journaled_tables()} & LEFT_OUT.keys()
    assert all(written.values())
    assert all(LEFT_OUT.values())


@pytest.mark.sqlite_alone
def test_nothing_secret(world, borneout, tmp_path):
    """
    An export has no secrets of keys, not even as hashes, and no redacted words.
    """
    fill_whole(world)
    borneout("export", tmp_path / "export")
    with world.runtime.db.read() as session:
        digests = session.scalars(sa.select(ApiKey.digest)).all()
    text = b"".join(files(tmp_path / "export").values()).decode()

    assert [] == [words for words in (*digests, "Secret words", "Somebody is ill", world.secret) if words in text]


def test_description(world, borneout, tmp_path):
    """
    The description names every file with its size, hash, keys and the type of every member, and the licence.
    """
    fill_whole(world)
    folder = tmp_path / "export"
    borneout("export", folder, BORNEOUT_DATA_LICENSE="CC-BY-4.0")
    described = json.loads((folder / "datapackage.json").read_text())
    resources = {each["path"]: each for each in described["resources"]}
    names = {each["name"]: each["schema"] for each in described["resources"]}

    assert [{"name": "CC-BY-4.0"}] == described["licenses"]
    assert {*files(folder)} == {*resources, "datapackage.json", "README.txt"}
    for path, resource in resources.items():
        content = (folder / path).read_bytes()
        assert len(content) == resource["bytes"]
        members = [field["name"] for field in resource["schema"]["fields"]]
        types = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
        for line in map(json.loads, content.splitlines()):
            assert members == list(line), path
            assert {} == {name: value for name, value in line.items() if not fits(value, types[name])}, path
        assert {*resource["schema"].get("primaryKey", [])} <= set(members)
        for key in resource["schema"].get("foreignKeys", []):
            target = names[key["reference"]["resource"]]
            assert {*key["reference"]["fields"]} <= {field["name"] for field in target["fields"]}


def fits(value, kind):
    """Return whether a value is null or of a type of the description."""
    types = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict}
    types |= {"datetime": str, "date": str, "any": object}
    return value is None or isinstance(value, types[kind])


def test_database_that_is_not_empty(world, borneout, tmp_path):
    """
    A restore changes nothing in a database that has a row, even if that is only a key.
    """
    borneout("export", tmp_path / "export")
    before = rows(world.runtime.db)

    fails(borneout("import", "--restore", tmp_path / "export"), "not empty")
    assert before == rows(world.runtime.db)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "datapackage.json").unlink(), "not a Borneout export"),
        (lambda folder: (folder / "datapackage.json").write_text("[]"), "not a Borneout export"),
        (lambda folder: (folder / "tables" / "claim.ndjson").unlink(), "damaged"),
        (lambda folder: (folder / "tables" / "claim.ndjson").write_text("{}\n"), "damaged"),
        (lambda folder: rewrite(folder, "claim", '{"id": 1}\n'), "do not fit that table"),
        (lambda folder: rewrite(folder, "api_key", ""), "do not fit that table"),
        (lambda folder: rewrite(folder, "claim", "", schema="other"), "different tables"),
    ],
)
def test_damaged_export(exported, elsewhere, change, words):
    """
    A damaged export, or one of another version, is rejected with a sentence, and nothing is restored.
    """
    change(exported)

    fails(elsewhere("import", "--restore", exported), words)
    assert [] == [name for name, found in rows(elsewhere.db).items() if found]


def rewrite(folder, table, text, schema=None):
    """Replace the rows of a table and its hash in the description."""
    path = folder / "tables" / f"{table}.ndjson"
    path.write_text(text)
    described = json.loads((folder / "datapackage.json").read_text())
    described["borneout"]["schema"] = schema or described["borneout"]["schema"]
    for resource in described["resources"]:
        if resource["path"] == f"tables/{table}.ndjson":
            resource["hash"] = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    (folder / "datapackage.json").write_text(json.dumps(described))


@pytest.mark.sqlite_alone
def test_other_files(world, borneout, tmp_path):
    """
    A file that is no zip file, a damaged one, and other options are rejected with a sentence.
    """
    (tmp_path / "text.zip").write_text("no zip")
    borneout("export", tmp_path / "export.zip")
    content = bytearray((tmp_path / "export.zip").read_bytes())
    content[200:400] = bytes(200)
    (tmp_path / "damaged.zip").write_bytes(content)

    fails(borneout("import", "--restore", tmp_path / "text.zip"), "not a zip file")
    assert 1 == borneout("import", "--restore", tmp_path / "damaged.zip").exit_code
    assert 2 == borneout("import", "--restore", tmp_path / "export.zip", "--dry-run").exit_code
    assert 2 == borneout("import").exit_code
    assert world.claim(world.record())


def test_keys_afterwards(world, borneout, elsewhere, tmp_path):
    """
    R14: restored keys have no secrets, but are still the authors of their rows. A key gets a secret by rotation, an
    admin key is created at the next start, and the ledger still verifies after all of this.
    """
    feed = world.with_scopes(Scope.CLAIMS_WRITE)
    full_database.fill(world)
    claim = feed.record(external_id="a")
    borneout("export", tmp_path / "export")
    succeeds(elsewhere("import", "--restore", tmp_path / "export"))
    there = application_on(
        world.app, replace(world.runtime, db=elsewhere.db, settings=elsewhere.settings)
    ).test_client()
    body = {"tags": ["x"]}

    def change(secret):
        headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}
        return there.patch(f"/v1/claims/{claim['id']}", json=body, headers=headers).status_code

    assert 401 == change(feed.secret)
    admin = ensure_first_key(elsewhere.db, given=None, now=dt.datetime.now(dt.UTC))
    headers = {"Authorization": f"Bearer {admin}"}
    assert admin.startswith("bo_")
    listed = there.get("/v1/keys", headers=headers).json["items"]
    me = str(feed.key_id)
    rotated = there.post(f"/v1/keys/{me}/rotation", json={}, headers=headers)
    assert (201, 200) == (rotated.status_code, change(rotated.json["secret"]))
    revoked = there.delete(f"/v1/keys/{me}", headers=headers | {"If-Match": "*"})
    assert (200, 401) == (revoked.status_code, change(rotated.json["secret"]))
    never_rotated = next(each["id"] for each in listed if each["name"] == "feed")
    assert 200 == there.delete(f"/v1/keys/{never_rotated}", headers=headers | {"If-Match": "*"}).status_code
    assert [] == findings(elsewhere.db)
