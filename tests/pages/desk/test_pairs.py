"""/desk/pairs: claims that are probably the same"""

from __future__ import annotations

import re

import pytest

from service.values.vocabulary import Scope
from tests.support.editor import Editor, problem_text
from tests.support.world import HOSTILE, report

PATH = "/desk/pairs"
TEXT = "Xabi Alonso is head coach of Leverkusen on 31 August"
SIMILAR = "Xabi Alonso is still head coach of Leverkusen on 31 August"


def pairs(page):
    """Return the ids of the pairs on a page, the earlier claim first."""
    hidden = r'<input type="hidden" name="%s" value="([^"]+)">'
    return re.findall(r'/desk/pairs/distinct">' + hidden % "claim" + hidden % "other", page)


def test_pairs(world, editor):
    """
    Pairs with the same text and with similar ones are listed, but not claims of one group or with few common words.
    """
    first = world.record(text=TEXT)
    same = world.record(report("Mail"), text=f"{TEXT.upper()}!")
    similar = world.record(report("Echo"), text=SIMILAR)
    world.record(text="Xabi Alonso is ill.")
    rivals = [world.record(text=f"Leeds win the cup final in May {n}", group="cup") for n in (1, 2)]
    shown = pairs(editor.page(PATH))

    assert (first["id"], same["id"]) == shown[0]
    assert [similar["id"]] == [newer for _, newer in shown[1:]]
    assert not {rival["id"] for rival in rivals} & {id_ for pair in shown for id_ in pair}


def test_merge_and_undo(world, editor):
    """
    A pair is merged in either direction, and separated again. A verdict on the merged claim fails with a page.
    """
    first, second = (world.record(report(name), text=TEXT) for name in ("Herald", "Mail"))
    merged = editor.send(f"{PATH}/merge", claim=first["id"], into=second["id"])
    page = editor.page(merged.headers["Location"])

    assert [] == pairs(page)
    assert "Undo the merge" in page
    assert 308 == world.get(f"/v1/claims/{first['id']}").status_code
    assert (409, "text/html") == ((late := editor.resolve(first)).status_code, late.mimetype)
    assert f'name="claim" value="{first["id"]}"><button class="quiet" aria-label="Undo' in editor.page(PATH)
    assert 303 == editor.send(f"{PATH}/undo", claim=first["id"]).status_code
    assert "Merged claims" not in editor.page(PATH)
    assert [(first["id"], second["id"])] == pairs(editor.page(PATH))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_merged_reports_were_not_added(world, editor, order):
    """
    Reports that a merge moved are not listed as added today, but a report that was added to a claim is.
    """
    claims = [world.record(report(name), text=TEXT) for name in ("Herald", "Mail")]
    world.post(f"/v1/claims/{claims[0]['id']}/reports", report("Echo"))
    claim, into = (claims[place] for place in order)
    editor.send(f"{PATH}/merge", claim=claim["id"], into=into["id"])

    assert ["echo"] == re.findall(r'· <a href="/outlets/([^"]+)', editor.page("/desk/today?all"))


def test_not_the_same(world, editor):
    """
    A pair that is not the same is not listed again, whether the texts are the same or similar.
    """
    claims = [world.record(text=text) for text in (TEXT, TEXT, SIMILAR)]
    while shown := pairs(editor.page(PATH)):
        one, other = shown[0]
        assert 303 == editor.send(f"{PATH}/distinct", claim=other, other=one).status_code

    assert [] == shown
    assert 303 == editor.send(f"{PATH}/distinct", claim=claims[0]["id"], other=claims[1]["id"]).status_code


def test_later_pages(world, editor):
    """
    A page compares some claims with all earlier ones, and links to the next page.
    """
    for text in (TEXT, SIMILAR, "Something else.", "And a third one."):
        world.record(text=text)
    page = editor.page(f"{PATH}?limit=2")

    assert [] == pairs(page)
    [more] = re.findall(r'rel="next" href="([^"]+)"', page)
    assert 1 == len(pairs(editor.page(f"{more}&limit=2")))


@pytest.mark.parametrize(
    ("form", "fields", "status"),
    [
        ("merge", {}, 422),
        ("merge", {"claim": "x", "into": "y"}, 422),
        ("distinct", {"claim": "first", "other": "first"}, 422),
        ("merge", {"claim": "first", "into": "first"}, 409),
        ("undo", {"claim": "first"}, 404),
    ],
)
def test_refused(world, editor, form, fields, status):
    """
    The problem of a rejected form is shown above the list.
    """
    claim = world.record(text=TEXT)
    fields = {name: claim["id"] if value == "first" else value for name, value in fields.items()}
    response = editor.send(f"{PATH}/{form}", **fields)

    assert (status, True) == (response.status_code, bool(problem_text(response)))


def test_without_the_scope(app, world):
    """
    Merging and separating claims requires a key that may resolve claims.
    """
    first, second = (world.record(text=TEXT) for _ in range(2))
    feed = Editor(app, Scope.CLAIMS_WRITE).signed_in()
    ids = {"claim": first["id"], "into": second["id"], "other": second["id"]}

    assert [403] * 3 == [feed.send(f"{PATH}/{form}", **ids).status_code for form in ("merge", "undo", "distinct")]


def test_pair_on_the_page_of_a_claim(world, editor):
    """
    The page of a claim offers to merge a claim with the same text into it; texts are escaped.
    """
    first, second = (world.record(text=HOSTILE) for _ in range(2))
    page = editor.page(f"/desk/claims/{second['id']}")

    assert f'name="claim" value="{first["id"]}"' in page
    assert HOSTILE not in page + editor.page(PATH)
