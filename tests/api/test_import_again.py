"""POST /v1/imports with an Idempotency-Key"""

from __future__ import annotations

import threading

import pytest

from service.access.authenticate import granted
from service.storage.models import ImportChunk, ImportJob
from service.transfer import uploads
from service.transfer.files.options import FileOptions
from service.values.instants import utc_now
from service.values.vocabulary import Caller, Scope
from tests.support.import_jobs import (
    IMPORTS,
    check_responses,
    flat_csv,
    key_of,
    send_file,
    start,
)
from tests.support.world import assert_problem

ANY = {"If-Match": "*"}


@pytest.fixture(autouse=True)
def checked(world):
    """Check every response of the client against the document."""
    check_responses(world)


def test_same_idempotency_key(world):
    """
    A second call with the same Idempotency-Key and file returns the first response, even if the key has five jobs.
    """
    headers = {"Idempotency-Key": "monday"}
    first = send_file(world, flat_csv("bridge"), headers=headers)
    for _ in range(4):
        start(world)
    second = send_file(world, flat_csv("bridge"), headers=headers)

    assert (first.status_code, first.json, first.headers["Location"]) == (
        second.status_code,
        second.json,
        second.headers["Location"],
    )
    assert "true" == second.headers["Idempotency-Replayed"]
    assert 5 == world.count(ImportJob)


def test_idempotency_key_of_another_file(world):
    """
    A call with the Idempotency-Key of another file, or with other options, is rejected and stores nothing.
    """
    headers = {"Idempotency-Key": "monday"}
    send_file(world, flat_csv("bridge"), headers=headers)

    for content, path in ((flat_csv("tunnel"), IMPORTS), (flat_csv("bridge"), f"{IMPORTS}?feed=x")):
        assert_problem(send_file(world, content, path, headers=headers), 422, "idempotency-key-reused")
    assert 1 == world.count(ImportJob) == world.count(ImportChunk)


def test_idempotency_key_of_an_upload_that_arrives(world, monkeypatch):
    """
    A call whose Idempotency-Key belongs to an upload that is still arriving waits for it, and else is a 409.
    """
    monkeypatch.setattr("service.api.imports.PATIENCE", 0.1)
    gate, seen = threading.Event(), threading.Event()

    def pieces():
        yield b"outlet"
        seen.set()
        gate.wait(60)

    options = uploads.ImportOptions(dry_run=False, file=FileOptions(), name=None, idempotency_key="monday")
    caller = Caller(key_of(world), granted({Scope.ADMIN}))
    upload = threading.Thread(
        target=uploads.receive_upload,
        args=(world.runtime.db, pieces()),
        kwargs={"options": options, "length": None, "caller": caller, "clock": utc_now},
    )
    upload.start()
    assert seen.wait(60)
    try:
        response = send_file(world, flat_csv("bridge"), headers={"Idempotency-Key": "monday"})
    finally:
        gate.set()
        upload.join()

    assert_problem(response, 409, "still-running")
    assert [] == world.get(IMPORTS).json["items"]
