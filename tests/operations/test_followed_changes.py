"""The feed of changes under writers, while processes are killed"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from uuid import uuid4

import pytest

from tests.support.awaiting import wait_until
from tests.support.follower import Follower
from tests.support.live_service import KEY, running
from tests.support.world import NOTE, report

WRITERS, CLAIMS = 6, 8
RESOLVED = WRITERS * sum(n % 3 > 0 for n in range(CLAIMS))


class Writer(threading.Thread):
    """A writer that records and resolves claims, and sends each call again until it is answered."""

    def __init__(self, service, number):
        super().__init__()
        self._service, self._number = service, number

    def run(self):
        for n in range(CLAIMS):
            outlets = [f"Outlet {(self._number + n) % 4}", f"Outlet {n % 4}"]
            reports = [
                report(outlets[0], stance=("support", "deny")[n % 2]),
                report(outlets[1], "2026-01-02T00:00:00Z", relays={"outlet": None}),
            ]
            body = {"text": f"Claim {n}.", "external_id": f"{self._number}:{n}", "reports": reports}
            claim = self._send("/v1/claims", body)
            if n % 3:
                self._send(f"/v1/claims/{claim['id']}/resolutions", {"verdict": ("true", "false")[n % 2], "note": NOTE})

    def _send(self, path, body):
        key = {"Idempotency-Key": str(uuid4())}
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, told = self._service.call("POST", path, body, headers=key)
                if status in (200, 201):
                    return told
            time.sleep(0.05)


def get(service, query):
    """Return a page, and repeat the request until it is answered."""
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            status, page = service.call("GET", f"/v1/changes?{parameters}")
            if status == 200:
                return page
        time.sleep(0.05)


def test_follower_under_writers_and_kills(tmp_path):
    """
    R19: a client that follows the changes from zero, while six clients write and processes are killed twice, computes
    the scores that are served.
    """
    folder = tmp_path / "service"
    folder.mkdir()
    with running(folder, env={"BORNEOUT_RATE_LIMIT": "off"}) as service:
        follower = Follower(lambda query: get(service, query))
        writers = [Writer(service, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for name in ("borneout-web", "borneout-worker"):
            follower.follow(limit=20)
            service.processes(name)[-1].kill()
        while any(writer.is_alive() for writer in writers):
            follower.follow(limit=20)
        wait_until(lambda: not follower.follow(wait=1) and len(follower.objects("resolution")) == RESOLVED)
        follower.follow(wait=3)
        told = follower.recompute(tmp_path / "export")
        served = {
            outlet: json.loads(service.ask("GET", f"/v1/outlets/{outlet}/score")[1])
            for outlet in sorted(f"outlet-{n}" for n in range(4))
        }

    ids = [(change["kind"], change["id"]) for change in follower.changes]
    assert len(ids) == len(set(ids)) == sum(kind in ("outlet", "claim", "report", "resolution") for kind, _ in ids)
    assert WRITERS * CLAIMS == sum(kind == "claim" for kind, _ in ids)
    for outlet, score in served.items():
        for member in ("reliability", "adjusted", "record"):
            assert pytest.approx(score[member], rel=0, abs=1e-9) == told[outlet][member]
    assert KEY not in str(follower.changes)
