"""/desk: the queue and its forms"""

from __future__ import annotations

import html
import re

import pytest

from tests.support.editor import due, problem_text
from tests.support.world import HOSTILE, report

pytestmark = pytest.mark.sqlite_alone  # tests of the use cases run on both databases

EVIDENCE = ["https://example.org/a", "https://example.org/b?c=d&e=%20"]


def resolutions(world, claim):
    items = world.get(f"/v1/claims/{claim['id']}/resolutions").json["items"]
    return [(item["verdict"], item["truth"], item["known_at"], item["evidence"], item["note"]) for item in items]


def texts(page):
    return [html.unescape(text) for text in re.findall(r'<span class="text">(.*?)</span>', page)]


def test_queue(world, editor):
    """
    Due claims are listed in the order of the API, with their reports, outlets and sources. Other claims are not listed.
    """
    due(world, "B.", "2026-03-01", report("Herald"), report("Post", stance="deny"))
    due(world, "A.", "2026-02-01")
    due(world, "Not yet.", "2100-01-01")
    page = editor.page()

    assert [claim["text"] for claim in world.get("/v1/queue").json["items"]] == texts(page) == ["A.", "B."]
    assert "2 reports of 2 outlets, 2 independent sources" in page


def test_pages_of_the_queue(world, editor):
    """
    The queue has pages, and resolving a claim returns to its page.
    """
    claims = [due(world, f"{number:02}.") for number in range(22)]
    [following] = re.findall(r'rel="next" href="([^"]+)"', editor.page())
    cursor = following.partition("cursor=")[2]
    assert ["20.", "21."] == texts(editor.page(html.unescape(following)))

    response = editor.resolve(claims[20], cursor=cursor, then=claims[21]["id"])

    page = editor.page(response.headers["Location"])
    assert ["21."] == texts(page)
    assert [claims[21]["id"]] == re.findall(r'id="claim-([^"]+)" open', page)
    assert "Proved true" in page


def test_resolve(world, editor):
    """
    A form resolves a claim with the key of the editor, and supports several URLs, a truth in per cent, and a time in
    minutes.
    """
    claim = due(world)
    form = {"truth": "60", "evidence": " ".join(EVIDENCE), "note": "", "known_at": "2026-02-01T12:30"}
    response = editor.resolve(claim, "partial", **form)

    assert 303 == response.status_code
    assert [("partial", 0.6, "2026-02-01T12:30:00Z", EVIDENCE, None)] == resolutions(world, claim)
    entries = world.get("/v1/audit", query_string={"limit": 200}).json["items"]
    assert str(editor.key.id) in {entry["actor"]["key"] for entry in entries if entry["table"] == "resolution"}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"note": "", "evidence": ""}, 422, "/evidence Needs at least one URL of evidence"),
        ({"note": "", "evidence": "not-an-address"}, 422, "/evidence/0 Not an absolute http or https URL."),
        ({"evidence": "javascript:alert(1)"}, 422, "/evidence/0 Not an absolute http or https URL."),
        ({"verdict": "partial"}, 422, "/truth A partial verdict needs a truth between 0 and 1."),
        ({"verdict": "partial", "truth": "most"}, 422, "/truth Not a valid number."),
        ({"verdict": "partial", "truth": "100"}, 422, "/truth Must be more than 0 and less than 1."),
        ({"known_at": "2100-01-01T00:00"}, 422, "/known_at Lies in the future."),
        ({"known_at": "soon"}, 422, "/known_at Not an RFC 3339 instant"),
        ({"verdict": ""}, 422, "/verdict Missing data for required field."),
        ({"verdict": "maybe"}, 422, "/verdict Must be one of: true, false, partial, void, unverifiable."),
        ({"verdict": "withdraw"}, 409, "has no resolution"),
        ({"supersedes": "01a203b0-2a5a-70ca-aa56-b38e5bd0d332"}, 409, "has no resolution"),
    ],
)
def test_refused(world, editor, fields, status, words):
    """
    The problem of a rejected form is shown beside the form with the words of the API, the form keeps its values, and
    nothing changes.
    """
    claim = due(world)
    response = editor.resolve(claim, **{"evidence": "https://example.org/kept", **fields})

    assert (status, True) == (response.status_code, words in problem_text(response)), response.text
    assert f'value="{fields.get("evidence", "https://example.org/kept")}"' in response.text
    assert [] == resolutions(world, claim)


def test_claim_resolved_in_the_meantime(world, editor):
    """
    A form does not replace a resolution that was added since the page was loaded.
    """
    claim = due(world)
    world.resolve(claim, "false")
    response = editor.resolve(claim)

    assert 409 == response.status_code
    assert problem_text(response).startswith("Claim already resolved")
    assert "What is sent now corrects that." in response.text
    assert "Correct it" in response.text


def test_no_claim(editor):
    """
    An unknown claim is a 404.
    """
    claim = {"id": "01a203b0-2a5a-70ca-aa56-b38e5bd0d332"}

    assert 404 == editor.client.get(f"/desk/claims/{claim['id']}").status_code
    assert 404 == editor.resolve(claim).status_code


def test_undo(world, editor):
    """
    One button withdraws a resolution: the claim is due again, and both resolutions remain listed.
    """
    claim = due(world)
    editor.resolve(claim)

    assert 303 == editor.undo(claim).status_code
    assert "due" == world.claim(claim)["status"]
    assert ["true", None] == [verdict for verdict, *_ in resolutions(world, claim)]
    assert '<form class="undo"' not in editor.page(f"/desk/claims/{claim['id']}")


def test_resolve_again(world, editor):
    """
    A reopened claim is resolved from the queue like any other.
    """
    claim = due(world)
    editor.resolve(claim)
    editor.undo(claim)
    [queued] = world.get("/v1/queue").json["items"]
    assert f'name="supersedes" value="{queued["supersedes"]}"' in editor.page()

    assert 303 == editor.resolve(claim, "false", supersedes=queued["supersedes"]).status_code
    assert "false" == world.claim(claim)["resolution"]["verdict"]


def test_undo_correction(world, editor):
    """
    The same button undoes a correction by repeating the previous resolution exactly.
    """
    claim = due(world)
    first = world.resolve(
        claim, "partial", truth=0.37, evidence=EVIDENCE, note=HOSTILE, known_at="2026-01-31T10:20:30.123456Z"
    )
    editor.resolve(claim, "false", supersedes=first["id"])
    before, middle, *_ = resolutions(world, claim)

    assert 303 == editor.undo(claim).status_code
    assert [before, middle, before] == resolutions(world, claim)


def test_undo_too_late(world, editor):
    """
    Undoing is rejected if the resolution was corrected since.
    """
    claim = due(world)
    editor.resolve(claim)
    first = world.claim(claim)["resolution"]["id"]
    world.resolve(claim, "false", supersedes=first)

    assert 409 == editor.resolve(claim, "withdraw", supersedes=first).status_code
    assert "false" == world.claim(claim)["resolution"]["verdict"]


def test_score_shows_it(world, editor):
    """
    R20: a score that is read after a form was sent includes the resolution.
    """
    claim = due(world)
    before = world.score()["counts"]["correct"]
    editor.resolve(claim)

    assert (0, 1) == (before, world.score()["counts"]["correct"])


def test_queue_after_nothing(world, editor):
    """
    The queue is shown even if the `done` of the URL is invalid.
    """
    claim = due(world)
    for done in ("01a203b0-2a5a-70ca-aa56-b38e5bd0d332", "nothing"):
        assert f'id="claim-{claim["id"]}"' in editor.page(f"/desk?done={done}")


def test_known_before_every_report(world, editor):
    """
    R6a: after a resolution that was known before every report, the desk says that no report counts.
    """
    early, fine = due(world, "A."), due(world, "B.")
    pages = [
        editor.page(editor.resolve(claim, known_at=known_at).headers["Location"])
        for claim, known_at in ((early, "2025-01-01"), (fine, ""))
    ]

    assert [True, False] == ["No report of it counts" in page for page in pages]
    assert "day" == world.claim(early)["resolution"]["known_precision"]


def test_undo_keeps_the_date(world, editor):
    """
    R6a, R11: undoing a correction restores a known_at with its precision.
    """
    claim = due(world, "A.")
    editor.resolve(claim, known_at="2026-02-01")
    first = world.claim(claim)["resolution"]
    editor.resolve(claim, "false", known_at="2026-02-02T10:00", supersedes=first["id"])
    editor.undo(claim)

    restored = world.claim(claim)["resolution"]
    names = ("verdict", "known_at", "known_precision")
    assert [first[name] for name in names] == [restored[name] for name in names]
