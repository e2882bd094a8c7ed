"""Concurrent requests that conflict: one succeeds, the others get a defined response"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.support.world import NOTE, assert_problem, report

WRITERS = 8


def post_concurrently(world, calls):
    """Return the responses to POSTs that are sent concurrently, each from its own thread."""
    barrier = threading.Barrier(len(calls))

    def send(call):
        path, body = call
        client = world.app.test_client()
        barrier.wait()
        return client.post(path, json=body, headers=world.headers)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


def statuses(responses):
    return Counter(response.status_code for response in responses)


def test_same_external_id_at_once(world):
    """
    R4: of concurrent requests with one external id, one creates the claim and the others return it.
    """
    claim = {"text": "It opens.", "external_id": "a", "reports": [report()]}

    responses = post_concurrently(world, [("/v1/claims", claim)] * WRITERS)

    assert {201: 1, 200: WRITERS - 1} == statuses(responses)
    assert 1 == len({response.json["id"] for response in responses})
    assert 1 == world.score()["counts"]["claims"]


def test_same_new_name_at_once(world):
    """
    Concurrent claims whose reports name the same new outlet create one outlet.
    """
    calls = [("/v1/claims", {"text": f"Bridge {n} opens.", "reports": [report("New One")]}) for n in range(WRITERS)]

    assert {201: WRITERS} == statuses(post_concurrently(world, calls))
    assert ["new-one"] == [outlet["slug"] for outlet in world.get("/v1/outlets").json["items"]]
    assert WRITERS == world.score("new-one")["counts"]["claims"]


def test_outlets_of_one_name_at_once(world):
    """
    Outlets recorded concurrently under one name get different slugs.
    """
    responses = post_concurrently(world, [("/v1/outlets", {"name": "The Times"})] * WRITERS)

    assert {201: WRITERS} == statuses(responses)
    assert WRITERS == len({response.json["slug"] for response in responses})


def test_same_slug_at_once(world):
    """
    Of concurrent requests for one slug, one succeeds and the others receive 409.
    """
    responses = post_concurrently(world, [("/v1/outlets", {"name": "The Times", "slug": "times"})] * WRITERS)

    assert {201: 1, 409: WRITERS - 1} == statuses(responses)


def test_same_report_at_once(world):
    """
    R4: the same report sent concurrently is stored once.
    """
    claim = world.record()
    responses = post_concurrently(world, [(f"/v1/claims/{claim['id']}/reports", report("Tribune"))] * WRITERS)

    assert {201: 1, 200: WRITERS - 1} == statuses(responses)
    assert 2 == len(world.claim(claim)["reports"])


def test_resolutions_of_one_claim_at_once(world):
    """
    R11: of concurrent resolutions of a claim, one is recorded and the others receive 409.
    """
    claim = world.record()
    path = f"/v1/claims/{claim['id']}/resolutions"
    calls = [(path, {"verdict": ("true", "false")[n % 2], "note": NOTE}) for n in range(WRITERS)]

    responses = post_concurrently(world, calls)

    assert {201: 1, 409: WRITERS - 1} == statuses(responses)
    for response in responses:
        if response.status_code == 409:
            assert_problem(response, 409, "already-resolved")
    assert 1 == len(world.get(path).json["items"])
    assert 1 == world.score()["counts"]["resolved"]


def test_true_verdicts_in_one_group_at_once(world):
    """
    R3: of concurrent `true` verdicts in a group, one is recorded.
    """
    claims = [world.record(text=f"{n} wins.", group="final") for n in range(WRITERS)]
    calls = [(f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}) for claim in claims]

    responses = post_concurrently(world, calls)

    assert {201: 1, 409: WRITERS - 1} == statuses(responses)
    assert (1, 1) == (world.score()["counts"]["resolved"], world.score()["counts"]["correct"])


def test_reports_and_resolution_at_once(world):
    """
    R20: after concurrent reports and a resolution, the scores count all of them.
    """
    claim = world.record()
    outlets = [f"Paper {n}" for n in range(WRITERS - 1)]
    calls = [(f"/v1/claims/{claim['id']}/reports", report(outlet)) for outlet in outlets]
    calls.insert(3, (f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}))

    assert {201: WRITERS} == statuses(post_concurrently(world, calls))
    scores = [world.score(outlet.lower().replace(" ", "-")) for outlet in outlets]
    assert [1] * (WRITERS - 1) == [score["counts"]["correct"] for score in scores]
