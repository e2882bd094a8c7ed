"""service.transfer.processing: workers that take turns, take over and end jobs"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from service.storage.models import ImportChunk, Report
from service.transfer.load import BATCH
from service.transfer.processing import LEASE, OPEN
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from tests.support.import_jobs import flat_csv, process_imports, results_of, send_file, worker_of

CHUNKS = 3
"""The number of chunks of `start`."""


def start(client, *, outlet="Herald"):
    """Start an import of several chunks, and return its path."""
    ids = (f"{outlet}-{n}" for n in range((CHUNKS - 1) * BATCH + 1))
    response = send_file(client, flat_csv(*ids, outlet=outlet))
    assert 202 == response.status_code, response.text
    return response.headers["Location"]


def read(world, *paths):
    """Return the status and the number of processed lines of each job."""
    return [(job["status"], job["progress"]["read"]) for job in (world.get(path).json for path in paths)]


def chunks(world, *paths):
    """Return how many chunks of each job were processed."""
    return [-(-count // BATCH) for _, count in read(world, *paths)]


def test_keys_take_turns(world):
    """
    A worker processes the jobs of different keys in turn, chunk by chunk, and the jobs of one key one after the other.
    """
    first, second = world.with_scopes(Scope.CLAIMS_WRITE), world.with_scopes(Scope.CLAIMS_WRITE)
    jobs = [start(first, outlet="A"), start(first, outlet="B"), start(second, outlet="C")]
    worker, now = worker_of(world), utc_now()

    seen = []
    for number in range(3 * CHUNKS):
        assert worker.step(now=now + dt.timedelta(milliseconds=number))
        seen.append(chunks(world, *jobs))

    assert [[1, 0, 0], [1, 0, 1], [2, 0, 1], [2, 0, 2], [3, 0, 2], [3, 0, 3], [3, 1, 3]] == seen[:7]
    assert not worker.step(now=now)
    assert {"succeeded"} == {status for status, _ in read(world, *jobs)}


def test_many_keys(world):
    """
    A worker reads a few files in turn, and those of other keys when one of them has ended.
    """
    clients = [world.with_scopes(Scope.CLAIMS_WRITE) for _ in range(OPEN + 1)]
    jobs = [start(client, outlet=f"Outlet {n}") for n, client in enumerate(clients)]
    worker = worker_of(world)
    for _ in range(OPEN + 1):
        worker.step(now=utc_now())

    assert [2] + [1] * (OPEN - 1) + [0] == chunks(world, *jobs)
    while worker.step(now=utc_now()):
        pass
    assert {"succeeded"} == {status for status, _ in read(world, *jobs)}


def test_several_workers(world):
    """
    Two workers process different jobs, and none takes a job of the other while its lease lasts.
    """
    first, second = world.with_scopes(Scope.CLAIMS_WRITE), world.with_scopes(Scope.CLAIMS_WRITE)
    jobs = [start(first, outlet="A"), start(second, outlet="B")]
    workers, now = [worker_of(world), worker_of(world)], utc_now()
    for worker in workers:
        assert worker.step(now=now)
    assert [1, 1] == chunks(world, *jobs)

    workers[0].step(now=now)
    workers[0].step(now=now)
    assert [CHUNKS, 1] == chunks(world, *jobs)
    assert not workers[0].step(now=now)


def test_worker_that_lost_its_lease(world):
    """
    Another worker resumes a job whose lease has expired, and the first one loads no line of it twice.
    """
    job, now = start(world), utc_now()
    slow, quick = worker_of(world), worker_of(world)
    slow.step(now=now)

    assert quick.step(now=now + LEASE)
    assert not slow.step(now=now)
    while quick.step(now=now + LEASE):
        pass

    assert read(world, job) == [("succeeded", world.count(Report))]
    lines = [result["line"] for result in results_of(world, world.get(job).json)]
    assert list(range(2, 2 + len(lines))) == lines


def test_renewed_lease(world):
    """
    A worker keeps a job as long as it renews its lease, and releases it when it stops.
    """
    job, now = start(world), utc_now()
    first, second = worker_of(world), worker_of(world)
    first.step(now=now)
    first.renew(now=now + LEASE)

    assert not second.step(now=now + LEASE)
    first.release()
    assert second.step(now=now + LEASE)
    assert [2] == chunks(world, job)


def test_unexpected_error(world, monkeypatch):
    """
    A job whose lines cause an unexpected error fails, and later jobs are processed.
    """
    jobs = [start(world, outlet="A"), start(world, outlet="B")]

    def fail(*_, **__):
        raise RuntimeError("a bug")

    worker = worker_of(world)
    with monkeypatch.context() as patch:
        patch.setattr("service.transfer.processing.load_lines", fail)
        with pytest.raises(RuntimeError):
            worker.step(now=utc_now())
    process_imports(world)

    assert ["failed", "succeeded"] == [status for status, _ in read(world, *jobs)]
    assert "/problems/internal-error" == world.get(jobs[0]).json["problem"]["type"]
    assert 0 == world.count(ImportChunk)


def test_job_that_kills_its_workers(world):
    """
    A job during which workers end again and again fails in the end.
    """
    job, now = start(world), utc_now()
    for number in range(3):
        worker_of(world)._take(UUID(job.rpartition("/")[2]), now + number * LEASE)  # noqa: SLF001 - and then dies

    assert not worker_of(world).step(now=now + 3 * LEASE)
    assert [("failed", 0)] == read(world, job)
