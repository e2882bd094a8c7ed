"""GET /v1/outlets/{outlet}/score from the cache, and 304"""

from __future__ import annotations

import datetime as dt

from tests.support.world import report


def test_claim_matures_while_its_score_is_cached(world):
    """
    R16: a cached score on the basis matured expires when the next of its claims is due.
    """
    due = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    redis = world.runtime.cache.link.writer
    world.resolve(world.record(kind="event", resolves_by=due.isoformat()), "true")
    for basis in ("resolved", "matured"):
        world.score(basis=basis)
    lives = sorted(dt.timedelta(milliseconds=redis.pttl(name)) for name in redis.keys(r"*response:herald:\[*"))

    assert [True, False] == [dt.timedelta() < life <= dt.timedelta(minutes=5) for life in lives]


def test_by_id(world):
    """
    A request by id returns the same cached score as a request by slug.
    """
    world.record()
    outlet = world.get("/v1/outlets/herald").json
    score = world.score()

    response = world.get(f"/v1/outlets/{outlet['id']}/score")

    assert score == response.json
    assert "borneout; hit" == response.headers["Cache-Status"]


def test_cache_status(world):
    """
    `Cache-Status` is hit or miss for a current score and bypass for a past moment.
    """
    world.record()
    url = "/v1/outlets/herald/score"

    statuses = [world.get(url).headers["Cache-Status"] for _ in range(2)]
    statuses += [world.get(f"{url}?basis=matured").headers["Cache-Status"]]
    statuses += [world.get(f"{url}?as_of=2026-01-01T00:00:00Z").headers["Cache-Status"] for _ in range(2)]

    expected = ["hit", "fwd=miss", "fwd=bypass"]
    assert [f"borneout; {expected[index]}" for index in (1, 0, 1, 2, 2)] == statuses


def test_cached_answer_is_the_answer(world):
    """
    A cached score equals the computed one byte for byte, with the same tag.
    """
    world.resolve(world.record(), "true")

    first, second = (world.get("/v1/outlets/herald/score") for _ in range(2))

    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])


def test_not_modified(world):
    """
    An unchanged score gets 304 without a body, cached or computed again.
    """
    claim = world.record()
    url = "/v1/outlets/herald/score"
    tag = world.get(url).headers["ETag"]
    cached = world.get(url, headers={"If-None-Match": tag})
    world.post(f"/v1/claims/{claim['id']}/reports", report("Herald", stance="comment"))
    computed = world.get(url, headers={"If-None-Match": f'"other", {tag}'})
    world.resolve(claim, "true")
    changed = world.get(url, headers={"If-None-Match": tag})

    assert tag.startswith('W/"')
    assert [(304, b""), (304, b"")] == [(one.status_code, one.data) for one in (cached, computed)]
    assert [tag, tag] == [one.headers["ETag"] for one in (cached, computed)]
    assert (200, True) == (changed.status_code, changed.headers["ETag"] != tag)


def test_tag_tells_the_questions_apart(world):
    """
    Different scores have different tags.
    """
    world.resolve(world.record(), "true")
    queries = ["", "?topic=a", "?level=0.5", "?basis=matured", "?as_of=2026-01-01T00:00:00Z"]

    tags = {world.get(f"/v1/outlets/herald/score{query}").headers["ETag"] for query in queries}

    assert len(queries) == len(tags)
