"""How long the first byte of a page takes, beside what the API takes for the same data, and what a page weighs.

    python -m bench.pages [CLAIMS]

A SQLite file is filled with so many claims (100,000), each reported by one outlet that reports them all and by three
of ten thousand others. Then the pages and the calls of the API that have the same in them are answered in turns, by
one process: each computed from the database, as if there were no cache; then from a real Redis, as usual. The ratio of
their medians should be below three, and a page below 300 kB.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from service.app import create_app
from service.config import Settings
from service.outlets.rebuild_sums import rebuild_sums
from service.scores.contexts import refit_context
from service.storage.db import Database
from service.storage.migrations import migrate
from service.storage.models import Claim, Outlet, Report, Resolution
from service.values.ids import new_id
from service.values.vocabulary import ClaimKind, OutletKind, Stance, Verdict
from tests.support.redis_server import own_redis

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
OUTLETS = 10_000
OTHERS = 3
LIMIT = 3.0
HEAVIEST = 300_000
_CHUNK = 10_000
_SPAN = 5 * 365  # days

RANKING = ("/", ("/v1/scores?limit=50",))
OUTLET = (
    "/outlets/outlet-0",
    (
        "/v1/outlets/outlet-0",
        "/v1/outlets/outlet-0/score",
        "/v1/outlets/outlet-0/score?basis=matured",
        "/v1/outlets/outlet-0/score/history",
        "/v1/outlets/outlet-0/calibration",
        "/v1/outlets/outlet-0/score/explanation",
    ),
)
WHY = ("/outlets/outlet-0/why", ("/v1/outlets/outlet-0/score/explanation",))


def fill(db: Database, claims: int) -> None:
    """The claims with their reports and resolutions."""
    migrate(db.engine)
    outlets = [new_id() for _ in range(OUTLETS)]
    ids = [new_id() for _ in range(claims)]
    _insert(db, Outlet, (_outlet(n, one) for n, one in enumerate(outlets)))
    _insert(db, Claim, (_claim(n, one) for n, one in enumerate(ids)))
    _insert(db, Report, (_report(n, k, one, outlets) for n, one in enumerate(ids) for k in range(1 + OTHERS)))
    _insert(db, Resolution, (_resolution(n, one, claims) for n, one in enumerate(ids)))
    rebuild_sums(db, now=NOW)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def _outlet(number: int, outlet_id: object) -> dict[str, Any]:
    name = f"outlet-{number}"
    named = {"slug": name, "name": f"Outlet {number}", "name_key": name, "kind": OutletKind.WEBSITE}
    return {"id": outlet_id, **named, "scorable": True, "recorded_at": NOW, "parent_id": None}


def _claim(number: int, claim_id: object) -> dict[str, Any]:
    said = {"text": f"Claim {number} comes true.", "kind": ClaimKind.FACT, "topic": f"topic {number % 7}", "tags": []}
    return {"id": claim_id, **said, "recorded_at": NOW}


def _report(number: int, place: int, claim_id: object, outlets: Sequence[object]) -> dict[str, Any]:
    one = 0 if place == 0 else 1 + (number * OTHERS + place) % (OUTLETS - 1)
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "outlet_id": outlets[one],
        "stance": Stance.DENY if (number + place) % 7 == 0 else Stance.SUPPORT,
        "commitment": (None, 1, 2, 3, 4)[(number + place) % 5],
        "probability": (number % 20) / 20,
        "published_at": NOW - dt.timedelta(days=_SPAN + 10),
        "is_relay": False,
        "fingerprint": f"{number}-{place}",
        "recorded_at": NOW,
    }


def _resolution(number: int, claim_id: object, claims: int) -> dict[str, Any]:
    verdict = Verdict.TRUE if number % 3 else Verdict.FALSE
    known_at = NOW - dt.timedelta(days=_SPAN * number / claims)
    told = {"verdict": verdict, "truth": float(verdict is Verdict.TRUE), "known_at": known_at, "evidence": []}
    return {"id": new_id(), "claim_id": claim_id, "position": 1, **told, "note": "Seen.", "recorded_at": NOW}


def _insert(db: Database, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while chunk := list(itertools.islice(rows, _CHUNK)):
        with db.trial() as session:  # as if no ledger were kept: rows are all that is measured
            session.execute(sa.insert(table), chunk)
            session.commit()


def measure(client: FlaskClient, page: str, calls: Sequence[str], turns: int) -> tuple[float, float, int]:
    """The median milliseconds of a page and of the calls together, asked in turns; and what the page weighs."""
    took: dict[bool, list[float]] = {True: [], False: []}
    weight = 0
    for _ in range(turns):
        for is_page, paths in ((True, [page]), (False, calls)):
            begun = time.perf_counter()
            answers = [client.get(path) for path in paths]
            took[is_page].append(1000 * (time.perf_counter() - begun))
            if [answer.status_code for answer in answers] != [200] * len(paths):
                raise SystemExit(f"{paths}: {[answer.status for answer in answers]}")
            weight = len(answers[0].data) if is_page else weight
    return statistics.median(took[True]), statistics.median(took[False]), weight


def compare(client: FlaskClient, cache: str, turns: int) -> bool:
    """Print what the pages take beside the API; whether all is within the limits."""
    within = True
    for page, calls in (RANKING, OUTLET, WHY):
        mine, theirs, weight = measure(client, page, calls, turns)
        within = within and mine / theirs <= LIMIT and weight <= HEAVIEST
        print(
            f"{cache:9} {page:24} {mine:9.1f} ms   API {theirs:9.1f} ms   ratio {mine / theirs:.2f} (limit {LIMIT})"
            f"   {weight / 1000:.0f} kB",
            flush=True,
        )
    return within


def main() -> int:
    """Compare without a cache and with one; 1 if something is over its limit."""
    logging.disable(logging.WARNING)  # that there is no Redis at first is meant
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="borneout-bench-") as folder:
        env = {"BORNEOUT_RATE_LIMIT": "off", "BORNEOUT_REDIS_URL": "redis://127.0.0.1:1"}
        app = create_app(Settings.from_env(env, data_dir=Path(folder)))
        runtime = app.extensions["runtime"]
        begun = time.perf_counter()
        fill(runtime.db, claims)
        refit_context(runtime.db, runtime.cache, now=NOW, at_once=True)
        print(f"{claims} claims, {claims * (1 + OTHERS)} reports in {time.perf_counter() - begun:.0f} s", flush=True)
        within = compare(app.test_client(), "no cache", turns=3)
        with own_redis(Path(folder)) as redis:
            env["BORNEOUT_REDIS_URL"] = redis.url
            cached = create_app(Settings.from_env(env, data_dir=Path(folder)))
            within = compare(cached.test_client(), "Redis", turns=25) and within
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
