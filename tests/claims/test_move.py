"""service.claims.move: the reviews of fact-checkers follow a merged claim, in every place where they are shown"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from service.ledger.seal import seal_entries
from service.ledger.verify import verify_ledger
from tests.support.follower import Follower
from tests.support.load_lines import load
from tests.support.reviews import review

FIRST = review()
SECOND = review("Falso", "1", url="https://check.example/2", claimReviewed="For a year nobody could cross the bridge.")
OF_BOTH = {"url": "https://other.example/9", "author": {"@type": "Organization", "name": "Other Check"}}


@pytest.fixture
def pair(db, cache):
    """Two records of one claim. Each has a review of its own, and both have the review of another fact-checker."""
    items = [FIRST, FIRST | OF_BOTH, SECOND, SECOND | OF_BOTH]
    found = [result.id for result in load(db, cache, items)]
    return {"id": str(found[0])}, {"id": str(found[2])}


def merge(world, claim, into):
    assert 201 == world.post(f"/v1/claims/{claim['id']}/merge", {"into": into["id"]}).status_code


def undo(world, claim):
    assert 204 == world.delete(f"/v1/claims/{claim['id']}/merge", headers={"If-Match": "*"}).status_code


def pages(world, claim):
    """Return the pages of the reviews of a claim."""
    return [note["url"] for note in world.claim(claim)["reviews"]]


def test_reviews_move(world, db, pair):
    """
    R22a: the reviews of a merged claim are shown with the other one, each only once, and an undo returns them.
    """
    first, second = pair
    apart = [world.claim(claim)["reviews"] for claim in pair]
    merge(world, first, second)

    assert ["https://check.example/2", "https://other.example/9", "https://check.example/1"] == pages(world, second)
    assert apart[0][0] == world.claim(second)["reviews"][-1]
    undo(world, first)
    assert [sorted(map(str, notes)) for notes in apart] == [
        sorted(map(str, world.claim(claim)["reviews"])) for claim in pair
    ]
    assert [] == list(verify_ledger(db))


def test_imported_again(world, db, cache, pair):
    """
    R11a, R22a: importing a review of a merged claim again, changed or not, adds none, and an undo returns it.
    """
    first, second = pair
    merge(world, first, second)

    assert ["unchanged"] == [result.status for result in load(db, cache, [FIRST])]
    assert ["updated"] == [result.status for result in load(db, cache, [FIRST | {"author": OF_BOTH["author"]}])]
    assert 3 == len(pages(world, second))
    undo(world, first)
    assert "Other Check" == world.claim(first)["reviews"][-1]["publisher"]
    assert "https://check.example/1" not in pages(world, second)


@pytest.mark.parametrize("redacted", [0, 1])
def test_redacted_after_a_merge(world, db, pair, redacted):
    """
    A redaction of either claim's reviews also removes those that the merge moved, and an undo does not restore them.
    """
    first, second = pair
    merge(world, first, second)
    body = {"subject": pair[redacted]["id"], "members": ["reviews"], "reason": "By court order."}
    assert 201 == world.post("/v1/redactions", body).status_code

    assert "https://check.example/1" not in pages(world, second)
    undo(world, first)
    assert "https://check.example/1" not in pages(world, first) + pages(world, second)
    assert [] == list(verify_ledger(db))


def test_published_once(world, pair):
    """
    A merged claim has no review of its own: its old address leads to that of the other claim, and the feed has one.
    """
    world.runtime.settings = replace(world.runtime.settings, public_url="https://borneout.example")
    first, second = pair
    merge(world, first, second)
    moved = world.get(f"/v1/claims/{first['id']}/claimreview")
    [element] = json.loads(world.get("/v1/claimreviews").text)["dataFeedElement"]

    assert (308, f"/v1/claims/{second['id']}/claimreview") == (moved.status_code, moved.headers["Location"])
    assert f"https://borneout.example/claims/{second['id']}" == element["item"]["url"]


def test_feed_of_changes(world, db, pair):
    """
    The feed of changes shows moved reviews with the other claim, in the same form as `GET /v1/claims/{id}`.
    """
    first, second = pair
    merge(world, first, second)
    seal_entries(db, now=dt.datetime.now(dt.UTC))
    changes = Follower(lambda query: world.get("/v1/changes", query_string=query).json).follow()
    newest = {change["id"]: change["data"] for change in changes if change["kind"] == "claim"}

    assert world.claim(second)["reviews"] == newest[second["id"]]["reviews"]
