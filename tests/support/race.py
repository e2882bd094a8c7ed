"""Six readers that race one writer on a running service, and count stale reads."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field

import sqlalchemy as sa

from service.schemas.lines import read_line
from service.storage.models import Claim
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR
from tests.support.awaiting import DEADLINE
from tests.support.live_service import KEY
from tests.support.world import NOTE

HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


class Connection:
    """A connection that is reopened after errors and every 25 calls, so that calls reach all workers of all hosts."""

    def __init__(self, *ports):
        self._ports = itertools.cycle(ports)
        self._http = None
        self._calls = 0

    def call(self, method, path, body=None):
        if self._http is None or self._calls % 25 == 0:
            self.close()
            self._http = http.client.HTTPConnection("127.0.0.1", next(self._ports), timeout=DEADLINE)
        self._calls += 1
        self._http.request(method, path, None if body is None else json.dumps(body), HEADERS)
        response = self._http.getresponse()
        return response.status, response.headers["Cache-Status"], json.loads(response.read())

    def close(self):
        if self._http is not None:
            self._http.close()


@dataclass
class Race:
    """Six readers and one writer, and the results of the reads."""

    port: int
    outlet: str
    claims: int
    """The claims of the outlet."""
    other_ports: tuple[int, ...] = ()
    """The ports of the other hosts, which are read too."""
    acknowledged: int = 0
    """Acknowledged resolutions."""
    reads: int = 0
    hits: int = 0
    stale: list[float] = field(default_factory=list)
    """The start times of stale reads."""
    ages: list[float] = field(default_factory=list)
    """For each stale read, the seconds since the first resolution that it lacked was acknowledged."""
    foreign: list[object] = field(default_factory=list)
    """Scores of another service's outlet."""
    failed: list[object] = field(default_factory=list)
    _acknowledged_at: dict[int, float] = field(default_factory=dict)
    _done: threading.Event = field(default_factory=threading.Event)

    def read(self):
        """Read scores until the writer is done."""
        connection = Connection(self.port, *self.other_ports)
        while not self._done.wait(0.02):  # leaves CPU time to the service
            began, acknowledged = time.monotonic(), self.acknowledged
            try:
                status, cached, body = connection.call("GET", f"/v1/outlets/{self.outlet}/score")
            except (OSError, http.client.HTTPException) as exc:
                self.failed.append(exc)
                break
            self.reads += 1
            self.hits += cached == "borneout; hit"
            if status != 200:
                self.failed.append(body)
            elif body["counts"]["claims"] != self.claims:
                self.foreign.append(body)
            elif (shown := body["counts"]["resolved"]) < acknowledged:
                self.stale.append(began)
                self.ages.append(began - self._acknowledged_at[shown + 1])
        connection.close()

    def resolve(self, claims):
        """Resolve claims one after the other."""
        connection = Connection(self.port)
        for claim in claims:
            status, _, body = connection.call(
                "POST", f"/v1/claims/{claim}/resolutions", {"verdict": "true", "note": NOTE}
            )
            assert 201 == status, body
            self._acknowledged_at[self.acknowledged + 1] = time.monotonic()
            self.acknowledged += 1
        connection.close()

    def has_caught_up(self):
        """Return whether the cached scores of all hosts, and of both processes of each, include every resolution."""
        ports = (self.port, *self.other_ports)
        # A new connection is served by either process of a host.
        return all(self.shown(port) == ("borneout; hit", self.acknowledged) for port in ports for _ in range(5))

    def shown(self, port=None):
        """Return the cache status of a score, and the number of resolutions in it."""
        connection = Connection(port or self.port)
        _, cached, body = connection.call("GET", f"/v1/outlets/{self.outlet}/score")
        connection.close()
        return cached, body["counts"]["resolved"]

    @contextlib.contextmanager
    def reading(self):
        """Run the readers."""
        readers = [threading.Thread(target=self.read) for _ in range(6)]
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            self._done.set()
            for reader in readers:
                reader.join()

    def describe(self, fault):
        """Print the counts."""
        counts = f"{len(self.stale)} stale of {self.reads} reads ({self.hits} hits) in {self.acknowledged} resolutions"
        oldest = f"the oldest by {max(self.ages):.2f} s, {len(self.foreign)} of another service" if self.ages else ""
        print(f"\n{fault}: {counts}", oldest)  # noqa: T201 - figures


def file_claims(db, cache, outlet, count):
    """File claims of a new outlet, and return their ids."""
    flat = {"outlet": outlet, "claim": "The bridge opens.", "published_at": "2026-01-01"}
    lines = [
        ReadLine(number, read_line(flat | {"claim_id": f"{outlet}-{number}"}, feed=None)) for number in range(count)
    ]
    load_lines(db, cache, lines, caller=OPERATOR, now=dt.datetime.now(dt.UTC))
    with db.read() as session:
        is_new = Claim.external_id.startswith(f"{outlet}-")
        return session.scalars(sa.select(Claim.id).where(is_new)).all()
