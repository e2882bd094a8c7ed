"""Start import jobs, and process them as the worker does"""

from __future__ import annotations

import json
from uuid import UUID

from service.operations.imports import read_file
from service.transfer.processing import Imports
from service.values.instants import utc_now
from tests.support.contract import CheckedClient

IMPORTS = "/v1/imports"


def worker_of(world):
    """Return the imports of a worker on the same database."""
    return Imports(world.runtime.db, world.runtime.cache, read_file)


def process_imports(world):
    """Process all waiting jobs to their end."""
    worker = worker_of(world)
    while worker.step(now=utc_now()):
        pass


def send_file(world, content, path=IMPORTS, **options):
    """Send a file to be imported, and return the response."""
    headers = world.headers | options.pop("headers", {})
    return world.client.post(path, data=content, headers=headers, **options)


def import_file(world, content, path=IMPORTS, **options):
    """Import a file, and return the finished job and the results of its lines."""
    response = send_file(world, content, path, **options)
    assert 202 == response.status_code, response.text
    process_imports(world)
    return world.get(response.headers["Location"]).json, results_of(world, response.json)


def results_of(world, job):
    """Return the results of the lines of a job."""
    response = world.get(f"{IMPORTS}/{job['id']}/results")
    assert (200, "application/x-ndjson") == (response.status_code, response.content_type)
    return [json.loads(line) for line in response.text.splitlines()]


def flat_csv(*claims, outlet="Herald", outcome=""):
    """Return a CSV file with a line for each claim id."""
    rows = [f"{outlet},{claim},Claim {claim} is true.,2026-01-01,{outcome}" for claim in claims]
    return "\n".join(["outlet,claim_id,claim,published_at,outcome", *rows, ""])


def check_responses(world):
    """Check every response of the client against the document from now on."""
    world.app.test_client_class = CheckedClient
    world.client = world.app.test_client()


def start(world, content="", **options):
    """Start an import, and return its job."""
    response = send_file(world, content or flat_csv("bridge"), **options)
    assert 202 == response.status_code, response.text
    return response.json


def read(world, job):
    """Return a job as it is now."""
    return world.get(f"{IMPORTS}/{job['id']}").json


def key_of(client):
    """Return the id of the key of a client."""
    return UUID(client.get("/v1/me").json["id"])
