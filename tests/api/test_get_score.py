"""GET /v1/outlets/{outlet}/score"""

from __future__ import annotations

from tests.world import assert_problem, report


def test_resolution_moves_the_score_of_the_outlet(world):
    """
    A score read before a resolution is not served after it, though it was cached.
    """
    claim = world.record()
    before = world.score()
    world.resolve(claim, "true")

    after = world.score()

    assert (0, None) == (before["counts"]["resolved"], before["reliability"])
    assert (1, 5 / 9) == (after["counts"]["resolved"], after["reliability"]["mean"])


def test_unknown_outlet(world):
    """
    A path that names an unknown outlet is a 404 problem, not an empty score.
    """
    assert_problem(world.get("/v1/outlets/nobody/score"), 404, "unknown-outlet")


def test_relay_does_not_count_as_own(world):
    """
    R7: what an outlet passes on stands in its relay record and not in its own.
    """
    world.outlet("Sport Bild")
    claim = world.record(report("Joe", relays={"outlet": "sport-bild"}))
    world.resolve(claim, "true")

    score = world.score("joe")

    assert (0, 1, 1) == (score["counts"]["resolved"], score["relay"]["resolved"], score["relay"]["correct"])
