"""The number of statements that a write sends to the database."""

from __future__ import annotations

import pytest

from tests.support.statements import sent_statements
from tests.support.world import report

MOST = 8
"""With the lookup of the API key and the stored response to an Idempotency-Key, without BEGIN and COMMIT."""
NAMES = ("Herald", "Tribune", "Post")


@pytest.fixture
def known(world):
    """A world in which three outlets are on record."""
    world.record(*(report(name) for name in NAMES), text="The bridge opens in May.")
    return world


def test_recording_a_claim(known):
    """
    Recording a claim with three reports and an Idempotency-Key takes eight statements, also with a text on record.
    """
    for number, text in enumerate(["The tunnel opens in June.", "The bridge opens in May."]):
        body = {"text": text, "reports": [report(name) for name in NAMES]}
        with sent_statements(known) as sent:
            response = known.post("/v1/claims", body, headers={"Idempotency-Key": f"key-{number}"})

        assert (201, number) == (response.status_code, len(response.json["similar"]))
        assert MOST >= len(sent), sent


def test_sending_a_claim_again(known):
    """
    A stored response takes one statement, which also finds the API key.
    """
    body = {"text": "The tunnel opens in June.", "reports": [report(name) for name in NAMES]}
    first = known.post("/v1/claims", body, headers={"Idempotency-Key": "key"})

    with sent_statements(known) as sent:
        again = known.post("/v1/claims", body, headers={"Idempotency-Key": "key"})

    assert (first.data, "true") == (again.data, again.headers["Idempotency-Replayed"])
    assert 1 == len(sent), sent


def test_resolving_a_claim(known):
    """
    Resolving a claim with three reports takes eight statements.
    """
    claim = known.record(*(report(name) for name in NAMES), text="The tunnel opens in June.")
    with sent_statements(known) as sent:
        known.resolve(claim, "true")

    assert MOST >= len(sent), sent
