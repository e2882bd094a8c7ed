"""Rate limits and keys across the processes of a running service"""

from __future__ import annotations

import contextlib
import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.awaiting import DEADLINE, wait_until
from tests.support.live_service import running

LIMITS = {"BORNEOUT_RATE_LIMIT": "reads=60/h,writes=40/h"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service with low rate limits."""
    with running(tmp_path_factory.mktemp("limited"), workers=3, env=LIMITS) as started:
        yield started


def new_key(service, name):
    """Create a key, and return its id and its header."""
    key = service.call("POST", "/v1/keys", {"name": name, "scopes": ["outlets:write"]})[1]
    return key["id"], {"Authorization": f"Bearer {key['secret']}"}


def counted(service, method, headers, body=None):
    """Return the status of a call, and whether it was counted, which it is not if Redis is too slow."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
    with contextlib.closing(connection):
        connection.request(method, "/v1/outlets", body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        response.read()
        return response.status, "RateLimit" in response.headers


def assert_shared(responses, allowed, quota):
    """Check that the calls allowed equal the quota, except for calls that were not counted."""
    uncounted = sum(number for (_, is_counted), number in responses.items() if not is_counted)
    assert quota - uncounted <= responses[allowed, True] <= quota, responses
    assert responses[429, True] == responses.total() - uncounted - responses[allowed, True] > 0


def test_workers_share_a_quota(service):
    """
    Three processes share one quota: for anonymous readers with forged addresses, and for a key.
    """
    _, key = new_key(service, "busy")
    forged = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(100)]
    with ThreadPoolExecutor(12) as pool:
        reads = Counter(pool.map(lambda headers: counted(service, "GET", headers), forged))
        writes = Counter(pool.map(lambda _: counted(service, "POST", key, "{}"), range(60)))

    assert_shared(reads, 200, 60)
    assert_shared(writes, 422, 40)


def test_revoked_key_on_every_worker(service):
    """
    A key that one process revokes is rejected by all others on the next write.
    """
    for number in range(5):
        key_id, key = new_key(service, f"feed {number}")
        before = {service.call("POST", "/v1/outlets", {}, headers=key)[0] for _ in range(12)}
        assert 200 == service.call("DELETE", f"/v1/keys/{key_id}", headers={"If-Match": "*"})[0]
        after = {service.call("POST", "/v1/outlets", {}, headers=key)[0] for _ in range(12)}
        assert ({422}, {401}) == (before, after)


def test_revoked_key_on_reads(service):
    """
    A key that one process revokes is soon rejected by all others on reads.
    """
    key_id, key = new_key(service, "reader")

    def statuses():
        return {service.status("/v1/outlets", headers=key) for _ in range(12)}

    assert {200} == statuses()
    assert 200 == service.call("DELETE", f"/v1/keys/{key_id}", headers={"If-Match": "*"})[0]
    wait_until(lambda: 200 not in statuses())
    assert statuses() <= {401, 429}  # 429 once the address has sent many invalid keys
