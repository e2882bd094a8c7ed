"""Limits across the processes of a running service"""

from __future__ import annotations

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.live import running

LIMITS = {"BORNEOUT_RATE_LIMIT": "reads=60/h,writes=40/h"}


def call(service, method, forged):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.request(method, "/v1/outlets", headers={"X-Forwarded-For": f"203.0.113.{forged}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_workers_share_a_quota(tmp_path):
    """
    Three processes allow together what one would, to anonymous readers who claim to come from elsewhere and to one key.
    """
    with running(tmp_path, workers=3, env=LIMITS) as service, ThreadPoolExecutor(12) as pool:
        reads = Counter(pool.map(lambda number: call(service, "GET", number), range(100)))
        writes = Counter(pool.map(lambda _: service.call("POST", "/v1/outlets", {})[0], range(60)))

    assert ({200: 60, 429: 40}, {422: 40, 429: 20}) == (reads, writes)


def test_revoked_key_on_every_worker(tmp_path):
    """
    A key that one process revokes is no key on any other, from the next call on.
    """
    with running(tmp_path, workers=3) as service:
        for number in range(5):
            key = service.call("POST", "/v1/keys", {"name": f"feed {number}", "scopes": ["outlets:write"]})[1]
            headers = {"Authorization": f"Bearer {key['secret']}"}
            before = {service.call("POST", "/v1/outlets", {}, headers=headers)[0] for _ in range(12)}
            assert 200 == service.call("DELETE", f"/v1/keys/{key['id']}", headers={"If-Match": "*"})[0]
            after = {service.call("POST", "/v1/outlets", {}, headers=headers)[0] for _ in range(12)}
            assert ({422}, {401}) == (before, after)
