"""Writers and readers that go on whatever happens to the service, and remember what they were told."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from bench.promise import Answer, Promise
from bench.wire import Request, Wire
from tests.support.live_service import KEY

OUTLETS = [f"Herald {letter}" for letter in "ABCDE"]
PER_CLAIM = 2
"""Reports that each claim is filed with, so that half of one can be seen."""

_STUBBORN = 180.0  # seconds that a writer tries a call for
_PAUSE = 0.05
_REFUSED_FOR_NOW = (409, 503)
_NOTE = "Seen on the bridge."


@dataclass
class Told:
    """What the service has said so far. The last of the writers is forgetful: it sends a call once, come what may."""

    claims: dict[str, str] = field(default_factory=dict)
    """The id of each claim that was acknowledged, by its external id."""
    resolutions: dict[str, str] = field(default_factory=dict)
    """The id of the newest acknowledged resolution of each, by the claim's external id."""
    corrected: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    """Idempotency-Keys of calls that were given up: each may have been done, or not."""
    resolved: Counter[str] = field(default_factory=Counter)
    """Resolutions acknowledged by outlet, of which every later read has to know."""
    counts: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    stale: list[float] = field(default_factory=list)
    """When the reads began that knew too little."""
    slowest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    lock: threading.Lock = field(default_factory=threading.Lock)


class Client:
    """One that calls; it holds every answer against the document."""

    def __init__(self, ports: list[int], promise: Promise, told: Told, seed: int) -> None:
        self._wires = [Wire(port) for port in ports]
        self._promise, self._told = promise, told
        self.dice = random.Random(seed)  # noqa: S311 - dice

    def call(self, kind: str, method: str, path: str, body: Any = None, key: str | None = None) -> Answer | None:
        """What comes back, if anything does."""
        headers = [("Authorization", f"Bearer {KEY}")]
        headers += [("Content-Type", "application/json")] if body is not None else []
        headers += [("Idempotency-Key", key)] if key else []
        sent = b"" if body is None else json.dumps(body).encode()
        wire = self.dice.choice(self._wires)
        began = time.monotonic()
        try:
            answer = wire.ask(Request(method, path, headers, sent))
        except OSError:
            wire.close()
            time.sleep(_PAUSE)
            answer = None
        took = time.monotonic() - began
        said = None if answer is None else self._promise.breach(method, path, answer)
        with self._told.lock:
            self._told.slowest[kind] = max(self._told.slowest[kind], took)
            self._told.counts["no answer" if answer is None else str(answer.status)] += 1
            if said is not None:
                self._told.breaches[f"{said} ({method} {self._promise.route(path)})"] += 1
        return answer

    def close(self) -> None:
        for wire in self._wires:
            wire.close()


class Writer(threading.Thread):
    """Files claims and resolves them, every third of them twice."""

    def __init__(self, name: str, client: Client, told: Told, done: threading.Event, *, forgetful: bool) -> None:
        super().__init__(name=name, daemon=True)
        self._client, self._told, self._done, self._forgetful = client, told, done, forgetful

    def run(self) -> None:
        number = 0
        while not self._done.is_set():
            self._file(f"{self.name}-{number}", number)
            number += 1
        self._client.close()

    def _file(self, name: str, number: int) -> None:
        told = self._told
        outlets = self._client.dice.sample(OUTLETS, PER_CLAIM)
        reports = [{"outlet": {"name": one}, "published_at": "2026-01-01T12:00:00Z"} for one in outlets]
        body = {"text": f"Bridge {name} opens.", "external_id": name, "reports": reports}
        if (claim := self._insist("/v1/claims", body, f"file-{name}")) is None:
            return
        with told.lock:
            told.claims[name] = claim["id"]
        path = f"/v1/claims/{claim['id']}/resolutions"
        if (resolution := self._insist(path, {"verdict": "true", "note": _NOTE}, f"resolve-{name}")) is None:
            return
        with told.lock:
            told.resolutions[name] = resolution["id"]
            told.resolved.update(one.lower().replace(" ", "-") for one in outlets)
        if number % 3 == 0:
            body = {"verdict": "false", "note": _NOTE, "supersedes": resolution["id"]}
            if (corrected := self._insist(path, body, f"correct-{name}")) is not None:
                with told.lock:
                    told.resolutions[name] = corrected["id"]
                    told.corrected.add(name)

    def _insist(self, path: str, body: Any, key: str) -> dict[str, Any] | None:
        """Send a call with the same key until it is acknowledged; None if it is given up."""
        until = time.monotonic() + _STUBBORN
        while time.monotonic() < until:
            answer = self._client.call("write", "POST", path, body, key)
            if answer is not None and answer.status in (200, 201):
                self._told.counts["acknowledged"] += 1
                return dict(json.loads(answer.body))
            if self._forgetful or (answer is not None and answer.status not in _REFUSED_FOR_NOW):
                break
            time.sleep(_PAUSE)
            self._told.counts["sent again"] += 1
        else:
            self._told.breaches[f"not acknowledged within {_STUBBORN:.0f} s: {key}"] += 1
        if answer is not None and answer.status != 503:
            self._told.breaches[f"refused for good: {answer.status} {answer.body[:200]!r}"] += 1
        with self._told.lock:
            self._told.doubtful.add(key)
        return None


class Reader(threading.Thread):
    """Reads scores and claims, and notes each that shows less than was acknowledged before it asked."""

    def __init__(self, name: str, client: Client, told: Told, done: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._client, self._told, self._done = client, told, done

    def run(self) -> None:
        while not self._done.wait(0.03):  # or they leave writers no time
            if self._client.dice.random() < 0.8:
                self._read_score()
            else:
                self._read_claim()
        self._client.close()

    def _read_score(self) -> None:
        outlet = self._client.dice.choice(OUTLETS).lower().replace(" ", "-")
        with self._told.lock:
            known = self._told.resolved[outlet]
        began = time.monotonic()
        answer = self._client.call("read", "GET", f"/v1/outlets/{outlet}/score")
        if answer is not None and answer.status == 200:
            self._told.counts["scores read"] += 1
            self._told.counts["hits"] += answer.headers.get("cache-status") == "borneout; hit"
            if json.loads(answer.body)["counts"]["resolved"] < known:
                self._told.stale.append(began)

    def _read_claim(self) -> None:
        with self._told.lock:
            name = self._client.dice.choice([*self._told.resolutions] or [""])
            claim = self._told.claims.get(name)
        if claim is None:
            return
        answer = self._client.call("read", "GET", f"/v1/claims/{claim}")
        if answer is not None and answer.status == 200 and json.loads(answer.body)["status"] != "resolved":
            self._told.breaches["a claim is not resolved that was"] += 1
        if answer is not None and answer.status == 404:
            self._told.breaches["a claim is not there that was"] += 1


class Load:
    """Four writers and six readers, until told to stop."""

    def __init__(self, ports: list[int], promise: Promise, name: str, *, writers: int = 4, readers: int = 6) -> None:
        self.told = Told()
        self._done = threading.Event()
        made = [Client(ports, promise, self.told, seed) for seed in range(writers + readers)]
        self._threads: list[threading.Thread] = [
            Writer(f"{name}-{n}", made[n], self.told, self._done, forgetful=n == writers - 1) for n in range(writers)
        ]
        self._threads += [Reader(f"{name}-r{n}", made[writers + n], self.told, self._done) for n in range(readers)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> Told:
        """Have each finish what it is at; what they were told."""
        self._done.set()
        for thread in self._threads:
            thread.join(2 * _STUBBORN)
        return self.told
