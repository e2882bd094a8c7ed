"""Pagination of the lists of the API during concurrent writes"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import costly
from tests.support.list_stage import LISTS, Stage

days = st.integers(0, 3)
CHANGES = ["add_claim", "add_report", "add_report_to_another", "add_outlet", "withdraw"]
changes = st.lists(st.tuples(st.sampled_from(CHANGES), days), max_size=3)


@pytest.mark.parametrize("name", LISTS)
# The examples share a database; each uses rows of its own.
@costly
@given(first=st.lists(days, max_size=6), writes=st.lists(changes, max_size=4), limit=st.integers(1, 3))
def test_nothing_is_skipped_or_repeated(world, name, first, writes, limit):
    """
    Writes between the pages of a list cause no item to be skipped or repeated, and the order is kept.
    """
    path, filters, query, add, is_sorted = LISTS[name]
    stage = Stage(world)
    there = {getattr(stage, add)(day) for day in first}
    shared = 20 if name == "queue" else 0  # the only list without a filter, so all examples share it
    query = {"limit": shared + limit, **query, **{member: getattr(stage, of) for member, of in filters.items()}}
    shown = []
    for page in world.pages(path.format(outlet=stage.outlet, claim=stage.claim), **query):
        shown += page
        for change, day in writes.pop() if writes else ():
            getattr(stage, change)(day)
    ids = [item["id"] for item in shown]

    assert len(set(ids)) == len(ids)
    assert there <= set(ids)
    assert is_sorted(shown)


def test_claim_that_moves_up_the_queue(world):
    """
    R15: a claim that gets another report between pages of the queue is not skipped.
    """
    stage = Stage(world)
    made = [stage.claim, stage.add_claim(0), stage.add_claim(0)]
    pages = world.pages("/v1/queue", limit=1)
    seen = [next(pages)[0]["id"], next(pages)[0]["id"]]
    world.post(f"/v1/claims/{made[2]}/reports", stage.report(1))
    [last] = next(pages)

    assert made == [*seen, last["id"]]
    assert 2 == last["at_stake"]["reports"]
    assert made[2] == world.get("/v1/queue").json["items"][0]["id"]
