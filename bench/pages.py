"""Measure the time to the first byte of pages, compared with the API on the same data, and the size of pages.

    python -m bench.pages [CLAIMS]

A SQLite file is filled with CLAIMS claims (100,000). One outlet reports all of them, and three of ten thousand others
report each. One process then answers the pages and the API calls with the same data alternately: first without a cache,
then with a real Redis. The ratio of their medians should be below three, and a page below 300 kB.
"""

from __future__ import annotations

import datetime as dt
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from bench.generate import insert
from service.app import create_app
from service.config import Settings
from service.outlets.rebuild_sums import rebuild_sums
from service.scores.context_refit import refit_context
from service.storage.db import Database
from service.storage.migrations import migrate
from service.storage.models import Claim, Outlet, Report, Resolution
from service.values.ids import new_id
from service.values.vocabulary import ClaimKind, OutletKind, Precision, Stance, Verdict
from tests.support.redis_server import run_private_redis

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
OUTLETS = 10_000
OTHERS = 3
LIMIT = 3.0
MAX_SIZE = 300_000  # bytes of a page
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
    """Insert the claims with their reports and resolutions."""
    migrate(db.engine)
    outlets = [new_id() for _ in range(OUTLETS)]
    ids = [new_id() for _ in range(claims)]
    insert(db, Outlet, (_outlet(n, outlet_id) for n, outlet_id in enumerate(outlets)))
    insert(db, Claim, (_claim(n, claim_id) for n, claim_id in enumerate(ids)))
    insert(db, Report, (_report(n, k, claim_id, outlets) for n, claim_id in enumerate(ids) for k in range(1 + OTHERS)))
    insert(db, Resolution, (_resolution(n, claim_id, claims) for n, claim_id in enumerate(ids)))
    rebuild_sums(db, now=NOW)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def _outlet(number: int, outlet_id: object) -> dict[str, Any]:
    name = f"outlet-{number}"
    names = {"slug": name, "name": f"Outlet {number}", "name_key": name, "kind": OutletKind.WEBSITE}
    return {"id": outlet_id, **names, "scorable": True, "recorded_at": NOW, "parent_id": None}


def _claim(number: int, claim_id: object) -> dict[str, Any]:
    content = {"text": f"Claim {number}.", "kind": ClaimKind.FACT, "topic": f"topic {number % 7}", "tags": []}
    return {"id": claim_id, **content, "recorded_at": NOW}


def _report(number: int, place: int, claim_id: object, outlets: Sequence[object]) -> dict[str, Any]:
    outlet = 0 if place == 0 else 1 + (number * OTHERS + place) % (OUTLETS - 1)
    is_denied = (number + place) % 7 == 0
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "outlet_id": outlets[outlet],
        "stance": Stance.DENY if is_denied else Stance.SUPPORT,
        "commitment": (None, 1, 2, 3, 4)[(number + place) % 5],
        "probability": (number % 10) / 20 + (0 if is_denied else 0.5),
        "published_at": NOW - dt.timedelta(days=_SPAN + 10),
        "published_precision": Precision.INSTANT,
        "is_relay": False,
        "fingerprint": f"{number}-{place}",
        "recorded_at": NOW,
    }


def _resolution(number: int, claim_id: object, claims: int) -> dict[str, Any]:
    verdict = Verdict.TRUE if number % 3 else Verdict.FALSE
    known_at = NOW - dt.timedelta(days=_SPAN * number / claims)
    content = {"verdict": verdict, "truth": float(verdict is Verdict.TRUE), "known_at": known_at, "evidence": []}
    content["known_precision"] = Precision.INSTANT
    return {"id": new_id(), "claim_id": claim_id, "position": 1, **content, "note": "Seen.", "recorded_at": NOW}


def measure(client: FlaskClient, page: str, calls: Sequence[str], turns: int) -> tuple[float, float, int]:
    """Return the median milliseconds of a page and of the API calls together, and the size of the page in bytes."""
    times: dict[bool, list[float]] = {True: [], False: []}
    size = 0
    for _ in range(turns):
        for is_page, paths in ((True, [page]), (False, calls)):
            began = time.perf_counter()
            responses = [client.get(path) for path in paths]
            times[is_page].append(1000 * (time.perf_counter() - began))
            if [response.status_code for response in responses] != [200] * len(paths):
                raise SystemExit(f"{paths}: {[response.status for response in responses]}")
            size = len(responses[0].data) if is_page else size
    return statistics.median(times[True]), statistics.median(times[False]), size


def compare(client: FlaskClient, cache: str, turns: int) -> bool:
    """Print the times of the pages and of the API. Return whether all are within the limits."""
    within = True
    for page, calls in (RANKING, OUTLET, WHY):
        of_page, of_api, size = measure(client, page, calls, turns)
        within = within and of_page / of_api <= LIMIT and size <= MAX_SIZE
        print(
            f"{cache:9} {page:24} {of_page:9.1f} ms   API {of_api:9.1f} ms"
            f"   ratio {of_page / of_api:.2f} (limit {LIMIT})   {size / 1000:.0f} kB",
            flush=True,
        )
    return within


def main() -> int:
    """Compare without a cache and with one. Return 1 if a limit is exceeded."""
    logging.disable(logging.WARNING)  # there is no Redis at first
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="borneout-bench-") as folder:
        env = {"BORNEOUT_RATE_LIMIT": "off", "BORNEOUT_REDIS_URL": "redis://127.0.0.1:1"}
        app = create_app(Settings.from_env(env, data_dir=Path(folder)))
        runtime = app.extensions["runtime"]
        began = time.perf_counter()
        fill(runtime.db, claims)
        refit_context(runtime.db, runtime.cache, now=NOW, at_once=True)
        print(f"{claims} claims, {claims * (1 + OTHERS)} reports in {time.perf_counter() - began:.0f} s", flush=True)
        within = compare(app.test_client(), "no cache", turns=3)
        with run_private_redis(Path(folder)) as redis:
            env["BORNEOUT_REDIS_URL"] = redis.url
            cached = create_app(Settings.from_env(env, data_dir=Path(folder)))
            within = compare(cached.test_client(), "Redis", turns=25) and within
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
