"""Writers who want the same at once: one gets it, the others are told"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.support.world import NOTE, assert_problem, report

WRITERS = 8


def at_once(world, calls):
    """What becomes of some POSTs that are all sent at one moment, each from a thread of its own."""
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
    R4: of several who record the same claim at once one makes it, and the others get that one.
    """
    claim = {"text": "It opens.", "external_id": "a", "reports": [report()]}

    responses = at_once(world, [("/v1/claims", claim)] * WRITERS)

    assert {201: 1, 200: WRITERS - 1} == statuses(responses)
    assert 1 == len({response.json["id"] for response in responses})
    assert 1 == world.score()["counts"]["claims"]


def test_same_new_name_at_once(world):
    """
    Several claims whose reports name one new outlet make one outlet.
    """
    calls = [("/v1/claims", {"text": f"Bridge {n} opens.", "reports": [report("New One")]}) for n in range(WRITERS)]

    assert {201: WRITERS} == statuses(at_once(world, calls))
    assert ["new-one"] == [outlet["slug"] for outlet in world.get("/v1/outlets").json["items"]]
    assert WRITERS == world.score("new-one")["counts"]["claims"]


def test_outlets_of_one_name_at_once(world):
    """
    Several outlets that are put on record under one name at once each get a slug of their own.
    """
    responses = at_once(world, [("/v1/outlets", {"name": "The Times"})] * WRITERS)

    assert {201: WRITERS} == statuses(responses)
    assert WRITERS == len({response.json["slug"] for response in responses})


def test_same_slug_at_once(world):
    """
    Of several who want one slug, one gets it, and the others are told that it is taken.
    """
    responses = at_once(world, [("/v1/outlets", {"name": "The Times", "slug": "times"})] * WRITERS)

    assert {201: 1, 409: WRITERS - 1} == statuses(responses)


def test_same_report_at_once(world):
    """
    R4: the same report sent several times at once is on the claim once.
    """
    claim = world.record()
    responses = at_once(world, [(f"/v1/claims/{claim['id']}/reports", report("Tribune"))] * WRITERS)

    assert {201: 1, 200: WRITERS - 1} == statuses(responses)
    assert 2 == len(world.claim(claim)["reports"])


def test_resolutions_of_one_claim_at_once(world):
    """
    R11: of several who resolve a claim at once one does, and the others are told that it is resolved.
    """
    claim = world.record()
    path = f"/v1/claims/{claim['id']}/resolutions"
    calls = [(path, {"verdict": ("true", "false")[n % 2], "note": NOTE}) for n in range(WRITERS)]

    responses = at_once(world, calls)

    assert {201: 1, 409: WRITERS - 1} == statuses(responses)
    for response in responses:
        if response.status_code == 409:
            assert_problem(response, 409, "already-resolved")
    assert 1 == len(world.get(path).json["items"])
    assert 1 == world.score()["counts"]["resolved"]


def test_true_verdicts_in_one_group_at_once(world):
    """
    R3: of the claims of a group that are said to be true at once, one is.
    """
    claims = [world.record(text=f"{n} wins.", group="final") for n in range(WRITERS)]
    calls = [(f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}) for claim in claims]

    responses = at_once(world, calls)

    assert {201: 1, 409: WRITERS - 1} == statuses(responses)
    assert (1, 1) == (world.score()["counts"]["resolved"], world.score()["counts"]["correct"])


def test_reports_and_resolution_at_once(world):
    """
    R20: whatever order late reports and a resolution come in, the score afterwards counts them all.
    """
    claim = world.record()
    outlets = [f"Paper {n}" for n in range(WRITERS - 1)]
    calls = [(f"/v1/claims/{claim['id']}/reports", report(outlet)) for outlet in outlets]
    calls.insert(3, (f"/v1/claims/{claim['id']}/resolutions", {"verdict": "true", "note": NOTE}))

    assert {201: WRITERS} == statuses(at_once(world, calls))
    scores = [world.score(outlet.lower().replace(" ", "-")) for outlet in outlets]
    assert [1] * (WRITERS - 1) == [score["counts"]["correct"] for score in scores]
