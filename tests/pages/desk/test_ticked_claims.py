"""/desk: ticked claims, which are resolved together"""

from __future__ import annotations

import re

import pytest

from service.values.vocabulary import Scope
from tests.support.editor import Editor, due, problem_text, resolutions

pytestmark = pytest.mark.sqlite_alone  # tests of the use cases run on both databases


def test_resolve_ticked(world, editor):
    """
    Ticked claims are resolved with the same evidence, each with its own due date.
    """
    claims = [due(world, "A.", "2026-02-01"), due(world, "B.", "2026-03-01")]
    other = due(world, "C.")
    sent = editor.send(
        "/desk?topic=x", claim=[claim["id"] for claim in claims], verdict="false", evidence="https://example.org/a"
    )

    assert (303, "/desk?topic=x&resolved=2") == (sent.status_code, sent.headers["Location"])
    assert "Saved. The ticked claims were resolved." in editor.page(sent.headers["Location"])
    assert ["2026-02-01", "2026-03-01"] == [resolutions(world, claim)[0][2][:10] for claim in claims]
    assert [["https://example.org/a"]] * 2 == [resolutions(world, claim)[0][3] for claim in claims]
    assert "due" == world.claim(other)["status"]


def test_some_ticked_claims_rejected(app, world):
    """
    R14: ticked claims are resolved or rejected one by one, and each problem is shown with its claim.
    """
    editor = Editor(app, Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE).signed_in()
    theirs = due(world, "Theirs.", "2026-02-01")
    world.headers = {"Authorization": f"Bearer {editor.key.secret}"}
    own = due(world, "Own.", "2026-02-02")
    unknown = "01a203b0-2a5a-70ca-aa56-b38e5bd0d332"
    sent = editor.send("/desk", claim=[theirs["id"], own["id"], unknown], verdict="false", note="Seen.")
    page = sent.text

    assert 422 == sent.status_code
    assert "2 of 3 ticked claims were not resolved" in problem_text(sent)
    assert f'<a href="#c{own["id"]}">Own.</a>: This key filed the claim' in page
    assert re.search(rf'id="c{own["id"]}" open>.*?<p class="mistake">.*?This key filed the claim', page, re.DOTALL)
    assert re.search(rf'name="claim" value="{own["id"]}"[^>]* checked', page)
    assert "Seen." in page
    assert (["resolved", "due"]) == [world.claim(claim)["status"] for claim in (theirs, own)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"claim": []}, "Tick at least one claim."),
        ({"claim": ["nonsense"]}, "Tick at least one claim."),
        ({"verdict": ""}, "Choose a verdict."),
        ({"note": ""}, "Enter the address of a page that proves the verdict"),
        ({"verdict": "true"}, "Enter the date on which the answer became public."),
    ],
)
def test_ticked_claims_refused(world, editor, fields, words):
    """
    The mistakes in the form for ticked claims are shown above it.
    """
    claim = due(world)
    sent = editor.send("/desk", **{"claim": [claim["id"]], "verdict": "false", "note": "Seen.", **fields})

    assert (422, True) == (sent.status_code, words in problem_text(sent)), problem_text(sent)
    assert "due" == world.claim(claim)["status"]
