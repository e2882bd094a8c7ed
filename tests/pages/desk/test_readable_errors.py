"""The errors on the desk, in which claims are named by their texts"""

from __future__ import annotations

from tests.support.editor import SAME_ORIGIN, problem_text
from tests.support.world import report


def test_texts_instead_of_ids(world, editor):
    """
    An error quotes the claims that it is about, without their ids.
    """
    right, wrong = (world.record(text=text, group="club") for text in ("Leeds win the cup.", "York win the cup."))
    world.resolve(right, "true")
    response = editor.resolve(wrong)

    assert 409 == response.status_code
    assert "The claim “York win the cup” cannot be true, because the claim “Leeds win the cup”" in problem_text(
        response
    )
    assert not {right["id"], wrong["id"]} & set(problem_text(response).split())


def test_long_and_hostile_texts(world, editor):
    """
    A long text is cut, and HTML in a text is escaped.
    """
    claim = world.record(text="<b>" + "x" * 200, kind="opinion")
    response = editor.resolve(claim)

    assert 409 == response.status_code
    assert f"“<b>{'x' * 87}…”" in problem_text(response).replace("&lt;", "<").replace("&gt;", ">")
    assert "<b>x" not in response.text


def test_other_ids(world, editor):
    """
    The ids of disputes are removed, because editors see them nowhere.
    """
    claim = world.record()
    world.resolve(claim, "true")
    dispute = world.post(f"/v1/claims/{claim['id']}/disputes", {"reason": "No."}).json
    path = f"/desk/disputes/{dispute['id']}/closure"
    first, again = (editor.send(path, reason="It is right.") for _ in range(2))

    assert [303, 409] == [first.status_code, again.status_code]
    assert "You tried to close the dispute, which is already closed." in problem_text(again)


def test_dispute_of_an_open_claim(world):
    """
    A dispute of a claim without a result is not sent, and the page says why once.
    """
    claim = world.record(report("Herald"))
    response = world.client.post(f"/claims/{claim['id']}/dispute", data={"text": "No."}, headers=SAME_ORIGIN)

    assert (409, "Nothing was sent.") == (response.status_code, problem_text(response))
    assert 1 == response.text.count("nothing to dispute")
