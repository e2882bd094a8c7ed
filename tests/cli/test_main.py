"""The command `borneout`: common behaviour, and the commands without a test file"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from service import __version__
from service.storage.models import Claim
from tests.support.command import Command, fails, succeeds
from tests.support.unjournaled import unjournaled

ROOT = Path(__file__).parents[2]


@pytest.fixture
def borneout(settings):
    """The command, on an empty database."""
    return Command(settings)


def test_installed_command():
    """
    `python -m service.cli` is the command, and prints its version.
    """
    result = subprocess.run(
        [sys.executable, "-m", "service.cli", "--version"], capture_output=True, text=True, check=True
    )

    assert f"version {__version__}" in result.stdout


@pytest.mark.sqlite_alone
def test_command_that_does_not_exist(borneout):
    """
    An unknown command is reported.
    """
    result = borneout("imprt")

    assert (2, True) == (result.exit_code, "No such command 'imprt'" in result.stderr)


def test_migrate(settings, tmp_path):
    """
    `migrate` creates the schema in a new folder, and changes nothing the second time.
    """
    command = Command(settings)
    command.env["BORNEOUT_DATABASE_URL"] = ""
    command.data_dir = tmp_path / "new" / "data"

    for _ in range(2):
        assert "The schema is up to date.\n" == succeeds(command("migrate"))
    assert "bo_" in succeeds(command("keys", "create", "feed", "--scope", "read"))


@pytest.mark.sqlite_alone
def test_database_without_a_schema(settings, tmp_path):
    """
    A command on a database without a schema says so.
    """
    command = Command(settings)
    command.env["BORNEOUT_DATABASE_URL"] = f"sqlite:///{tmp_path}/empty.db"

    fails(command("keys", "list"), "There is no data")
    fails(command("worker"), "migrate")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_database_that_is_away(settings, url):
    """
    A command that cannot reach the database says so.
    """
    command = Command(settings)
    command.env["BORNEOUT_DATABASE_URL"] = url

    fails(command("keys", "create", "feed", "--scope", "read"), "database")
    fails(command("migrate"), "database")


@pytest.mark.sqlite_alone
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
    An invalid setting ends a command with the name of the setting.
    """
    fails(borneout("keys", "list", **{name: value}), name)


def test_import(borneout, tmp_path):
    """
    `import` prints the number of lines by status; a rejected line is reported, and the exit code is 1.
    """
    path = tmp_path / "two.ndjson"
    good = {"outlet": "Bild", "claim_id": "1", "claim": "It rains.", "published_at": "2024-01-01"}
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"stance": "shouts"}) + "\n")
    result = borneout("import", path)

    assert (1, "2 lines: 1 created, 0 updated, 0 unchanged, 1 rejected\n") == (result.exit_code, result.stdout)
    assert "line 2 rejected (invalid-body): /stance: Must be one of" in result.stderr


@pytest.mark.sqlite_alone
def test_import_of_a_file_that_is_not_there(borneout, tmp_path):
    """
    A missing file, or a folder, is rejected first.
    """
    assert [2, 2] == [borneout("import", path).exit_code for path in (tmp_path / "none.ndjson", tmp_path)]


@pytest.mark.sqlite_alone
def test_import_in_a_shell_that_writes_ascii(settings, tmp_path):
    """
    A rejected line can be reported on a terminal that supports only ASCII.
    """
    path = tmp_path / "one.ndjson"
    path.write_text('{"\\ud800ä": 1}\n')
    env = {**os.environ, "BORNEOUT_DATABASE_URL": settings.database_url, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "service.cli", "import", str(path), "--data-dir", str(tmp_path)]
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert (1, True) == (result.returncode, "1 rejected" in result.stdout), result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.sqlite_alone
def test_openapi_is_up_to_date(borneout, monkeypatch):
    """
    `openapi --check` finds no difference between the committed document and the code.
    """
    monkeypatch.chdir(ROOT)

    assert "" == succeeds(borneout("openapi", "--check"))


@pytest.mark.sqlite_alone
def test_openapi_that_differs(borneout, tmp_path, monkeypatch):
    """
    `openapi` writes both files, and `--check` names the stale ones.
    """
    monkeypatch.chdir(tmp_path)

    fails(borneout("openapi", "--check"), "openapi.json, problems.md")
    succeeds(borneout("openapi"))
    succeeds(borneout("openapi", "--check"))
    (tmp_path / "openapi" / "problems.md").write_text("old")
    fails(borneout("openapi", "--check"), "problems.md differs")


@pytest.mark.sqlite_alone
def test_import_of_a_file_with_an_odd_name(borneout, tmp_path):
    """
    The name of a file is shown unchanged, even if it looks like markup.
    """
    path = tmp_path / "odd [red]{x}.ndjson"
    path.write_text("\n")

    result = borneout("import", path, COLUMNS="200")

    assert (0, True) == (result.exit_code, path.name in result.stderr)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("feed", ["\udcff", "a\nb", "  "])
def test_feed_that_is_no_text(borneout, tmp_path, feed):
    """
    The name of a feed must be printable.
    """
    path = tmp_path / "one.ndjson"
    path.write_text(json.dumps({"outlet": "A", "claim_id": "1", "claim": "b", "published_at": "2024-01-01"}))
    result = borneout("import", path, "--feed", feed)

    assert (2, True) == (result.exit_code, "--feed" in result.stderr)


def test_verify_says_what_was_changed_by_hand(borneout, world):
    """
    `verify` accepts the rows of the service, and reports a row that was changed directly, with exit code 1.
    """
    claim = world.record()
    untouched = succeeds(borneout("verify"))
    with unjournaled(world.runtime.db) as session:
        session.execute(sa.update(Claim).values(topic="else"))
        session.commit()

    result = borneout("verify")

    assert "Everything matches the ledger.\n" == untouched
    assert 1 == result.exit_code
    assert f"claim {claim['id']}: differs from its entry in topic" == result.stdout.splitlines()[0]
    assert {"claim", "subtotal"} == {line.split()[0] for line in result.stdout.splitlines()}
    assert "seal abc: is not a head of this chain" in borneout("verify", "--head", "abc").stdout
