"""The examples of the document are real: the service accepts each request as shown, and returns each response"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from service.values.vocabulary import Scope
from tests.support.example_scenario import FOLDER, play, read
from tests.support.load_lines import load

STORY = Path(__file__).parents[2] / "examples" / "alonso.ndjson"

pytestmark = pytest.mark.sqlite_alone  # the databases return the same, as other tests check


@pytest.fixture
def played(world):
    """Return the responses of the service to the requests of the examples."""
    return play(world)


def test_responses_are_real(played):
    """
    Every example is the response of the service to the request beside it.

    After a change of a response, regenerate the examples: WRITE_EXAMPLES=1 python -m pytest tests/api/test_examples.py
    """
    if "WRITE_EXAMPLES" in os.environ:
        _write(played)
    shown = {path.stem: read(path.stem) for path in FOLDER.glob("*.json")}

    assert played.pop("problems") == shown.pop("problems")
    assert played == {name: example["responses"] for name, example in shown.items() if example["responses"]}


@pytest.mark.parametrize("operation", ["recordClaim", "recordOutlet", "lookupOutlets", "createKey"])
def test_requests_that_need_nothing_first(world, operation):
    """
    An empty service accepts these requests as the document shows them.
    """
    response = send_example(world, operation)

    assert response.status_code in (200, 201), response.text


def test_claim_with_a_key_for_claims(world):
    """
    A key with the documented scope can record the claim, and recording it again changes nothing.
    """
    feed = world.with_scopes(Scope.CLAIMS_WRITE)
    first, second = send_example(feed, "recordClaim"), send_example(feed, "recordClaim")

    assert (201, 200) == (first.status_code, second.status_code)
    assert first.json == second.json


def test_claim_beside_the_loaded_example(world):
    """
    The example claim is also accepted by a service with the data of `make run`, which are about the same coach.
    """
    lines = [json.loads(line) for line in STORY.read_text().splitlines()]
    load(world.runtime.db, world.runtime.cache, lines, now=dt.datetime.now(dt.UTC))

    assert 201 == send_example(world, "recordClaim").status_code


def send_example(world, operation):
    """Send the request of an operation as the document shows it."""
    paths = world.app.extensions["document"]["paths"]
    [(path, shown)] = [
        (path, shown)
        for path, item in paths.items()
        for method, shown in item.items()
        if method == "post" and shown["operationId"] == operation
    ]
    return world.post(path, shown["requestBody"]["content"]["application/json"]["example"])


def _write(played):
    for name, responses in played.items():
        example = responses if name == "problems" else {**read(name), "responses": responses}
        (FOLDER / f"{name}.json").write_text(json.dumps(example, indent=2, ensure_ascii=False) + "\n")
