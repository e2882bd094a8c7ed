"""/desk: the queue, and what its forms do to a claim"""

from __future__ import annotations

import html
import re

import pytest

from tests.support.editor import due, told
from tests.support.world import HOSTILE, report

pytestmark = pytest.mark.sqlite_alone  # the use cases behind it are tried on both

EVIDENCE = ["https://example.org/a", "https://example.org/b?c=d&e=%20"]


def resolutions(world, claim):
    items = world.get(f"/v1/claims/{claim['id']}/resolutions").json["items"]
    return [(one["verdict"], one["truth"], one["known_at"], one["evidence"], one["note"]) for one in items]


def texts(page):
    return [html.unescape(text) for text in re.findall(r'<span class="text">(.*?)</span>', page)]


def test_queue(world, editor):
    """
    What is due stands in the order of the API's queue, with what is at stake; what is not, does not.
    """
    due(world, "B.", "2026-03-01", report("Herald"), report("Post", stance="deny"))
    due(world, "A.", "2026-02-01")
    due(world, "Not yet.", "2100-01-01")
    page = editor.page()

    assert [claim["text"] for claim in world.get("/v1/queue").json["items"]] == texts(page) == ["A.", "B."]
    assert "2 reports of 2 outlets, 2 independent sources" in page


def test_queue_goes_on(world, editor):
    """
    Of many claims one page leads to the next, and a claim that is resolved there leads back to its place.
    """
    made = [due(world, f"{number:02}.") for number in range(22)]
    [following] = re.findall(r'rel="next" href="([^"]+)"', editor.page())
    cursor = following.partition("cursor=")[2]
    assert ["20.", "21."] == texts(editor.page(html.unescape(following)))

    response = editor.resolve(made[20], cursor=cursor, then=made[21]["id"])

    page = editor.page(response.headers["Location"])
    assert ["21."] == texts(page)
    assert [made[21]["id"]] == re.findall(r'id="claim-([^"]+)" open', page)
    assert "Proved true" in page


def test_resolve(world, editor):
    """
    A form resolves as the API does, by the editor's key: with several addresses, per cent for a truth, a minute in UTC.
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
    What breaks a rule is said beside the form in the words of the API, the form keeps what was written, and nothing
    is changed.
    """
    claim = due(world)
    response = editor.resolve(claim, **{"evidence": "https://example.org/kept", **fields})

    assert (status, True) == (response.status_code, words in told(response)), response.text
    assert f'value="{fields.get("evidence", "https://example.org/kept")}"' in response.text
    assert [] == resolutions(world, claim)


def test_somebody_was_faster(world, editor):
    """
    A claim that was resolved since the page was loaded is not resolved again unseen.
    """
    claim = due(world)
    world.resolve(claim, "false")
    response = editor.resolve(claim)

    assert 409 == response.status_code
    assert told(response).startswith("Claim already resolved")
    assert "What is sent now corrects that." in response.text
    assert "Correct it" in response.text


def test_no_claim(editor):
    """
    There is no form for a claim that is not on record.
    """
    claim = {"id": "01a203b0-2a5a-70ca-aa56-b38e5bd0d332"}

    assert 404 == editor.client.get(f"/desk/claims/{claim['id']}").status_code
    assert 404 == editor.resolve(claim).status_code


def test_undo(world, editor):
    """
    One button takes a resolution back: the claim is due again, and both steps stay to be read.
    """
    claim = due(world)
    editor.resolve(claim)

    assert 303 == editor.undo(claim).status_code
    assert "due" == world.claim(claim)["status"]
    assert ["true", None] == [verdict for verdict, *_ in resolutions(world, claim)]
    assert '<form class="undo"' not in editor.page(f"/desk/claims/{claim['id']}")


def test_resolve_again(world, editor):
    """
    What was opened again is resolved from the queue like anything that is due.
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
    The same button takes a correction back: what stood before stands again, word for word.
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
    Undoing what somebody has corrected since is refused.
    """
    claim = due(world)
    editor.resolve(claim)
    first = world.claim(claim)["resolution"]["id"]
    world.resolve(claim, "false", supersedes=first)

    assert 409 == editor.resolve(claim, "withdraw", supersedes=first).status_code
    assert "false" == world.claim(claim)["resolution"]["verdict"]


def test_score_shows_it(world, editor):
    """
    R20: a score that is read after the form was sent shows what it did.
    """
    claim = due(world)
    before = world.score()["counts"]["correct"]
    editor.resolve(claim)

    assert (0, 1) == (before, world.score()["counts"]["correct"])


def test_queue_after_nothing(world, editor):
    """
    The queue is there, whatever its address says was done.
    """
    claim = due(world)
    for done in ("01a203b0-2a5a-70ca-aa56-b38e5bd0d332", "nothing"):
        assert f'id="claim-{claim["id"]}"' in editor.page(f"/desk?done={done}")
