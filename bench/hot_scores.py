"""Compare the rate of cached scores with that of other frameworks and of bare gunicorn.

    python -m bench.all --only hot [--rounds 4] [--seconds 3]

All services run on this machine with two processes each, and are measured in turn, with the load generator beside
them. The results are medians over the rounds. A ratio is the median of the ratios of all rounds.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from bench.load import Measured, run_load
from tests.support.awaiting import wait_until
from tests.support.live_service import KEY, free_port, gunicorn_alone, running
from tests.support.paths import ROOT
from tests.support.redis_server import run_private_redis

OUTLETS = 10_000
BATCH = 200
WARM_UP = 300.0
"""The most seconds for reading all outlets once."""
PEERS = ROOT / ".venv-bench" / "bin"
GUNICORN = [str(PEERS / "gunicorn"), "-b", "127.0.0.1:{port}", "-w", "2", "-k", "gthread", "--threads", "4"]
UVICORN = [str(PEERS / "uvicorn"), "bench.peers.fast_api:app", "--port", "{port}", "--workers", "2", "--no-access-log"]
_WSGI_PEERS = ("bare", "plain_flask")
QUOTA = "reads=900000000/h,writes=900000000/h,failures=900000000/h"


@dataclass(frozen=True, slots=True)
class Contender:
    """A service, and the requests to send to it."""

    name: str
    port: int
    requests: Sequence[bytes]
    weights: Sequence[float] | None = None
    """The relative frequency of each request; None if all are equal."""


def request(path: str, *, key: str | None = None) -> bytes:
    """Return a GET request."""
    authorization = "" if key is None else f"Authorization: Bearer {key}\r\n"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n".encode()


@contextlib.contextmanager
def serving(command: Sequence[str], **env: str) -> Iterator[int]:
    """Run a peer on a free port, and yield the port. The command contains `{port}`."""
    port = free_port()
    words = [word.format(port=port) for word in command]
    with subprocess.Popen(words, env={**os.environ, **env, "PYTHONPATH": str(ROOT)}, cwd=ROOT) as process:
        try:
            wait_until(lambda: _answers(port))
            yield port
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return bool(run_load(port, [request("/v1/outlets/herald/score")], seconds=0.05, connections=1).latencies)
    return False


def write_lines(file: Path) -> None:
    """Write an import file with a resolved claim for each outlet."""
    with file.open("w") as stream:
        for number in range(OUTLETS):
            line = {
                "outlet": f"Outlet {number}",
                "claim_id": str(number),
                "claim": f"Bridge {number} opens.",
                "published_at": "2024-03-01",
                "outcome": "true",
                "resolved_at": "2024-04-01",
            }
            stream.write(json.dumps(line) + "\n")


def contenders(folder: Path, stack: contextlib.ExitStack) -> list[Contender]:
    """Start all services on one Redis."""
    server = stack.enter_context(run_private_redis(folder))
    env = {"BORNEOUT_REDIS_URL": server.url, "BORNEOUT_RATE_LIMIT": QUOTA}
    ours = stack.enter_context(running(folder, env=env))
    import_outlets(folder, env)
    no_lease = {**env, "BORNEOUT_LEASE_MS": "0", "BORNEOUT_BOOTSTRAP_KEY": KEY}
    second = stack.enter_context(gunicorn_alone(folder, log=folder / "second.log", **no_lease))
    wait_until(lambda: second.status("/readyz") == 200)
    slugs = [f"outlet-{number}" for number in range(OUTLETS)]
    _, body = ours.ask("GET", f"/v1/outlets/{slugs[0]}/score")
    with contextlib.closing(redis.Redis.from_url(server.url)) as client:
        for slug in slugs:
            client.set(f"peer:{slug}", body)
    bare, flask, fast_api = start_peers(stack, REDIS_URL=server.url, BODY_LENGTH=str(len(body)))
    one = [request(f"/v1/outlets/{slugs[0]}/score")]
    with_key = [request(f"/v1/outlets/{slugs[0]}/score", key=KEY)]
    all_of_them = [request(f"/v1/outlets/{slug}/score", key=KEY) for slug in slugs]
    zipf = [1 / rank for rank in range(1, OUTLETS + 1)]
    run_load(ours.port, all_of_them, once=True, seconds=WARM_UP)  # the peer has all scores from the beginning
    batch = [request("/v1/scores?" + "&".join(f"outlet={slug}" for slug in slugs[:BATCH]), key=KEY)]
    return [
        Contender("FastAPI", fast_api, one),
        Contender("FastAPI, 10,000 outlets", fast_api, all_of_them, zipf),
        Contender("bare gunicorn", bare, one),
        Contender("plain Flask", flask, one),
        Contender("ours", ours.port, with_key),
        Contender("ours, no lease", second.port, with_key),
        Contender("ours, 10,000 outlets", ours.port, all_of_them, zipf),
        Contender(f"ours, batch of {BATCH}", ours.port, batch),
    ]


def import_outlets(folder: Path, env: dict[str, str]) -> None:
    """Import a resolved claim for each outlet, and refit, so that the worker does not do so while it is measured."""
    lines = folder / "lines.ndjson"
    write_lines(lines)
    for command in (["import", str(lines)], ["refit"]):
        subprocess.run(
            [sys.executable, "-m", "service.cli", *command, "--data-dir", str(folder)],
            env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )


def start_peers(stack: contextlib.ExitStack, **env: str) -> tuple[int, int, int]:
    """Start the peers with two processes each, and return the ports of bare gunicorn, plain Flask and FastAPI."""
    bare, flask = (stack.enter_context(serving([*GUNICORN, f"bench.peers.{name}:app"], **env)) for name in _WSGI_PEERS)
    return bare, flask, stack.enter_context(serving(UVICORN, **env))


def measure_scores(folder: Path, *, rounds: int, seconds: float) -> dict[str, list[Measured]]:
    """Return the results of each service, by name, one for each round after the first."""
    results: dict[str, list[Measured]] = {}
    with contextlib.ExitStack() as stack:
        started = contenders(folder, stack)
        for number in range(rounds + 1):
            for one in started:
                measured = run_load(one.port, one.requests, weights=one.weights, seconds=seconds)
                if number:
                    results.setdefault(one.name, []).append(measured)
    return results
