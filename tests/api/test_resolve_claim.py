"""POST /v1/claims/{claim_id}/resolutions"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.request_bodies import send_resolution
from tests.support.world import NOTE, assert_problem, lasting, report

EVIDENCE = ["https://club.example/news/1"]


def test_it_works(world):
    """
    A claim is resolved with all sent members.
    """
    claim = world.record()
    sent = {"verdict": "partial", "truth": 0.25, "known_at": "2026-05-01T00:00:00Z", "evidence": EVIDENCE, "note": NOTE}

    response = world.post(f"/v1/claims/{claim['id']}/resolutions", sent)

    assert 201 == response.status_code
    assert sent | {"claim": claim["id"], "supersedes": None, "redacted": [], "known_precision": "instant"} == {
        name: value for name, value in response.json.items() if name not in ("id", "recorded_at")
    }
    assert response.json == world.claim(claim)["resolution"]


def test_known_now(world):
    """
    R12: without known_at the answer is public from now on.
    """
    before = dt.datetime.now(dt.UTC)

    resolution = world.resolve(world.record(), "true")

    assert before <= dt.datetime.fromisoformat(resolution["known_at"]) <= dt.datetime.now(dt.UTC)


def test_known_in_the_future(world):
    """
    R12: a known_at in the future is rejected.
    """
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)).isoformat()

    response = send_resolution(world, world.record(), "true", note=NOTE, known_at=soon)

    assert_problem(response, 422, "invalid-body", "/known_at")


@pytest.mark.parametrize("verdict", [{"verdict": "true"}, {"verdict": "false"}, {"verdict": "partial", "truth": 0.5}])
def test_evidence_is_needed(world, verdict):
    """
    R12: a scored verdict needs a URL or a note; either is enough.
    """
    claims = [world.record() for _ in range(3)]

    refused = send_resolution(world, claims[0], **verdict, evidence=[], note=None)
    taken = [
        send_resolution(world, claims[1], **verdict, evidence=EVIDENCE),
        send_resolution(world, claims[2], **verdict, note=NOTE),
    ]

    assert_problem(refused, 422, "invalid-body", "/evidence")
    assert [201, 201] == [response.status_code for response in taken]


@pytest.mark.parametrize("verdict", ["void", "unverifiable"])
def test_no_evidence_is_needed(world, verdict):
    """
    R12, R13: a verdict that is not scored needs no evidence; it is counted, shown and never scored.
    """
    claim = world.record()

    response = send_resolution(world, claim, verdict)
    score = world.score()

    assert (201, None) == (response.status_code, response.json["truth"])
    assert ("resolved", verdict) == (world.claim(claim)["status"], world.claim(claim)["resolution"]["verdict"])
    assert (1, 0, 0, 1) == tuple(score["counts"][name] for name in ("claims", "open", "resolved", "unscored"))
    assert ("insufficient", None) == (score["status"], score["reliability"])


def test_blank_note_is_no_evidence(world):
    """
    R12: a blank note is rejected.
    """
    assert_problem(send_resolution(world, world.record(), "true", note=" \n"), 422, "invalid-body", "/note")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("truth", [0, 1, -0.5, 1.5, 1e300])
def test_truth_out_of_range(world, truth):
    """
    R13: the truth of a partial verdict is more than 0 and less than 1.
    """
    response = send_resolution(world, world.record(), "partial", truth=truth, note=NOTE)

    assert_problem(response, 422, "invalid-body", "/truth")


def test_partial_without_truth(world):
    """
    R13: a partial verdict needs a truth; its error is returned with all others.
    """
    response = send_resolution(world, world.record(), "partial", known_at="2999-01-01T00:00:00Z")

    assert_problem(response, 422, "invalid-body", "/truth", "/evidence", "/known_at")


@pytest.mark.parametrize("verdict", ["true", "false", "void", "unverifiable"])
def test_truth_with_another_verdict(world, verdict):
    """
    R13: only a partial verdict has a truth.
    """
    response = send_resolution(world, world.record(), verdict, truth=0.5, note=NOTE)

    assert_problem(response, 422, "invalid-body", "/truth")


def test_partial_counts_for_both_sides(world):
    """
    R13: a partial truth counts as that much right for a support, and as the rest for a deny.
    """
    claim = world.record(report("A"), report("B", stance="deny"))
    world.resolve(claim, "partial", truth=0.3)

    supporter, denier = world.score("a"), world.score("b")

    assert (0.3, 0.7) == (supporter["record"]["right"], denier["record"]["right"])
    assert [(1, 1, 0, 0)] * 2 == [
        tuple(score["counts"][name] for name in ("resolved", "partial", "correct", "incorrect"))
        for score in (supporter, denier)
    ]


def test_second_resolution(world):
    """
    R11: a second resolution must supersede the newest one.
    """
    claim = world.record()
    first = world.resolve(claim, "true")
    second = world.resolve(claim, "false", supersedes=first["id"])

    for supersedes in (None, first["id"], claim["id"], "0192aa00-0000-7000-8000-000000000000"):
        assert_problem(send_resolution(world, claim, "true", note=NOTE, supersedes=supersedes), 409, "already-resolved")
    assert second == world.claim(claim)["resolution"]


def test_nothing_to_supersede(world):
    """
    R11: a first resolution can neither supersede nor withdraw another, not even one of another claim.
    """
    other = world.resolve(world.record(), "true")
    claim = world.record()

    for members in ({"verdict": "true", "supersedes": other["id"]}, {"verdict": None}):
        assert_problem(send_resolution(world, claim, **members, note=NOTE), 409, "nothing-to-supersede")
    assert "open" == world.claim(claim)["status"]


def test_correction_takes_over_known_at(world):
    """
    R11: a correction inherits known_at unless it has its own, and the next correction inherits that.
    """
    claim = world.record()
    first = world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")
    second = world.resolve(claim, "false", supersedes=first["id"])
    third = world.resolve(claim, "true", supersedes=second["id"], known_at="2026-03-01T00:00:00Z")
    fourth = world.resolve(claim, None, supersedes=third["id"])
    fifth = world.resolve(claim, "true", supersedes=fourth["id"])

    expected = ["2026-02-01T00:00:00Z"] * 2 + ["2026-03-01T00:00:00Z"] * 3
    assert expected == [one["known_at"] for one in (first, second, third, fourth, fifth)]


def test_withdrawn(world):
    """
    R11: a withdrawal reopens the claim, its late reports are in time again, and the score is as before.
    """
    claim = world.record(report(), report("Echo", "2026-01-05T00:00:00Z"))
    before = [lasting(world.score(outlet)) for outlet in ("herald", "echo")]
    first = world.resolve(claim, "true", known_at="2026-01-05T00:00:00Z")

    world.resolve(claim, None, supersedes=first["id"], note=None)

    shown = world.claim(claim)
    assert ("open", None) == (shown["status"], shown["resolution"])
    assert [False, False] == [one["after_known"] for one in shown["reports"]]
    assert before == [lasting(world.score(outlet)) for outlet in ("herald", "echo")]


def test_end_of_the_chain(world):
    """
    R11: a claim and its entry in lists name the resolution that the next one supersedes, also after a withdrawal.
    """
    claim = world.record()
    shown = [claim["supersedes"]]
    for verdict in ("true", None, "false"):
        done = world.resolve(claim, verdict, supersedes=shown[-1])
        shown.append(world.claim(claim)["supersedes"])
        [listed] = world.get("/v1/claims").json["items"]
        assert done["id"] == shown[-1] == listed["supersedes"]

    assert None is shown[0]


def test_resolved_without_naming_the_withdrawal(world):
    """
    R11: after a withdrawal a verdict without supersedes is accepted, linked to it, and inherits its known_at.
    """
    claim = world.record()
    first = world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")
    withdrawal = world.resolve(claim, None, supersedes=first["id"])

    second = world.resolve(claim, "false")

    assert (withdrawal["id"], "2026-02-01T00:00:00Z") == (second["supersedes"], second["known_at"])
    assert_problem(send_resolution(world, claim, "true", note=NOTE), 409, "already-resolved")


def test_withdrawn_twice(world):
    """
    R11: a withdrawal that names no resolution is rejected while none is in effect, and a wrong name always is.
    """
    claim = world.record()
    first = world.resolve(claim, "true")
    world.resolve(claim, None, supersedes=first["id"])

    assert_problem(send_resolution(world, claim, None), 409, "nothing-to-supersede")
    assert_problem(send_resolution(world, claim, "true", note=NOTE, supersedes=first["id"]), 409, "already-resolved")


def test_resolved_again_after_a_withdrawal(world):
    """
    R11: a reopened claim is resolved by a resolution that supersedes the withdrawal.
    """
    claim = world.record()
    first = world.resolve(claim, "true")
    withdrawal = world.resolve(claim, None, supersedes=first["id"])

    wrong = first["id"], claim["id"]
    refused = [send_resolution(world, claim, "false", note=NOTE, supersedes=resolution) for resolution in wrong]
    world.resolve(claim, "false", supersedes=withdrawal["id"])

    for response in refused:
        assert_problem(response, 409, "already-resolved")
    assert (0, 1) == tuple(world.score()["counts"][name] for name in ("correct", "incorrect"))


def test_corrections_leave_no_trace_in_the_score(world):
    """
    R11: after any corrections a score equals that of the final state recorded once.
    """
    final = {"verdict": "partial", "truth": 0.1, "known_at": "2026-01-03T00:00:00Z"}
    for outlet, detours in (("A", ["true", None, "false", "void", "unverifiable", None]), ("B", [])):
        reports = [
            report(outlet),
            report(outlet, "2026-01-02T00:00:00Z", stance="deny"),
            report(outlet, "2026-01-04T00:00:00Z"),
        ]
        claim = world.record(*reports)
        newest = None
        for verdict in detours:
            newest = world.resolve(claim, verdict, supersedes=newest, known_at="2026-01-02T00:00:00Z")["id"]
        world.resolve(claim, **final, supersedes=newest)

    corrected, straight = (lasting(world.score(outlet)) for outlet in "ab")

    assert straight | {"outlet": "a"} == corrected
    assert 0.9 == corrected["record"]["right"]


def test_correction_moves_the_line_of_known_at(world):
    """
    R6: a correction of known_at changes which reports are in time.
    """
    claim = world.record(report(), report(published_at="2026-01-05T00:00:00Z", stance="deny"))
    first = world.resolve(claim, "true", known_at="2026-01-05T00:00:00Z")
    before = world.score()["counts"]
    world.resolve(claim, "true", supersedes=first["id"], known_at="2026-01-05T00:00:00.000001Z")

    after = world.score()["counts"]

    assert [(1, 0), (0, 1)] == [(counts["correct"], counts["incorrect"]) for counts in (before, after)]


def test_two_true_claims_of_a_group(world):
    """
    R3: a second true claim of a group is rejected, naming both; other verdicts are allowed.
    """
    liverpool, bayern, madrid = (world.record(group="alonso") for _ in range(3))
    world.resolve(liverpool, "true")

    refused = send_resolution(world, bayern, "true", note=NOTE)
    world.resolve(bayern, "false")
    world.resolve(madrid, "partial", truth=0.9)

    assert_problem(refused, 409, "group-resolved")
    assert liverpool["id"] in refused.json["detail"]
    assert bayern["id"] in refused.json["detail"]


def test_the_true_claim_of_a_group_is_corrected(world):
    """
    R3: after a correction of the true claim another may be true, and then the first may not be true again.
    """
    liverpool, bayern = world.record(group="alonso"), world.record(group="alonso")
    first = world.resolve(liverpool, "true")
    again = world.resolve(liverpool, "true", supersedes=first["id"], evidence=EVIDENCE)
    corrected = world.resolve(liverpool, "false", supersedes=again["id"])
    taken = world.resolve(bayern, "true")

    back = send_resolution(world, liverpool, "true", note=NOTE, supersedes=corrected["id"])
    world.resolve(bayern, None, supersedes=taken["id"])

    assert_problem(back, 409, "group-resolved")
    world.resolve(liverpool, "true", supersedes=corrected["id"])


def test_true_claims_of_no_group_and_of_two(world):
    """
    R3: claims without a group and claims of different groups do not exclude each other.
    """
    for members in ({}, {}, {"group": "a"}, {"group": "A"}):
        world.resolve(world.record(**members), "true")

    assert 4 == world.score()["counts"]["correct"]


def test_unknown_claim(world):
    """
    An unknown claim cannot be resolved.
    """
    assert_problem(
        send_resolution(world, {"id": "0192aa00-0000-7000-8000-000000000000"}, "true", note=NOTE), 404, "not-found"
    )


@pytest.mark.parametrize(
    ("published", "known", "late"),
    [
        ("2024-08-30", "2024-08-30", False),
        ("2024-08-30T23:00:00Z", "2024-08-30", False),
        ("2024-08-31", "2024-08-30", True),
        ("2024-08-30", "2024-08-30T00:00:00Z", True),
        ("2024-08-30T12:00:00Z", "2024-08-30T12:00:00Z", True),
        ("2024-08-30T11:00:00Z", "2024-08-30 14:00:00+0200", False),
    ],
)
def test_known_on_a_date(world, published, known, late):
    """
    R6, R6a: a bare known_at is the end of its day, so a report of the same day counts.
    """
    claim = world.record(report(published_at=published))
    world.resolve(claim, "true", known_at=known)

    assert late is world.claim(claim)["reports"][0]["after_known"]
    assert (0 if late else 1) == world.score()["counts"]["resolved"]


def test_known_at_is_shown_with_its_precision(world):
    """
    R6a: a bare known_at is shown as an instant, with the precision `day`; a correction inherits both.
    """
    claim = world.record()
    first = world.resolve(claim, "true", known_at="2026-02-01")
    second = world.resolve(claim, "false", supersedes=first["id"])
    third = world.resolve(claim, "false", supersedes=second["id"], known_at="2026-02-01T23:59:59.999999Z")

    assert [("2026-02-01T23:59:59.999999Z", precision) for precision in ("day", "day", "instant")] == [
        (resolution["known_at"], resolution["known_precision"]) for resolution in (first, second, third)
    ]


def test_known_today(world):
    """
    R6a, R12: today as a bare known_at is now, and tomorrow is in the future.
    """
    before, claim = dt.datetime.now(dt.UTC), world.record()
    today = before.date()

    refused = send_resolution(world, claim, "true", note=NOTE, known_at=str(today + 2 * today.resolution))
    resolution = world.resolve(claim, "true", known_at=str(today))

    assert_problem(refused, 422, "invalid-body", "/known_at")
    assert before <= dt.datetime.fromisoformat(resolution["known_at"]) <= dt.datetime.now(dt.UTC)
    assert "day" == resolution["known_precision"]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    "known_at", ["2024-02-14T10:00:00", "2024-02-14 10:00", "14.02.2024", "2024-W07-3", "2024-045"]
)
def test_known_at_without_a_zone(world, known_at):
    """
    R6a: an instant without a time zone, and any other format of a date, is rejected.
    """
    response = send_resolution(world, world.record(), "true", note=NOTE, known_at=known_at)

    assert_problem(response, 422, "invalid-body", "/known_at")


@pytest.mark.parametrize(
    ("known_at", "verdict", "warned"),
    [
        ("2025-12-31", "true", True),
        ("2026-01-01T12:00:00Z", "false", True),
        ("2025-12-31", "void", True),
        ("2026-01-01", "true", False),
        (None, "true", False),
    ],
)
def test_known_before_every_report(world, known_at, verdict, warned):
    """
    R6a: a known_at before every report is recorded, with a warning that no report counts.
    """
    claim = world.record(report(), report("B", "2026-01-02T00:00:00Z", stance="deny"))

    resolution = world.resolve(claim, verdict, known_at=known_at)

    warnings = resolution.pop("warnings", [])
    assert (["known-before-reports"] if warned else []) == [warning["code"] for warning in warnings]
    assert all("no report counts" in warning["detail"] for warning in warnings)
    assert resolution == world.claim(claim)["resolution"]
    assert (0 if warned else 1) == world.score()["counts"]["resolved"]


def test_reports_that_no_warning_is_about(world):
    """
    R6a: the warning is about reports that could count, so it ignores withdrawn ones and comments.
    """
    late = "2026-03-01T00:00:00Z"
    claim = world.record(report("A"), report("B", stance="comment"), report("C", late))
    mistake = next(one for one in claim["reports"] if one["outlet"] == "a")
    before = world.resolve(claim, "true", known_at="2026-02-01")
    world.post(f"/v1/reports/{mistake['id']}/withdrawal", {"reason": "Another claim."})

    after = world.resolve(claim, "true", supersedes=before["id"])
    withdrawn = world.resolve(claim, None, supersedes=after["id"])

    assert [False, True, False] == ["warnings" in resolution for resolution in (before, after, withdrawn)]
