"""/desk/pending and /desk/disputes"""

from __future__ import annotations

import re
from html import unescape

import pytest

from service.values.vocabulary import Scope
from tests.support.editor import Editor, problem_text
from tests.support.submissions import VERIFIED, WRONG, pending, send_dispute, send_reply
from tests.support.world import HOSTILE, report

pytestmark = pytest.mark.sqlite_alone  # tests/api/test_pending.py decides on both databases

CLOSING = "It is the same bridge."


@pytest.fixture
def claim(world):
    claim = world.record(report("Herald"), text=HOSTILE)
    return claim | {"resolution": world.resolve(claim, "true")}


def answer(editor, submission, step, **fields):
    return editor.send(f"/desk/pending/{submission['id']}/{step}", **fields)


def test_pending_at_the_desk(app, world, claim):
    """
    An editor sees the submissions that the key may decide, with links as text, and accepts or refuses
    them.
    """
    send_dispute(world, claim, HOSTILE, links=["https://example.org/<script>"])
    send_reply(world, "We regret it.")
    dispute, reply = pending(world)
    checker, editor = (Editor(app, scope).signed_in() for scope in (Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE))
    html = checker.page("/desk/pending")

    assert HOSTILE in unescape(html)
    assert "<script>alert" not in html
    assert 'href="https://example.org' not in html
    assert "We regret it." not in html
    assert "We regret it." in editor.page("/desk/pending")
    assert 403 == answer(editor, dispute, "accept").status_code
    for location in (
        answer(checker, dispute, "accept").headers["Location"],
        answer(editor, reply, "accept", verified=VERIFIED).headers["Location"],
    ):
        assert location.startswith("/desk/pending?done=")
    assert "The dispute was published" in checker.page(f"/desk/pending?done={dispute['id']}")
    assert "is published" not in editor.page(f"/desk/pending?done={dispute['id']}")
    assert world.claim(claim)["disputed"]
    assert [VERIFIED] == [one["verified"] for one in world.get("/v1/outlets/herald/replies").json["items"]]
    assert 403 == Editor(app, Scope.CLAIMS_WRITE).signed_in().client.get("/desk/pending").status_code


def test_mistakes(app, world, claim):
    """
    A missing reason or verification is named at its field; a decided or outdated submission is explained. What was
    entered is shown again.
    """
    editor = Editor(app).signed_in()
    send_reply(world)
    send_dispute(world, claim)
    reply, dispute = pending(world)

    for step, field in (("accept", "verified"), ("refuse", "reason")):
        response = answer(editor, reply, step, **{field: " "})
        assert 422 == response.status_code
        assert f'href="#{field}-{reply["id"]}"' in response.text
        assert re.search(rf'id="{field}-{reply["id"]}"[^>]* aria-invalid="true"', response.text)
    world.resolve(claim, "false", supersedes=claim["resolution"]["id"])
    outdated = answer(editor, dispute, "accept")
    assert (409, True) == (outdated.status_code, "no longer in effect" in problem_text(outdated))
    assert 303 == answer(editor, dispute, "refuse", reason="Corrected.").status_code
    again = answer(editor, dispute, "refuse", reason="Corrected twice.")
    assert (409, True) == (again.status_code, "already refused" in problem_text(again))
    resolver = Editor(app, Scope.RESOLUTIONS_WRITE).signed_in()
    resolver.resolve(claim, "true", supersedes=world.claim(claim)["resolution"]["id"])
    send_dispute(world, claim)
    party = answer(resolver, pending(world, kind="dispute")[0], "refuse", reason="I am right.")
    assert (403, True) == (party.status_code, "I am right." in party.text)


def test_disputes_at_the_desk(app, world, claim):
    """
    Open disputes are listed with their claim and closed with a reason; one without a reason stays open.
    """
    editor = Editor(app, Scope.RESOLUTIONS_WRITE).signed_in()
    body = {"reason": WRONG, "evidence": ["https://example.org/a"]}
    opened = world.post(f"/v1/claims/{claim['id']}/disputes", body).json
    path = f"/desk/disputes/{opened['id']}/closure"
    html = editor.page("/desk/disputes")

    assert WRONG in html
    assert HOSTILE in unescape(html)
    assert 'href="https://example.org/a"' in html
    assert 422 == editor.send(path, reason="").status_code
    assert world.claim(claim)["disputed"]
    assert f"/desk/disputes?done={claim['id']}" == editor.send(path, reason=CLOSING).headers["Location"]
    assert CLOSING == world.claim(claim)["disputes"][0]["closure"]["reason"]
    assert "No dispute is open" in editor.page("/desk/disputes")
    assert 409 == editor.send(path, reason=CLOSING).status_code
    assert 403 == Editor(app, Scope.OUTLETS_WRITE).signed_in().send(path, reason=CLOSING).status_code
