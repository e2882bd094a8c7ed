"""PATCH /v1/claims/{id}"""

from __future__ import annotations

import sqlalchemy as sa

from service.storage.models import Version
from tests.support.world import assert_problem, report


def change(world, claim, changes, tag=None):
    path = f"/v1/claims/{claim['id']}"
    return world.patch(path, changes, headers={"If-Match": tag or world.get(path).headers["ETag"]})


def test_members_change_and_the_rest_stays(world):
    """
    A merge patch changes the members it has, removes those that are null, and keeps all others.
    """
    claim = world.record(topic="roads", tags=["a"], group="bridge")

    answer = change(world, claim, {"text": "The bridge opens in June.", "topic": None})

    expected = claim | {"text": "The bridge opens in June.", "topic": None}
    assert (200, expected) == (answer.status_code, answer.json)
    assert expected == world.claim(claim)


def test_every_version_is_kept(world):
    """
    Each earlier version of a claim is kept with the time it was replaced.
    """
    claim = world.record(topic="roads")
    change(world, claim, {"topic": "bridges"})
    change(world, claim, {"topic": "towns"})

    with world.runtime.db.read() as session:
        versions = session.scalars(sa.select(Version).order_by(Version.number)).all()

    assert [(1, "roads"), (2, "bridges")] == [(version.number, version.content["topic"]) for version in versions]


def test_a_change_of_topic_moves_scores_at_once(world):
    """
    R20: after a change of topic the next score read counts the claim for the new topic only.
    """
    claim = world.record(topic="roads")
    world.resolve(claim, "true")
    before = [world.score(topic=topic)["counts"]["resolved"] for topic in ("roads", "bridges")]

    change(world, claim, {"topic": "bridges"})

    assert [1, 0] == before
    assert [0, 1] == [world.score(topic=topic)["counts"]["resolved"] for topic in ("roads", "bridges")]


def test_without_if_match(world):
    """
    A change without If-Match is rejected.
    """
    claim = world.record()

    assert_problem(world.patch(f"/v1/claims/{claim['id']}", {"text": "Other."}), 428, "precondition-required")


def test_stale_if_match(world):
    """
    A change with an outdated tag is rejected, and nothing is overwritten.
    """
    claim = world.record()
    tag = world.get(f"/v1/claims/{claim['id']}").headers["ETag"]
    change(world, claim, {"text": "Theirs."}, tag)

    assert_problem(change(world, claim, {"text": "Ours."}, tag), 412, "precondition-failed")
    assert "Theirs." == world.claim(claim)["text"]


def test_if_match_of_whatever_is_there(world):
    """
    `*` matches any version of the claim.
    """
    claim = world.record()

    assert 200 == change(world, claim, {"text": "Other."}, "*").status_code


def test_an_event_keeps_its_date(world):
    """
    R1: the due date of an event can be changed but not removed.
    """
    claim = world.record(kind="event", resolves_by="2026-05-31T00:00:00Z")

    assert 200 == change(world, claim, {"resolves_by": "2026-06-30T00:00:00Z"}).status_code
    assert_problem(change(world, claim, {"resolves_by": None}), 422, "invalid-body", "/resolves_by")


def test_a_true_claim_cannot_join_a_group_that_has_one(world):
    """
    R3: a true claim cannot be moved into a group that has a true claim.
    """
    first, second = world.record(group="job"), world.record(text="Another.")
    world.resolve(first, "true")
    world.resolve(second, "true")

    answer = change(world, second, {"group": "job"})

    assert_problem(answer, 409, "group-resolved")
    assert first["id"] in answer.json["detail"]
    assert second["id"] in answer.json["detail"]


def test_a_feed_that_repeats_the_first_wording(world):
    """
    R4: after a correction, a feed that sends the original claim again gets the existing claim.
    """
    claim = world.record(external_id="feed:1", resolves_by="2026-05-31T00:00:00Z")
    change(world, claim, {"text": "The bridge opens in June."})

    body = {
        "text": claim["text"],
        "external_id": "feed:1",
        "resolves_by": "2026-05-31T00:00:00Z",
        "reports": [report()],
    }
    again = world.post("/v1/claims", body)

    assert (200, claim["id"]) == (again.status_code, again.json["id"])
    assert_problem(world.post("/v1/claims", body | {"text": "Never said."}), 409, "claim-differs", "/text")


def test_merge_patch_media_type(world):
    """
    The media type of a merge patch and plain JSON are accepted, and no other.
    """
    claim = world.record()
    options = {"headers": {"If-Match": "*"}}

    taken = world.patch(
        f"/v1/claims/{claim['id']}", data='{"text": "A."}', content_type="application/merge-patch+json", **options
    )
    refused = world.patch(f"/v1/claims/{claim['id']}", data="<a/>", content_type="text/xml", **options)

    assert 200 == taken.status_code
    assert_problem(refused, 415, "unsupported-media-type")


def test_unknown_member(world):
    """
    Unknown members are rejected, as are the kind and the reports of a claim.
    """
    claim = world.record()

    assert_problem(change(world, claim, {"kind": "fact", "tags": None}), 422, "invalid-body", "/kind", "/tags")


def test_a_change_that_changes_nothing(world):
    """
    A change without differences succeeds and keeps no version.
    """
    claim = world.record(topic="roads")

    answers = [change(world, claim, changes) for changes in ({}, {"topic": "roads"}, {"text": claim["text"]})]

    assert [(200, claim)] * 3 == [(answer.status_code, answer.json) for answer in answers]
    with world.runtime.db.read() as session:
        assert 0 == session.scalar(sa.select(sa.func.count()).select_from(Version))


def test_a_due_date_changes_to_a_date(world):
    """
    R6a: a bare resolves_by in a merge patch is the end of its day.
    """
    claim = world.record()

    assert "2026-05-01T23:59:59.999999Z" == change(world, claim, {"resolves_by": "2026-05-01"}).json["resolves_by"]
