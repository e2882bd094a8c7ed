from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys

import pytest
import sqlalchemy as sa

from service import __version__
from service.identity import new_id
from service.keys import find_caller
from service.models import Claim, Entry
from service.vocabulary import Scope
from tests.command import Command
from tests.world import report

KEY = re.compile(r"bo_[A-Za-z0-9_-]+")


@pytest.fixture
def borneout(settings):
    """The command, on an empty database."""
    return Command(settings)


def succeeds(result):
    assert (0, "") == (result.exit_code, result.stderr)
    return result.stdout


def fails(result, *words):
    """A command that fails says so in plain words, with code 1, and shows no traceback."""
    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    assert [] == [word for word in words if word not in result.stderr]


def test_installed_command():
    """
    `python -m service.cli` is the command, and knows its version.
    """
    told = subprocess.run(
        [sys.executable, "-m", "service.cli", "--version"], capture_output=True, text=True, check=True
    )

    assert f"version {__version__}" in told.stdout


def test_key_that_is_made_can_be_used(borneout, db):
    """
    `keys create` shows the key once, on a line of its own, and it has the scopes asked for.
    """
    secret = succeeds(borneout("keys", "create", "feed", "--scope", "claims:write", "--scope", "read")).strip()

    assert KEY.fullmatch(secret)
    assert {Scope.CLAIMS_WRITE, Scope.READ} == find_caller(db, secret, now=dt.datetime.now(dt.UTC)).scopes


def test_command_that_does_not_exist(borneout):
    """
    A command that is misspelt is said to be none.
    """
    result = borneout("imprt")

    assert (2, True) == (result.exit_code, "No such command 'imprt'" in result.stderr)


@pytest.mark.parametrize("options", [[], ["--scope", "everything"]])
def test_key_without_a_scope_that_exists(borneout, options):
    """
    A key needs a scope, and one that there is.
    """
    result = borneout("keys", "create", "feed", *options)

    assert (2, True) == (result.exit_code, "--scope" in result.stderr)


def test_keys_are_listed_without_their_secrets(borneout, db):
    """
    `keys list` shows what is known of each key, and not the key.
    """
    secret = succeeds(borneout("keys", "create", "feed", "--scope", "read")).strip()
    told = succeeds(borneout("keys", "list", COLUMNS="200"))

    assert str(find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id) in told
    assert "feed" in told
    assert secret not in told


@pytest.mark.parametrize("env", [{"COLUMNS": "80"}, {"COLUMNS": "80", "TTY_COMPATIBLE": "1"}], ids=["pipe", "terminal"])
def test_listed_key_can_be_revoked(borneout, env):
    """
    `keys list` shows whole ids, in a pipe and in a terminal, so that `keys revoke` takes them; names as they are.
    """
    succeeds(borneout("keys", "create", "[red]feed of the day", "--scope", "read", "--scope", "claims:write"))
    told = succeeds(borneout("keys", "list", **env))
    key_id = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told)[0]

    assert "[red]" in told
    assert "is revoked." in succeeds(borneout("keys", "revoke", key_id))


def test_revoked_key_cannot_be_used(borneout, db):
    """
    `keys revoke` ends a key, and can be said twice.
    """
    secret = succeeds(borneout("keys", "create", "feed", "--scope", "read")).strip()
    key_id = find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id

    assert "The key 'feed' is revoked." in succeeds(borneout("keys", "revoke", key_id))
    assert "The key 'feed' is revoked." in succeeds(borneout("keys", "revoke", key_id))
    assert find_caller(db, secret, now=dt.datetime.now(dt.UTC)) is None


def test_revoking_an_unknown_key(borneout):
    """
    A key that is not there cannot be revoked, and the error names it.
    """
    key_id = new_id()

    fails(borneout("keys", "revoke", key_id), str(key_id))
    assert 2 == borneout("keys", "revoke", "feed").exit_code


def test_rotated_key(borneout, db):
    """
    `keys rotate` shows another secret; the one before goes on for a day, or for as long as is said.
    """
    now = dt.datetime.now(dt.UTC)
    first = succeeds(borneout("keys", "create", "feed", "--scope", "read")).strip()
    key = find_caller(db, first, now=now)
    second = succeeds(borneout("keys", "rotate", key.key_id)).strip()
    third = succeeds(borneout("keys", "rotate", key.key_id, "--overlap", "0.5")).strip()

    for hours, good in ((0.4, {first, second, third}), (0.6, {third})):
        later = now + dt.timedelta(hours=hours)
        assert good == {secret for secret in (first, second, third) if find_caller(db, secret, now=later) == key}


def test_key_that_expires(borneout, db):
    """
    A key is made with an end, or given one later; that has to be an instant to come.
    """
    secret = succeeds(
        borneout("keys", "create", "feed", "--scope", "read", "--expires", "2100-01-01T00:00:00Z")
    ).strip()
    expiring = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    key_id = find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id

    told = succeeds(borneout("keys", "expire", key_id, "2099-01-01T00:00:00Z"))
    assert "The key 'feed' expires at 2099-01-01T00:00:00Z." in told
    assert find_caller(db, secret, now=expiring - dt.timedelta(seconds=1)) is not None
    assert find_caller(db, secret, now=expiring) is None
    fails(borneout("keys", "expire", key_id, "2020-01-01T00:00:00Z"), "past")
    assert 2 == borneout("keys", "expire", key_id, "tomorrow").exit_code


def test_last_admin_key(borneout, db):
    """
    The last admin key is not revoked; the error says which it is.
    """
    secret = succeeds(borneout("keys", "create", "boss", "--scope", "admin")).strip()

    fails(borneout("keys", "revoke", find_caller(db, secret, now=dt.datetime.now(dt.UTC)).key_id), "boss")


def test_migrate(settings, tmp_path):
    """
    `migrate` makes the schema in a folder that is not there yet, and again changes nothing.
    """
    command = Command(settings)
    command.env["BORNEOUT_DATABASE_URL"] = ""
    command.data_dir = tmp_path / "new" / "place"

    for _ in range(2):
        assert "The schema is up to date.\n" == succeeds(command("migrate"))
    assert "bo_" in succeeds(command("keys", "create", "feed", "--scope", "read"))


def test_database_without_a_schema(settings, tmp_path):
    """
    A command on a database that was never migrated says what is the matter.
    """
    command = Command(settings)
    command.env["BORNEOUT_DATABASE_URL"] = f"sqlite:///{tmp_path}/empty.db"

    fails(command("keys", "list"), "migrate")


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_database_that_is_away(settings, url):
    """
    A command that cannot reach the database says so.
    """
    command = Command(settings)
    command.env["BORNEOUT_DATABASE_URL"] = url

    fails(command("keys", "list"), "database")
    fails(command("migrate"), "database")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BORNEOUT_DATABASE_URL", "mysql://localhost/x"),
        ("BORNEOUT_REDIS_URL", "memcached://localhost"),
        ("BORNEOUT_PUBLIC_READ", "perhaps"),
        ("BORNEOUT_BOOTSTRAP_KEY", "secret"),
    ],
)
def test_bad_setting(borneout, name, value):
    """
    A setting that cannot be used ends a command with the setting's name.
    """
    fails(borneout("keys", "list", **{name: value}), name)


def test_redis_that_is_away(borneout, world):
    """
    Scores are shown and claims resolved without Redis, too.
    """
    claim = world.record()

    assert json.loads(succeeds(borneout("resolve", claim["id"], "true", "--note", "Seen.", **NO_REDIS)))
    assert 1 == json.loads(succeeds(borneout("score", "herald", **NO_REDIS)))["counts"]["correct"]


NO_REDIS = {"BORNEOUT_REDIS_URL": "redis://127.0.0.1:1"}


def test_score_is_what_the_api_answers(borneout, world):
    """
    `score` shows the score as JSON, the same as the API.
    """
    world.resolve(world.record(topic="bridges"), "true")
    options = ["--topic", "bridges", "--basis", "matured", "--level", "0.5"]
    shown = json.loads(succeeds(borneout("score", "herald", *options)))
    answered = world.score(topic="bridges", basis="matured", level=0.5)

    assert answered | {"as_of": 0, "computed_at": 0} == shown | {"as_of": 0, "computed_at": 0}


def test_score_of_the_past(borneout, world):
    """
    R18: `--as-of` asks for the score as it was known at a past moment.
    """
    world.resolve(world.record(), "true", known_at="2026-02-01T00:00:00Z")
    before, after = ("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z")

    assert [0, 1] == [
        json.loads(succeeds(borneout("score", "herald", "--as-of", moment)))["counts"]["resolved"]
        for moment in (before, after)
    ]


def test_score_refused(borneout, world):
    """
    An unknown outlet, level or moment is an error in plain words.
    """
    world.record()

    fails(borneout("score", "nobody"), "nobody")
    fails(borneout("score", "herald", "--level", "0.7"), "level")
    fails(borneout("score", "herald", "--as-of", "yesterday"), "as_of", "RFC 3339")
    fails(borneout("score", "herald", "--as-of", "2999-01-01T00:00:00Z"), "future")


def test_resolve_correct_and_withdraw(borneout, world):
    """
    R11: `resolve` says how a claim came out, corrects what was said, and takes it back; the API's scores follow.
    """
    claim = world.record()
    first = json.loads(succeeds(borneout("resolve", claim["id"], "true", "--evidence", "https://club.example/news")))
    known_at = ["--known-at", "2026-02-01T00:00:00Z"]
    partial = ["partial", "--truth", "0.25", "--note", "Half of it.", "--supersedes", first["id"], *known_at]
    second = json.loads(succeeds(borneout("resolve", claim["id"], *partial)))
    right = world.score()["record"]["right"]
    third = json.loads(succeeds(borneout("resolve", claim["id"], "withdraw", "--supersedes", second["id"])))

    assert ("true", ["https://club.example/news"]) == (first["verdict"], first["evidence"])
    assert ("partial", 0.25, "2026-02-01T00:00:00Z") == (second["verdict"], second["truth"], second["known_at"])
    assert (0.25, None, second["id"]) == (right, third["verdict"], third["supersedes"])
    assert (1, 0) == (world.score()["counts"]["open"], world.score()["counts"]["resolved"])


def test_resolve_refused(borneout, world):
    """
    R11, R12: what the rules refuse is an error that says where.
    """
    claim = world.record()["id"]
    succeeds(borneout("resolve", claim, "false", "--note", "Seen."))

    fails(borneout("resolve", claim, "true", "--note", "Seen."), "supersedes")
    fails(borneout("resolve", claim, "true"), "/evidence")
    fails(borneout("resolve", claim, "partial", "--note", "Seen."), "/truth")
    fails(borneout("resolve", claim, "true", "--note", "Seen.", "--known-at", "now"), "/known_at")
    fails(borneout("resolve", claim, "true", "--evidence", "seen it"), "/evidence/0")
    fails(borneout("resolve", claim, "true", "--note", "Seen.", "--supersedes", "7"), "/supersedes")
    fails(borneout("resolve", new_id(), "true", "--note", "Seen."), "No claim")
    assert 2 == borneout("resolve", claim, "maybe").exit_code


def test_opinion_is_not_resolved(borneout, world):
    """
    R1: an opinion is never resolved.
    """
    claim = world.record(report(), kind="opinion")

    fails(borneout("resolve", claim["id"], "true", "--note", "Seen."), "opinion")


def test_import(borneout, tmp_path):
    """
    `import` tells how many lines became what; a bad line makes its code 1, and its place is told.
    """
    path = tmp_path / "two.ndjson"
    good = {"outlet": "Bild", "claim_id": "1", "claim": "It rains.", "published_at": "2024-01-01"}
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"stance": "shouts"}) + "\n")
    result = borneout("import", path)

    assert (1, "2 lines: 1 created, 0 updated, 0 unchanged, 1 rejected\n") == (result.exit_code, result.stdout)
    assert "line 2 rejected (invalid-body): /stance: Must be one of" in result.stderr


def test_import_of_a_file_that_is_not_there(borneout, tmp_path):
    """
    A file that is not there, or is a folder, is refused before anything is opened.
    """
    assert [2, 2] == [borneout("import", path).exit_code for path in (tmp_path / "none.ndjson", tmp_path)]


def test_import_in_a_shell_that_writes_ascii(settings, tmp_path):
    """
    What a bad line holds can be told where nothing but ASCII can be written.
    """
    path = tmp_path / "one.ndjson"
    path.write_text('{"\\ud800ä": 1}\n')
    env = {**os.environ, "BORNEOUT_DATABASE_URL": settings.database_url, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "service.cli", "import", str(path), "--data-dir", str(tmp_path)]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert (1, True) == (told.returncode, "1 rejected" in told.stdout), told.stderr
    assert "Traceback" not in told.stderr


def test_openapi_is_up_to_date(borneout):
    """
    `openapi --check` finds what is committed the same as the code.
    """
    assert "" == succeeds(borneout("openapi", "--check"))


def test_openapi_that_differs(borneout, tmp_path, monkeypatch):
    """
    `openapi` writes both files, and --check tells which of them differs.
    """
    monkeypatch.setattr("service.cli.openapi.ROOT", tmp_path)
    (tmp_path / "openapi").mkdir()

    fails(borneout("openapi", "--check"), "openapi.json, problems.md")
    succeeds(borneout("openapi"))
    succeeds(borneout("openapi", "--check"))
    (tmp_path / "openapi" / "problems.md").write_text("old")
    fails(borneout("openapi", "--check"), "problems.md differs")


def test_import_of_a_file_with_an_odd_name(borneout, tmp_path):
    """
    A file's name is shown as it is, also where it looks like the markup of a terminal.
    """
    path = tmp_path / "odd [red]{x}.ndjson"
    path.write_text("\n")

    result = borneout("import", path, COLUMNS="200")

    assert (0, True) == (result.exit_code, path.name in result.stderr)


@pytest.mark.parametrize("feed", ["\udcff", "a\nb", "  "])
def test_feed_that_is_no_text(borneout, tmp_path, feed):
    """
    The name of a feed is text that can be shown.
    """
    path = tmp_path / "one.ndjson"
    path.write_text(json.dumps({"outlet": "A", "claim_id": "1", "claim": "b", "published_at": "2024-01-01"}))
    result = borneout("import", path, "--feed", feed)

    assert (2, True) == (result.exit_code, "--feed" in result.stderr)


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "\udcff"])
def test_key_with_a_name_that_is_none(borneout, name):
    """
    A key is named in 1 to 200 characters of text.
    """
    result = borneout("keys", "create", name, "--scope", "read")

    assert (2, True) == (result.exit_code, "NAME" in result.stderr)


def test_verify_says_what_was_changed_by_hand(borneout, world):
    """
    `verify` is content with what the service wrote; a row that was changed past it is named, with exit code 1.
    """
    claim = world.record()
    untouched = succeeds(borneout("verify"))
    with world.runtime.db.trial() as session:
        session.execute(sa.update(Claim).values(topic="else"))
        session.commit()

    result = borneout("verify")

    assert "Everything is as it was entered.\n" == untouched
    assert 1 == result.exit_code
    assert f"claim {claim['id']}: is not as it was entered: topic" == result.stdout.splitlines()[0]
    assert {"claim", "subtotal"} == {line.split()[0] for line in result.stdout.splitlines()}
    assert "seal abc: is no head of this chain" in borneout("verify", "--head", "abc").stdout


def test_commands_are_entered_as_such(borneout, db):
    """
    What a command writes is entered under its own name, without a key.
    """
    succeeds(borneout("keys", "create", "feed", "--scope", "claims:write"))

    with db.read() as session:
        [entry] = session.scalars(sa.select(Entry))
    assert ("api_key", "command line", None) == (entry.table_name, entry.actor_name, entry.actor)
