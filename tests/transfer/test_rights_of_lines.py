"""R14, R14b: the rights of the key that imports a file, line by line"""

from __future__ import annotations

from uuid import UUID

import pytest

from service.access.authenticate import granted
from service.errors import Forbidden, OwnClaim, ResolutionInEffect
from service.values.vocabulary import Caller, Scope
from tests.support.load_lines import load
from tests.support.world import NOTE, report

WRITE, RESOLVE, OWN = Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE, Scope.RESOLUTIONS_OWN
KNOWN = "2026-03-01T00:00:00Z"
FLAT = {
    "outlet": "Herald",
    "claim_id": "1",
    "claim": "The bridge opens in May.",
    "published_at": "2026-01-01T00:00:00Z",
}
OUTCOME = {"outcome": True, "resolved_at": KNOWN}
CLAIM = {
    "type": "claim",
    "external_id": "1",
    "text": "The bridge opens in May.",
    "reports": [{"outlet": {"name": "Herald"}, "published_at": "2026-01-01T00:00:00Z"}],
}
RESOLUTION = {"verdict": "true", "known_at": KNOWN, "note": NOTE}
LINES = {
    "outlet": {"type": "outlet", "name": "Tribune"},
    "claim": CLAIM,
    "flat": FLAT,
    "report": {"type": "report", "claim": "known", **report("Tribune")},
    "resolution": {"type": "resolution", "claim": "known", **RESOLUTION},
    "resolved claim": CLAIM | {"resolution": RESOLUTION},
    "resolved flat": FLAT | OUTCOME,
}


@pytest.fixture
def load_as(world):
    """Return a function that loads lines with a key of these scopes, and returns the errors of the lines."""

    def run(*lines, scopes):
        me = world.with_scopes(*scopes).get("/v1/me").json
        caller = Caller(UUID(me["id"]), granted(me["scopes"]))
        results = load(world.runtime.db, world.runtime.cache, lines, caller=caller)
        return [result.error and type(result.error) for result in results]

    return run


@pytest.mark.sqlite_alone  # the rights are decided in Python, on loaded rows
@pytest.mark.parametrize(
    ("scopes", "loaded"),
    [
        ([Scope.READ], set()),
        ([WRITE], {"claim", "flat", "report"}),
        ([RESOLVE], {"resolution"}),
        ([Scope.OUTLETS_WRITE], {"outlet"}),
        ([OWN], set()),
        ([WRITE, RESOLVE], {"claim", "flat", "report", "resolution"}),
        ([WRITE, RESOLVE, OWN], set(LINES) - {"outlet"}),
        ([Scope.ADMIN], set(LINES)),
    ],
    ids=lambda value: "+".join(sorted(value)) or "none",
)
@pytest.mark.parametrize("kind", LINES)
def test_scopes(world, load_as, scopes, loaded, kind):
    """
    R14: each line needs the scopes of what it records, and resolutions:own to record a claim as resolved.
    """
    world.record(external_id="known")

    [error] = load_as(LINES[kind], scopes=scopes)

    missing = OwnClaim if kind.startswith("resolved") and {WRITE, RESOLVE} <= set(scopes) else Forbidden
    assert (None if kind in loaded else missing) == error


def test_rejected_line_records_nothing(world, load_as):
    """
    R14: a line whose outcome is rejected records neither its claim, its report nor its outlet.
    """
    assert [OwnClaim] == load_as(FLAT | OUTCOME, scopes=(WRITE, RESOLVE))

    assert ([], []) == tuple(world.get(path).json["items"] for path in ("/v1/claims", "/v1/outlets"))


def test_outcome_with_a_report_of_the_same_line(world, load_as):
    """
    R14: a line that adds a report to the claim of another key needs resolutions:own for its outcome; a line that
    repeats the recorded report does not.
    """
    world.record(report(published_at=FLAT["published_at"]), external_id="1", text=FLAT["claim"])

    assert [OwnClaim] == load_as(FLAT | OUTCOME | {"outlet": "Tribune"}, scopes=(WRITE, RESOLVE))
    assert [None] == load_as(FLAT | OUTCOME, scopes=(WRITE, RESOLVE))


def test_report_that_replaces_a_stance(world, load_as):
    """
    R14b: a line may not replace the current stance of an outlet on a resolved claim without resolutions:write.
    """
    world.record(report(published_at=FLAT["published_at"]), external_id="1", text=FLAT["claim"])
    world.resolve({"id": world.get("/v1/claims").json["items"][0]["id"]}, "false", known_at=KNOWN)
    late = {"published_at": "2026-02-01T00:00:00Z", "stance": "deny"}
    typed = {"type": "report", "claim": "1", "outlet": "herald", **late}
    addition = FLAT | late | {"outlet": "Tribune"}

    errors = load_as(FLAT | late, typed, FLAT, addition, scopes=[WRITE])

    assert [ResolutionInEffect, ResolutionInEffect, None, None] == errors
    assert (0, 1) == tuple(world.score()["counts"][name] for name in ("correct", "incorrect"))
    assert [None] == load_as(FLAT | late, scopes=[WRITE, RESOLVE])
    assert 1 == world.score()["counts"]["correct"]


def test_second_line_after_the_outcome_of_the_first(load_as):
    """
    R14b: with resolutions:own a file may go on with reports on a claim that it has resolved.
    """
    second = FLAT | OUTCOME | {"published_at": "2026-02-01T00:00:00Z", "stance": "deny"}

    assert [None, None] == load_as(FLAT | OUTCOME, second, scopes=[WRITE, RESOLVE, OWN])


def test_claim_that_differs_is_not_changed(world, load_as):
    """
    R4, R14b: an import never changes a claim on record, whoever sends it.
    """
    world.record(external_id="1", text=FLAT["claim"], topic="roads")

    load_as(CLAIM | {"topic": "bridges", "reports": []}, FLAT | {"topic": "bridges"}, scopes=[Scope.ADMIN])

    assert "roads" == world.get("/v1/claims").json["items"][0]["topic"]
