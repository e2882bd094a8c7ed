"""Lines with a type: outlets, claims, reports and resolutions."""

from __future__ import annotations

import pytest

from tests.support.bad_lines import NOTE
from tests.support.typed_lines import (
    CLAIM,
    ONE_OF_EACH,
    OUTLET,
    REPORT,
    RESOLUTION,
    Loader,
    claims,
    problems,
    report,
    slugs,
    statuses,
    typed,
)
from tests.support.world import assert_problem


@pytest.fixture
def load(settings, tmp_path):
    return Loader(settings, tmp_path)


def test_one_of_each(world, load):
    """
    A line of each type creates its row and returns its id.
    """
    told = load(*ONE_OF_EACH)
    claim = claims(world)["a"]

    assert [(number, "created") for number in (1, 2, 3, 4)] == [(one["line"], one["status"]) for one in told]
    made = [world.get("/v1/outlets/bild").json, claim, claim["reports"][1], claim["resolution"]]
    assert [one["id"] for one in made] == [one["id"] for one in told]
    assert ("deny", "false") == (claim["reports"][1]["stance"], claim["resolution"]["verdict"])


def test_loaded_again(load):
    """
    R4: lines of each type are recognised when they are loaded again.
    """
    first = load(*ONE_OF_EACH)

    again = load(*ONE_OF_EACH)

    assert {"unchanged"} == set(statuses(again))
    assert [one["id"] for one in first] == [one["id"] for one in again]


def test_same_line_twice_in_one_file(load):
    """
    R4: a line of any type that occurs twice in a file is recorded once.
    """
    assert ["created", "unchanged"] * 4 == statuses(load(*(line for line in ONE_OF_EACH for _ in range(2))))


def test_claim_line_with_everything(world, load):
    """
    A claim line has its reports and its resolution; a resolution that comes later updates the claim.
    """
    resolved = CLAIM | {"resolution": RESOLUTION}

    assert ["created", "created"] == statuses(load(OUTLET, resolved | {"external_id": "b"}))
    assert ["unchanged", "created", "updated"] == statuses(load(OUTLET, CLAIM, resolved))
    assert {"false"} == {claim["resolution"]["verdict"] for claim in claims(world).values()}
    assert 2 == world.score("bild")["counts"]["incorrect"]


def test_line_that_supersedes_a_disputed_resolution(world, load):
    """
    A resolution in a file closes the open disputes of the one it supersedes, as an API call does.
    """
    load(OUTLET, CLAIM | {"resolution": RESOLUTION})
    claim = claims(world)["a"]
    world.post(f"/v1/claims/{claim['id']}/disputes", {"reason": "He did join."})

    [loaded] = load(typed("resolution", claim="a", verdict="true", note=NOTE, supersedes=claim["resolution"]["id"]))

    after = world.claim(claim)
    assert (False, loaded["id"]) == (after["disputed"], after["disputes"][0]["closure"]["resolution"])
    assert 0 == world.score("bild")["counts"]["disputed"]


def test_two_lines_of_one_name(world, load):
    """
    R21a: an outlet line without a slug is recognised by its name in any spelling; one with other members is rejected.
    """
    told = load(
        typed("outlet", name="Herald", kind="agency"),
        typed("outlet", name="HERALD", kind="agency"),
        typed("outlet", name="Herald", kind="newspaper"),
    )

    assert {3: ("slug-taken",)} == problems(told)
    assert ["herald"] == slugs(world)


def test_back_dated_reports(world, load):
    """
    R10: reports older than 7 days are marked as backfilled for any type of line.
    """
    recent = {"published_at": world.record()["recorded_at"]}
    load(OUTLET, CLAIM, report(stance="deny", **recent), CLAIM | {"external_id": "b", "reports": [REPORT | recent]})
    found = claims(world)

    assert [True, False] == [one["backfilled"] for one in found["a"]["reports"]]
    assert [False] == [one["backfilled"] for one in found["b"]["reports"]]


def test_correction(world, load):
    """
    R11: a line with `supersedes` corrects a resolution, also back to an earlier verdict, and is recognised again.
    """
    load(OUTLET, CLAIM, typed("resolution", claim="a", **RESOLUTION))
    first = claims(world)["a"]["resolution"]
    there = typed("resolution", claim="a", verdict="true", note=NOTE, supersedes=first["id"])
    [second] = load(there)
    back = typed("resolution", claim="a", **RESOLUTION, supersedes=second["id"])
    [third] = load(back)
    [fourth] = load(typed("resolution", claim="a", verdict=None, supersedes=third["id"]))

    assert {"created"} == {second["status"], third["status"], fourth["status"]}
    assert 4 == len(world.get(f"/v1/claims/{first['claim']}/resolutions").json["items"])
    assert claims(world)["a"]["resolution"] is None
    assert [("unchanged", second["id"]), ("unchanged", third["id"])] == [
        (one["status"], one["id"]) for one in load(there, back)
    ]
    assert {1: ("already-resolved",)} == problems(load(there | {"verdict": "void"}))


def test_resolution_known_again_after_a_correction(world, load):
    """
    The line of a resolution that was corrected by hand is unchanged, and returns its id and not that of the correction.
    """
    [*_, made] = load(*ONE_OF_EACH)
    world.resolve(claims(world)["a"], "true", supersedes=made["id"])

    assert ("unchanged", made["id"]) == tuple(load(*ONE_OF_EACH)[-1][name] for name in ("status", "id"))


def test_flat_and_typed_lines_mixed(world, load):
    """
    A flat line adds to the claim of a typed line, and a typed line to that of a flat line.
    """
    flat = {"outlet": "BILD", "claim_id": "a", "claim": CLAIM["text"], "published_at": "2024-03-01"}
    other = flat | {"claim_id": "b", "outlet": "Kicker", "outcome": True}
    told = load(
        OUTLET, CLAIM, flat, other, report("b"), report("b", outlet="kicker", published_at="2024-03-01T00:00:00Z")
    )

    assert ["created"] * 5 + ["unchanged"] == statuses(told)
    assert {"a": ["bild", "bild"], "b": ["bild", "kicker"]} == {
        name: [one["outlet"] for one in claim["reports"]] for name, claim in claims(world).items()
    }


def test_claim_line_without_reports(world, load):
    """
    A claim line may have no reports, unlike an API call, because lines of their own can follow.
    """
    load(OUTLET, CLAIM | {"reports": []}, report())
    body = {name: value for name, value in CLAIM.items() if name != "type"} | {"reports": []}

    assert 1 == len(claims(world)["a"]["reports"])
    assert_problem(world.post("/v1/claims", body), 422, "invalid-body", "/reports")
