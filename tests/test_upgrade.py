"""From the schema of every release, with records in it, to the newest: nothing is lost, and the scores are right."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import sqlalchemy as sa

from service import migrations
from service.cache import ScoreCache
from service.config import Settings
from service.db import Database
from service.migrations import known_revisions, migrate
from service.rebuild import rebuild_sums
from service.runtime import Runtime
from tests.command import Command
from tests.world import World

RELEASED = ("0001", "0002", "0003", "0004")
ERAS = Path(__file__).parent / "data" / "eras"
KEY = "bo_upgraded_key_0123456789"


@dataclass
class Upgraded:
    """A database that has come from an older schema: what it had then, and the service on it now."""

    since: str
    columns: dict[str, list[str]]
    before: dict[str, set[str]]
    world: World
    db: Database


@pytest.fixture(scope="module", params=[(dialect, since) for dialect in ("sqlite", "postgresql") for since in RELEASED])
def upgraded(request, application, redis_server, tmp_path_factory):
    """A database that older versions have filled, upgraded as an operator does it."""
    dialect, since = request.param
    folder = tmp_path_factory.mktemp("upgraded")
    with redis.Redis(unix_socket_path=str(redis_server)) as client:
        client.flushall()
    with bare(request, dialect, folder) as url:
        db, cache = Database(url), ScoreCache(f"unix://{redis_server}")
        fill(db, since)
        columns, before = rows(db)
        env = {"BORNEOUT_DATABASE_URL": url, "BORNEOUT_REDIS_URL": f"unix://{redis_server}"}
        settings = Settings.from_env(env, data_dir=folder)
        done = Command(settings)("migrate")
        assert 0 == done.exit_code, done.output
        application.extensions["runtime"] = Runtime(db, cache, settings)
        world = World(application)
        world.headers = {"Authorization": f"Bearer {KEY}"}
        yield Upgraded(since, columns, before, world, db)
        db.close()
        cache.close()


@contextlib.contextmanager
def bare(request, dialect, folder):
    """A database with nothing in it."""
    if dialect == "sqlite":
        yield f"sqlite:///{folder}/borneout.db"
        return
    server = request.getfixturevalue("postgres")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{folder.name}"')
        yield server.get_uri(folder.name).replace("postgresql://", "postgresql+psycopg://")
        connection.execute(f'DROP DATABASE "{folder.name}" WITH (FORCE)')


def fill(db, since):
    """Makes of it what services up to a schema have left: each has added what it knew of."""
    for era in RELEASED[: RELEASED.index(since) + 1]:
        migrate(db.engine, era)
        with db.engine.execution_options(write=True).begin() as connection:
            for statement in filter(str.strip, (ERAS / f"{era}.sql").read_text().split(";\n")):
                connection.exec_driver_sql(statement)


def rows(db, columns=None):
    """What is in each table: in the columns given, else in all."""
    inspector = sa.inspect(db.engine)
    columns = columns or {
        table: [column["name"] for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
        if not table.startswith(("claim_text", "claim_number", "alembic_version"))
    }
    found: dict[str, Any] = {}
    with db.engine.connect() as connection:
        for table, names in columns.items():
            query = sa.select(*map(sa.column, names)).select_from(sa.table(table))
            found[table] = {repr(tuple(row)) for row in connection.execute(query)}
    return columns, found


def revision_of(connection):
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def test_nothing_is_lost(upgraded):
    """
    Every row that an older version has written is there after the upgrade, with every value that it had.
    """
    _, after = rows(upgraded.db, upgraded.columns)

    assert len(upgraded.before) >= 8
    assert [] == [(table, row) for table, before in upgraded.before.items() for row in before - after[table]]
    with upgraded.db.engine.connect() as connection:
        assert known_revisions()[0] == revision_of(connection)


def test_scores_are_right(upgraded):
    """
    The scores are those of the records, withdrawals and corrections included, and a rebuild finds nothing to mend.
    """
    counts = {slug: upgraded.world.score(slug)["counts"] for slug in ("herald", "tribune", "wire")}

    tribune = 2 if upgraded.since == "0001" else 1  # one report was withdrawn later
    assert {"herald": (2, 1, 0), "tribune": (tribune, 0, 1), "wire": (0, 0, 1)} == {
        slug: (each["resolved"], each["correct"], each["open"]) for slug, each in counts.items()
    }
    assert 1 == upgraded.world.score("wire")["relay"]["resolved"]
    assert 0 == rebuild_sums(upgraded.db, now=dt.datetime.now(dt.UTC))


def test_it_goes_on(upgraded):
    """
    What was there can be found, read, corrected and added to, with the key from before.
    """
    world = upgraded.world
    [claim] = world.get("/v1/claims?q=brücke").json["items"]
    [mayor] = world.get("/v1/claims?verdict=false").json["items"]

    world.resolve(claim, "false", supersedes=claim["resolution"]["id"])

    assert ("feed:1", "The mayor resigns.") == (claim["external_id"], mayor["text"])
    assert 0 == world.score()["counts"]["correct"]
    assert 3 == len(world.claim(claim)["reports"])
    assert "herald" == world.get("/v1/outlets/lookup?url=https://herald.example/x").json["outlet"]["slug"]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_who_reads_does_not_wait(request, tmp_path, monkeypatch, dialect):
    """
    A service that runs on is answered while a migration waits for a table that somebody uses for long; when it is
    free, the migration goes through.
    """
    monkeypatch.setattr(migrations, "_PATIENCE", "200ms")
    monkeypatch.setattr(migrations, "_PAUSE", 0.2)
    with bare(request, dialect, tmp_path) as url, contextlib.closing(Database(url)) as db:
        fill(db, "0003")  # what comes after changes the table of keys
        migrating = threading.Thread(target=migrate, args=(db.engine,))
        with contextlib.closing(Database(url)) as busy:
            with busy.engine.connect() as long:
                long.exec_driver_sql("SELECT count(*) FROM api_key")  # and it stays a transaction
                migrating.start()
                took = [answer_time(url) for _ in range(3)]
                assert "0003" == revision_of(long)
            migrating.join(60)
            with busy.engine.connect() as later:
                assert known_revisions()[0] == revision_of(later)
    assert max(took) < 10  # after which whoever waits for a lock is refused anyway


def answer_time(url):
    """How many seconds somebody waits who asks for the keys and the records."""
    began = time.monotonic()
    with contextlib.closing(Database(url)) as db, db.engine.connect() as connection:
        for table in ("api_key", "outlet", "claim", "report"):
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}")
        time.sleep(0.2)
    return time.monotonic() - began
