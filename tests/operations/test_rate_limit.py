"""Limits and keys across the processes of a running service"""

from __future__ import annotations

import contextlib
import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.awaiting import DEADLINE
from tests.support.live_service import running
from tests.support.redis_server import wait_until

LIMITS = {"BORNEOUT_RATE_LIMIT": "reads=60/h,writes=40/h"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with running(tmp_path_factory.mktemp("limited"), workers=3, env=LIMITS) as started:
        yield started


def new_key(service, name):
    """A key of its own, which has its quota to itself: its id, and the header that it is sent in."""
    key = service.call("POST", "/v1/keys", {"name": name, "scopes": ["outlets:write"]})[1]
    return key["id"], {"Authorization": f"Bearer {key['secret']}"}


def counted(service, method, headers, body=None):
    """Call, and return the status, and whether the call was counted; a call that Redis is too slow for is not."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
    with contextlib.closing(connection):
        connection.request(method, "/v1/outlets", body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status, "RateLimit" in answer.headers


def assert_shared(answers, allowed, quota):
    """No more calls are allowed than the quota, and no fewer, but for those that could not be counted."""
    uncounted = sum(number for (_, is_counted), number in answers.items() if not is_counted)
    assert quota - uncounted <= answers[allowed, True] <= quota, answers
    assert answers[429, True] == answers.total() - uncounted - answers[allowed, True] > 0


def test_workers_share_a_quota(service):
    """
    Three processes allow together what one would, to anonymous readers who claim to come from elsewhere and to one key.
    """
    _, key = new_key(service, "busy")
    nobody = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(100)]
    with ThreadPoolExecutor(12) as pool:
        reads = Counter(pool.map(lambda headers: counted(service, "GET", headers), nobody))
        writes = Counter(pool.map(lambda _: counted(service, "POST", key, "{}"), range(60)))

    assert_shared(reads, 200, 60)
    assert_shared(writes, 422, 40)


def test_revoked_key_on_every_worker(service):
    """
    A key that one process revokes is no key on any other, from the next call on.
    """
    for number in range(5):
        key_id, key = new_key(service, f"feed {number}")
        before = {service.call("POST", "/v1/outlets", {}, headers=key)[0] for _ in range(12)}
        assert 200 == service.call("DELETE", f"/v1/keys/{key_id}", headers={"If-Match": "*"})[0]
        after = {service.call("POST", "/v1/outlets", {}, headers=key)[0] for _ in range(12)}
        assert ({422}, {401}) == (before, after)


def test_revoked_key_on_reads(service):
    """
    Reads on every process refuse a key soon after another process revoked it.
    """
    key_id, key = new_key(service, "reader")

    def statuses():
        return {service.status("/v1/outlets", headers=key) for _ in range(12)}

    assert {200} == statuses()
    assert 200 == service.call("DELETE", f"/v1/keys/{key_id}", headers={"If-Match": "*"})[0]
    wait_until(lambda: {401} == statuses())
    assert {401} == statuses()
