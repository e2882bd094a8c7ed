"""Imports that are killed or run twice concurrently."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
import sqlalchemy as sa

from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.storage.identity import database_id
from service.storage.models import Claim, Outlet, OutletDomain, Report, Resolution
from service.transfer.load import BATCH
from service.web.runtime import Runtime
from tests.support.awaiting import DEADLINE, wait_until
from tests.support.command import Command
from tests.support.world import World, application_on

LINES = 4 * BATCH


def generated(path):
    """Return a file that takes a while to load: claims of several outlets that change their minds, open claims and bad
    lines.
    """
    rng = random.Random(7)  # noqa: S311 - the file is the same for every test
    with path.open("w") as file:
        for number in range(LINES):
            claim = rng.randrange(LINES // 4)
            text = f"Claim number {claim}." if number % 97 else ""
            line = {
                "outlet": f"Outlet {rng.randrange(40)}",
                "claim_id": str(claim),
                "claim": text,
                "stance": rng.choice(["asserts", "denies", "mentions"]),
                "published_at": f"2024-0{rng.randrange(1, 5)}-11",
                "outcome": [None, True, False, 0.5][claim % 4],
                "resolved_at": None if claim % 4 == 0 else "2024-04-01",
            }
            file.write(json.dumps(line) + "\n")


def start_import(path, settings):
    env = {
        **os.environ,
        "BORNEOUT_DATABASE_URL": settings.database_url,
        "BORNEOUT_REDIS_URL": settings.redis_url,
    }
    command = [sys.executable, "-m", "service.cli", "import", str(path), "--data-dir", str(settings.data_dir)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def rows(world):
    """Return all rows without the ids and times that differ between loads."""
    by_claim = [Claim.external_id, Outlet.slug, Report.stance, Report.published_at, Report.url, Report.probability]
    statements = [
        sa.select(Outlet.slug, Outlet.name, OutletDomain.domain).outerjoin(OutletDomain),
        sa.select(Claim.external_id, Claim.text, Claim.topic, Claim.kind),
        sa.select(*by_claim).select_from(Report).join(Report.claim).join(Report.outlet),
        sa.select(
            Claim.external_id, Resolution.position, Resolution.verdict, Resolution.truth, Resolution.known_at
        ).join(Claim, Claim.id == Resolution.claim_id),
    ]
    with world.runtime.db.read() as session:
        return [sorted(session.execute(statement).all(), key=str) for statement in statements]


def count_claims(world):
    with world.runtime.db.read() as session:
        return session.scalar(sa.select(sa.func.count(Claim.id)))


def scores(world):
    outlets = [outlet["slug"] for outlet in world.get("/v1/outlets", query_string={"limit": 200}).json["items"]]
    items = world.get("/v1/scores", query_string={"outlet": outlets}).json["items"]
    return [{name: score[name] for name in ("outlet", "record", "relay", "counts", "reliability")} for score in items]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, sqlite_template, application, database_at, redis_server):
    """Return the claims and scores after an import that was not interrupted, on its own database."""
    folder = tmp_path_factory.mktemp("undisturbed")
    path = folder / "many.ndjson"
    generated(path)
    shutil.copy(sqlite_template, folder / "borneout.db")
    settings = Settings.from_env({"BORNEOUT_REDIS_URL": f"unix://{redis_server}?db=1"}, data_dir=folder)
    Command(settings)("import", path)
    db = database_at(settings.database_url)
    with contextlib.closing(ScoreCache(settings.redis_url, partial(database_id, db))) as cache:
        runtime = Runtime(db, cache, settings)
        other = World(application_on(application, runtime))
        return path, rows(other), scores(other)


def killed_import(world, path, settings, *, later):
    """Kill an import some seconds after it has recorded its first claims, and return its exit code."""
    before, process = count_claims(world), start_import(path, settings)
    wait_until(lambda: count_claims(world) > before or process.poll() is not None)
    time.sleep(later)
    process.kill()
    process.communicate()
    return process.returncode


def test_import_killed_in_the_middle_is_finished_by_running_it_again(world, settings, undisturbed):
    """
    An import that is killed with -9 at random moments and run again has the same result as an undisturbed one.
    """
    path, expected_rows, expected_scores = undisturbed
    # The first one after the first batch that is kept, with which no import is done; the other at any time later.
    pause = random.uniform(0, 0.3)  # noqa: S311 - any moment will do
    ends = [killed_import(world, path, settings, later=later) for later in (0, pause)]
    last = start_import(path, settings)
    told, _ = last.communicate(timeout=DEADLINE)

    assert -signal.SIGKILL == ends[0]
    assert (1, f"{LINES} lines") == (last.returncode, told.partition(":")[0]), "the file has bad lines"
    assert expected_rows == rows(world), pause
    assert expected_scores == scores(world), pause


def test_two_imports_of_one_file_at_once(world, settings, undisturbed):
    """
    R4: two concurrent imports of a file have the same result as one.
    """
    path, expected_rows, expected_scores = undisturbed
    both = [start_import(path, settings) for _ in range(2)]
    told = [process.communicate(timeout=DEADLINE)[0] for process in both]

    assert [1, 1] == [process.returncode for process in both], told
    assert expected_rows == rows(world)
    assert expected_scores == scores(world)
