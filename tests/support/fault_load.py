"""Clients that write and read while a service fails, and record every response."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.support.api_document import ApiDocument, RawResponse
from tests.support.live_service import KEY
from tests.support.raw_http import RawConnection, RawRequest

OUTLETS = [f"Herald {letter}" for letter in "ABCDE"]
PER_CLAIM = 2
"""Reports of each claim, so that a claim that was recorded in part can be detected."""

_RETRY_TIMEOUT = 180.0  # seconds that a writer retries a call
_PAUSE = 0.05
_RETRIED = (409, 502, 503)  # 502 is of a proxy whose host died
_NOTE = "Seen on the bridge."


@dataclass
class Observed:
    """The responses of the service so far. The last writer sends each call once, without retries."""

    claims: dict[str, str] = field(default_factory=dict)
    """The id of each acknowledged claim, by its external id."""
    resolutions: dict[str, str] = field(default_factory=dict)
    """The id of the newest acknowledged resolution of each claim, by the claim's external id."""
    corrected: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    """Idempotency-Keys of calls that were abandoned, whose results are unknown."""
    resolved: Counter[str] = field(default_factory=Counter)
    """Acknowledged resolutions by outlet, which every later read must include."""
    counts: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    stale: list[float] = field(default_factory=list)
    """The start times of reads whose responses were stale."""
    slowest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    lock: threading.Lock = field(default_factory=threading.Lock)


class LoadClient:
    """A client that checks every response against the API document."""

    def __init__(self, ports: list[int], document: ApiDocument, observed: Observed, seed: int) -> None:
        self._connections = [RawConnection(port) for port in ports]
        self._document, self._observed = document, observed
        self.rng = random.Random(seed)  # noqa: S311 - not for cryptography

    def call(self, kind: str, method: str, path: str, body: Any = None, key: str | None = None) -> RawResponse | None:
        """Return the response, or None if there is none."""
        headers = [("Authorization", f"Bearer {KEY}")]
        headers += [("Content-Type", "application/json")] if body is not None else []
        headers += [("Idempotency-Key", key)] if key else []
        content = b"" if body is None else json.dumps(body).encode()
        connection = self.rng.choice(self._connections)
        started_at = time.monotonic()
        try:
            response = connection.send(RawRequest(method, path, headers, content))
        except OSError:
            connection.close()
            time.sleep(_PAUSE)
            response = None
        self._observe(kind, method, path, response, time.monotonic() - started_at)
        return response

    def _observe(self, kind: str, method: str, path: str, response: RawResponse | None, seconds: float) -> None:
        violation = None if response is None else self._document.violation(method, path, response)
        with self._observed.lock:
            self._observed.slowest[kind] = max(self._observed.slowest[kind], seconds)
            self._observed.counts["no answer" if response is None else str(response.status)] += 1
            if violation is not None:
                self._observed.violations[f"{violation} ({method} {self._document.route(path)})"] += 1

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


class Writer(threading.Thread):
    """Records claims and resolves them, every third of them twice."""

    def __init__(
        self, name: str, client: LoadClient, observed: Observed, done: threading.Event, *, retries: bool
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._client, self._observed, self._done, self._retries = client, observed, done, retries

    def run(self) -> None:
        number = 0
        while not self._done.is_set():
            self._write(f"{self.name}-{number}", number)
            number += 1
        self._client.close()

    def _write(self, name: str, number: int) -> None:
        observed = self._observed
        outlets = self._client.rng.sample(OUTLETS, PER_CLAIM)
        reports = [{"outlet": {"name": outlet}, "published_at": "2026-01-01T12:00:00Z"} for outlet in outlets]
        body = {"text": f"Bridge {name} opens.", "external_id": name, "reports": reports}
        if (claim := self._send("/v1/claims", body, f"file-{name}")) is None:
            return
        with observed.lock:
            observed.claims[name] = claim["id"]
        path = f"/v1/claims/{claim['id']}/resolutions"
        if (resolution := self._send(path, {"verdict": "true", "note": _NOTE}, f"resolve-{name}")) is None:
            return
        with observed.lock:
            observed.resolutions[name] = resolution["id"]
            observed.resolved.update(outlet.lower().replace(" ", "-") for outlet in outlets)
        if number % 3 == 0:
            self._correct(path, resolution["id"], name)

    def _correct(self, path: str, superseded: str, name: str) -> None:
        body = {"verdict": "false", "note": _NOTE, "supersedes": superseded}
        if (corrected := self._send(path, body, f"correct-{name}")) is not None:
            with self._observed.lock:
                self._observed.resolutions[name] = corrected["id"]
                self._observed.corrected.add(name)

    def _send(self, path: str, body: Any, key: str) -> dict[str, Any] | None:
        """Send a call with the same key until it is acknowledged; return None if it is abandoned."""
        deadline = time.monotonic() + _RETRY_TIMEOUT
        while time.monotonic() < deadline:
            response = self._client.call("write", "POST", path, body, key)
            if response is not None and response.status in (200, 201):
                self._observed.counts["acknowledged"] += 1
                return dict(json.loads(response.body))
            if not self._retries or (response is not None and response.status not in _RETRIED):
                break
            time.sleep(_PAUSE)
            self._observed.counts["sent again"] += 1
        else:
            self._observed.violations[f"not acknowledged within {_RETRY_TIMEOUT:.0f} s: {key}"] += 1
        if response is not None and response.status not in (502, 503):
            self._observed.violations[f"rejected permanently: {response.status} {response.body[:200]!r}"] += 1
        with self._observed.lock:
            self._observed.doubtful.add(key)
        return None


class Reader(threading.Thread):
    """Reads scores and claims, and records responses that lack something acknowledged before the request."""

    def __init__(self, name: str, client: LoadClient, observed: Observed, done: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._client, self._observed, self._done = client, observed, done

    def run(self) -> None:
        while not self._done.wait(0.03):  # leaves CPU time to the writers
            if self._client.rng.random() < 0.8:
                self._read_score()
            else:
                self._read_claim()
        self._client.close()

    def _read_score(self) -> None:
        outlet = self._client.rng.choice(OUTLETS).lower().replace(" ", "-")
        with self._observed.lock:
            acknowledged = self._observed.resolved[outlet]
        started_at = time.monotonic()
        response = self._client.call("read", "GET", f"/v1/outlets/{outlet}/score")
        if response is not None and response.status == 200:
            self._observed.counts["scores read"] += 1
            self._observed.counts["hits"] += response.headers.get("cache-status") == "borneout; hit"
            if json.loads(response.body)["counts"]["resolved"] < acknowledged:
                self._observed.stale.append(started_at)

    def _read_claim(self) -> None:
        with self._observed.lock:
            name = self._client.rng.choice([*self._observed.resolutions] or [""])
            claim = self._observed.claims.get(name)
        if claim is None:
            return
        response = self._client.call("read", "GET", f"/v1/claims/{claim}")
        if response is not None and response.status == 200 and json.loads(response.body)["status"] != "resolved":
            self._observed.violations["a resolved claim was returned as unresolved"] += 1
        if response is not None and response.status == 404:
            self._observed.violations["a recorded claim was not found"] += 1


class Load:
    """Four writers and six readers, which run until they are stopped."""

    def __init__(
        self, ports: list[int], document: ApiDocument, name: str, *, writers: int = 4, readers: int = 6
    ) -> None:
        self.observed = Observed()
        self._done = threading.Event()
        clients = [LoadClient(ports, document, self.observed, seed) for seed in range(writers + readers)]
        self._threads: list[threading.Thread] = [
            Writer(f"{name}-{n}", clients[n], self.observed, self._done, retries=n < writers - 1)
            for n in range(writers)
        ]
        self._threads += [
            Reader(f"{name}-r{n}", clients[writers + n], self.observed, self._done) for n in range(readers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> Observed:
        """Let each client finish its call, and return what they observed."""
        self._done.set()
        for thread in self._threads:
            thread.join(2 * _RETRY_TIMEOUT)
        return self.observed
