"""GET /v1/outlets/{outlet}"""

from __future__ import annotations

import pytest

from tests.support.world import assert_problem


def test_it_works(world):
    """
    An outlet is found by its slug and by its id.
    """
    outlet = world.outlet("Sport Bild")

    assert outlet == world.get("/v1/outlets/sport-bild").json
    assert outlet == world.get(f"/v1/outlets/{outlet['id']}").json
    assert outlet == world.get(f"/v1/outlets/{outlet['id'].upper()}").json


@pytest.mark.parametrize(
    "path",
    [
        "nobody",
        "Sport-Bild",
        "0192aa00-0000-7000-8000-000000000000",
        "%00",
        "%ff%fe",
        "a" * 3000,
        "%F0%9F%A6%8A",
        "9" * 400,
    ],
)
def test_unknown_outlet(shared_world, path):
    """
    A text that is neither a known slug nor a known id is a 404 problem; nothing is guessed.
    """
    assert_problem(shared_world.get(f"/v1/outlets/{path}"), 404, "unknown-outlet")
