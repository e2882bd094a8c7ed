"""Strange requests by the hundred thousand, and whether every answer is one that the document promises.

    python -m bench.fuzz [--requests 200000] [--minutes 60] [--processes 2] [--seed 1] [--database sqlite|postgresql]

A service is started without limits, with the example in it. Each process draws requests of its own, sends them over
HTTP, learns from the answers what there is to name, and holds each answer against openapi.json. What is printed in the
end: how often each route answered with each status, and every answer that was not as promised.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from math import inf
from pathlib import Path
from typing import NamedTuple

from bench.databases import a_database
from bench.promise import Answer, Promise
from bench.stranger import Request, Stranger
from service.vocabulary import Scope
from tests.live import KEY, Service, running

_PATIENCE = 30.0  # seconds for an answer
_PER_CONNECTION = 50  # requests, so that all workers get some
_THOROUGH = 5  # of so many successes one is held against its schema

Ask = Callable[[Request], Answer | None]


class Findings(NamedTuple):
    """How often each route answered with each status, and what was not as promised."""

    counts: Counter[tuple[str, str, str]]
    breaches: dict[str, list[str]]
    """What was wrong, and with which requests."""

    def blame(self, said: str, route: str, request: Request, answer: Answer | None = None) -> None:
        shown = f"{request.method} {request.target[:300]} {request.headers} {request.body[:600]!r}"
        body = "" if answer is None else f" -> {answer.body[:300]!r}"
        self.breaches.setdefault(f"{said} ({request.method} {route})", []).append(shown + body)


class Wire:
    """Sends requests as they are, which http.client would not."""

    def __init__(self, port: int) -> None:
        self._port, self._sent = port, 0
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> Answer | None:
        """What comes back; None if the connection is closed without a word."""
        fresh = self._socket is None or self._sent % _PER_CONNECTION == 0
        self._sent += 1
        answer = self._ask_once(request, fresh=fresh)
        return answer if answer is not None or fresh else self._ask_once(request, fresh=True)

    def _ask_once(self, request: Request, *, fresh: bool) -> Answer | None:
        if fresh:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert self._socket is not None  # noqa: S101 - made just now
        with suppress(OSError):  # a body that is too long is refused before it is read whole
            self._socket.sendall(_written(request))
        answer = http.client.HTTPResponse(self._socket, method=request.method)
        try:
            answer.begin()
            body = answer.read()
        except (http.client.HTTPException, ConnectionError):
            self.close()
            return None
        finally:
            answer.close()
        if answer.will_close or len(request.body) > 1 << 20:
            self.close()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _written(request: Request) -> bytes:
    names = {name.lower() for name, _ in request.headers}
    headers = [*([] if "host" in names else [("Host", "127.0.0.1")]), *request.headers]
    if request.body or request.method in ("POST", "PATCH", "PUT"):
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


def fuzz(
    ask: Ask, promise: Promise, stranger: Stranger, requests: int, *, thorough: int = 1, until: float = inf
) -> Findings:
    """Send so many requests, and hold each answer against the document.

    Args:
        ask: Sends a request.
        promise: The document.
        stranger: Draws the requests.
        requests: How many.
        thorough: Of so many successes one is held against its schema.
        until: When to end at the latest, by the monotonic clock.
    """
    found = Findings(Counter(), {})
    for kind in ("claims", "outlets", "scores?min_resolved=1&limit=5"):
        stranger.learn(first := Request("GET", f"/v1/{kind}", stranger.as_admin(), b""), _answered(ask, first))
    for number in range(requests):
        if time.monotonic() > until:
            break
        request = stranger.draw()
        answer = ask(request)
        route = promise.route(request.target) or "elsewhere"
        found.counts[route, request.method, "closed" if answer is None else str(answer.status)] += 1
        if answer is None:
            found.blame("no answer", route, request)
            continue
        if said := promise.breach(request.method, request.target, answer, thorough=number % thorough == 0):
            found.blame(said, route, request, answer)
        stranger.learn(request, answer)
    return found


def _answered(ask: Ask, request: Request) -> Answer:
    answer = ask(request)
    assert answer is not None  # noqa: S101 - nothing is strange yet
    return answer


def make_keys(service: Service) -> tuple[list[str], frozenset[str]]:
    """Keys to call with, the first of them an admin's, and the ids of all keys that are to stay."""
    made = [
        service.call("POST", "/v1/keys", {"name": f"only {scope}", "scopes": [scope]})[1]
        for scope in Scope
        if scope is not Scope.ADMIN
    ]
    ids = [key["id"] for key in service.call("GET", "/v1/keys?limit=200")[1]["items"]]
    return [KEY, *(key["secret"] for key in made)], frozenset(ids)


def _fuzz_over_http(port: int, keys: tuple[list[str], frozenset[str]], seed: int, count: int, until: float) -> Findings:
    wire = Wire(port)
    promise = Promise(json.loads(_answered(wire.ask, Request("GET", "/openapi.json", [], b"")).body))
    secrets, spared = keys
    try:
        stranger = Stranger(promise, secrets, seed, spared=spared)
        return fuzz(wire.ask, promise, stranger, count, thorough=_THOROUGH, until=until)
    finally:
        wire.close()


def tell(found: list[Findings], seconds: float) -> int:
    """Print what was found; how many answers were not as promised."""
    counts = sum((one.counts for one in found), Counter())
    by_route: dict[str, Counter[str]] = {}
    for (route, method, status), count in counts.items():
        by_route.setdefault(f"{method} {route}", Counter())[status] += count
    for name in sorted(by_route, key=lambda one: (one.partition(" ")[2], one)):
        print(f"{name:55}", " ".join(f"{status}:{count}" for status, count in sorted(by_route[name].items())))
    totals: Counter[str] = Counter()
    for (_, _, status), count in counts.items():
        totals[status] += count
    breaches: dict[str, list[str]] = {}
    for one in found:
        for said, shown in one.breaches.items():
            breaches.setdefault(said, []).extend(shown)
    wrong = sum(map(len, breaches.values()))
    print("by status:", " ".join(f"{status}:{count}" for status, count in sorted(totals.items())))
    print(f"{totals.total()} requests in {seconds:.0f} s, {totals['500']} answers of 500, {wrong} not as promised")
    for said, shown in breaches.items():
        print(f"* {len(shown)} times {said}, as {min(shown, key=len)}")
    return wrong


def main() -> int:
    """Fuzz a service of our own; 1 if an answer was not as promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--minutes", type=float, default=60.0, help="end after so many at the latest")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="borneout-fuzz-")))
        url = stack.enter_context(a_database(given.database, folder))
        env = {"BORNEOUT_RATE_LIMIT": "off", "BORNEOUT_DATABASE_URL": url}
        service = stack.enter_context(running(folder, env=env))
        example = [sys.executable, "-m", "service.cli", "import", "examples/alonso.ndjson", "--server"]
        subprocess.run([*example, f"http://127.0.0.1:{service.port}", "--key", KEY], check=True, capture_output=True)
        keys = make_keys(service)
        share = -(-given.requests // given.processes)
        began = time.monotonic()
        until = began + 60 * given.minutes
        work = [(service.port, keys, given.seed * 1000 + n, share, until) for n in range(given.processes)]
        with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
            found = pool.starmap(_fuzz_over_http, work)
        return min(1, tell(found, time.monotonic() - began))


if __name__ == "__main__":
    sys.exit(main())
