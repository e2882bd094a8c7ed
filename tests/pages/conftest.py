"""A service with test data and a browser, shared by all tests of pages in a process."""

from __future__ import annotations

import datetime as dt
import fcntl
import itertools
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import sync_playwright

from service.app import create_app
from service.config import Settings
from service.schemas.lines import read_line
from service.scores.context_refit import refit_context
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from service.web.runtime import Runtime
from tests.support.browser_site import Site, serving
from tests.support.editor import Editor
from tests.support.world import HOSTILE, World, report

ROOT = Path(__file__).parents[2]
OPEN_SETS = {"polls": "polls538_to2012.ndjson", "emergent": "emergent_first90claims.ndjson"}

_CHROMIUM_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def site(tmp_path_factory, sqlite_template, redis_server):
    """A service with the example, the open data sets if available, and generated data."""
    folder = tmp_path_factory.mktemp("site")
    with _application(folder, redis_server) as app:
        shutil.copy(_filled(tmp_path_factory, sqlite_template, redis_server), folder / "site.db")
        with serving(app) as address:
            yield Site(app, address)


@pytest.fixture
def editor(app):
    """An editor who has signed in."""
    return Editor(app).signed_in()


@pytest.fixture
def reconfigure(app, db, cache, settings):
    """Returns a function that changes the settings of the application, as if another process used them."""

    def change(**members):
        app.extensions["runtime"] = Runtime(db, cache, replace(settings, **members))
        return app

    return change


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium."""
    if (path := shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")) is None:
        pytest.fail("The tests of the pages need Chromium on the PATH, such as Debian's package chromium.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


def _filled(tmp_path_factory, sqlite_template, redis_server):
    """Return a database with all test data, which is filled once for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "filled"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            shutil.copy(sqlite_template, shared / "site.db")
            with _application(shared, redis_server) as app:
                _load(app.extensions["runtime"])
                _add_generated_data(World(app))
            (shared / "done").touch()
    return shared / "site.db"


@contextmanager
def _application(folder, redis_server):
    """Yield the application on the database of a folder, without fsync."""
    # Its own Redis database, because other tests cache pages in the first one.
    env = {"BORNEOUT_DATABASE_URL": f"sqlite:///{folder / 'site.db'}", "BORNEOUT_RATE_LIMIT": "off"}
    env |= {"BORNEOUT_REDIS_URL": f"unix://{redis_server}?db=1"}
    app = create_app(Settings.from_env(env, data_dir=folder))
    runtime = app.extensions["runtime"]
    sa.event.listen(runtime.db.engine, "connect", lambda file, _: file.execute("PRAGMA synchronous=OFF"))
    yield app
    runtime.db.close()
    runtime.cache.close()


def _load(runtime):
    """Load files like `borneout import`, but without fsync."""
    files = {None: ROOT / "examples" / "alonso.ndjson"}
    if folder := os.environ.get("OPEN_DATA"):
        files |= {feed: Path(folder) / name for feed, name in OPEN_SETS.items()}
    now = dt.datetime.now(dt.UTC)
    for feed, path in files.items():
        lines = (
            ReadLine(number, read_line(json.loads(line), feed=feed))
            for number, line in enumerate(path.read_text().splitlines(), 1)
        )
        while batch := list(itertools.islice(lines, 500)):
            load_lines(runtime.db, runtime.cache, batch, caller=OPERATOR, now=now)
    refit_context(runtime.db, runtime.cache, now=now, at_once=True)


def _add_generated_data(site):
    """Add stated probabilities, shared claims, and an outlet whose every text is hostile."""
    site.outlet("Herald", kind="newspaper")
    start = dt.datetime(2024, 1, 15, tzinfo=dt.UTC)
    for n in range(24):
        moment = start + dt.timedelta(days=25 * n)
        stated = {"published_at": moment.isoformat(), "probability": 0.05 + 0.1 * (n % 10), "commitment": 1 + n % 4}
        other = {"published_at": moment.isoformat(), "stance": "support" if n % 2 else "deny"}
        claim = site.record(
            report("The Oracle", **stated), report("Herald", **other), text=f"Bridge {n} opens in May.", topic="roads"
        )
        known_at = (moment + dt.timedelta(days=20)).isoformat()
        site.resolve(claim, "true" if n % 10 > 3 else "false", known_at=known_at)
    outlet = site.outlet(HOSTILE, aliases=[HOSTILE + "2"], domains=["hostile.example"])
    hostile = {"quote": HOSTILE, "url": "https://hostile.example/?<script>"}
    hostile_report = report() | {"outlet": outlet["slug"], **hostile}
    claim = site.record(hostile_report, text=HOSTILE, topic=HOSTILE, tags=["<b>"])
    site.resolve(claim, "true", note=HOSTILE, evidence=["https://hostile.example/<script>"])
