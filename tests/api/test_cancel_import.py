"""DELETE /v1/imports/{id}, and jobs of a revoked key"""

from __future__ import annotations

import pytest

from service.access.keys import revoke_key
from service.storage.models import ImportChunk, Report
from service.transfer.load import BATCH
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from tests.support.import_jobs import (
    IMPORTS,
    check_responses,
    flat_csv,
    key_of,
    read,
    results_of,
    start,
    worker_of,
)
from tests.support.world import assert_problem

ANY = {"If-Match": "*"}


@pytest.fixture(autouse=True)
def checked(world):
    """Check every response of the client against the document."""
    check_responses(world)


def test_cancel(world):
    """
    A cancelled job keeps the lines that are processed, with their results, and processes no more.
    """
    job, worker = start(world, flat_csv(*map(str, range(BATCH + 10)))), worker_of(world)
    worker.step(now=utc_now())
    assert "running" == read(world, job)["status"]

    cancelled = world.delete(f"{IMPORTS}/{job['id']}", headers=ANY)

    assert (200, "cancelled", BATCH) == (
        cancelled.status_code,
        cancelled.json["status"],
        cancelled.json["progress"]["read"],
    )
    assert not worker.step(now=utc_now())
    assert (BATCH, BATCH) == (world.count(Report), len(results_of(world, job)))
    assert 0 == world.count(ImportChunk)
    assert cancelled.json == world.delete(f"{IMPORTS}/{job['id']}", headers=ANY).json


def test_cancel_needs_a_version(world):
    """
    A cancellation names the version that the caller has read, or any.
    """
    job = start(world)
    path = f"{IMPORTS}/{job['id']}"
    tag = world.get(path).headers["ETag"]

    assert_problem(world.delete(path), 428, "precondition-required")
    assert_problem(world.delete(path, headers={"If-Match": 'W/"0"'}), 412, "precondition-failed")
    assert 304 == world.get(path, headers={"If-None-Match": tag}).status_code
    assert "cancelled" == world.delete(path, headers={"If-Match": tag}).json["status"]


def test_revoked_key(world):
    """
    The rights are those of the key when a chunk is processed: after it was revoked, the job is cancelled.
    """
    feed = world.with_scopes(Scope.CLAIMS_WRITE)
    job, worker = start(feed, flat_csv(*map(str, range(BATCH + 1)))), worker_of(world)
    worker.step(now=utc_now())
    revoke_key(world.runtime.db, key_of(feed), now=utc_now())
    worker.step(now=utc_now())

    ended = read(world, job)
    assert ("cancelled", "/problems/key-ended") == (ended["status"], ended["problem"]["type"])
