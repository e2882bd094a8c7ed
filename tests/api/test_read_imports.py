"""GET /v1/imports, /v1/imports/{id} and its results"""

from __future__ import annotations

import datetime as dt
import json

import pytest

from service.storage.models import ImportJob, ImportResult
from service.transfer import jobs
from service.values.vocabulary import Scope
from tests.support.import_jobs import (
    IMPORTS,
    check_responses,
    flat_csv,
    import_file,
    start,
)
from tests.support.world import assert_problem

ANY = {"If-Match": "*"}


@pytest.fixture(autouse=True)
def checked(world):
    """Check every response of the client against the document."""
    check_responses(world)


def test_visibility(world):
    """
    A job is visible to its key and to admins only.
    """
    feed, other = world.with_scopes(Scope.CLAIMS_WRITE), world.with_scopes(Scope.CLAIMS_WRITE)
    job = start(feed)
    path = f"{IMPORTS}/{job['id']}"

    assert [200, 200] == [key.get(path).status_code for key in (feed, world)]
    for response in (other.get(path), other.get(f"{path}/results"), other.delete(path, headers=ANY)):
        assert_problem(response, 404, "not-found")
    assert [[job["id"]], [job["id"]], []] == [
        [each["id"] for each in key.get(IMPORTS).json["items"]] for key in (feed, world, other)
    ]


def test_list_of_jobs(world):
    """
    Jobs are listed in pages, the newest first.
    """
    started = [start(world)["id"] for _ in range(5)]

    listed = [[job["id"] for job in page] for page in world.pages(IMPORTS, limit=2)]

    assert [started[:2:-1], started[2:0:-1], started[:1]] == listed


def test_finished_jobs_are_deleted(world):
    """
    A job and its results are deleted a week after it has finished, and an upload that was abandoned much earlier.
    """
    job, _ = import_file(world, flat_csv("bridge"))
    finished = dt.datetime.fromisoformat(job["finished_at"])
    assert finished + dt.timedelta(days=7) == dt.datetime.fromisoformat(job["expires_at"])

    jobs.prune_imports(world.runtime.db, now=finished + dt.timedelta(days=6, hours=23))
    assert 1 == world.count(ImportJob) == world.count(ImportResult)
    jobs.prune_imports(world.runtime.db, now=finished + dt.timedelta(days=7, seconds=1))

    assert_problem(world.get(f"{IMPORTS}/{job['id']}"), 404, "not-found")
    assert 0 == world.count(ImportJob) == world.count(ImportResult)


def test_results_as_text(world):
    """
    With `Accept: text/plain` a browser shows the results instead of saving them; the lines are the same.
    """
    job, results = import_file(world, flat_csv("bridge"))
    response = world.get(f"/v1/imports/{job['id']}/results", headers={"Accept": "text/plain"})

    assert "text/plain; charset=utf-8" == response.content_type
    assert results == [json.loads(line) for line in response.text.splitlines()]
