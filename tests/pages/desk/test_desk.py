"""/desk: merging, the activity of today, and escaping"""

from __future__ import annotations

import datetime as dt
import html
import re
from urllib.parse import parse_qs

import pytest

from service.claims.activity import list_activity
from service.outlets.track_record import EVERYTHING
from service.pages import phrases
from service.scores.read import read_score
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from tests.support.awaiting import wait_until
from tests.support.browser_site import plain_text, section
from tests.support.editor import Editor, due, problem_text
from tests.support.world import HOSTILE, report


def test_merge(world, editor):
    """
    Two outlets are shown side by side, merged, and the merge is undone.
    """
    world.outlet("Herald", domains=["herald.example"])
    world.outlet("The Herald")
    page = editor.page("/desk/merge?outlet=the-herald&into=herald")
    assert "Merge The Herald into Herald" in page
    assert "There are none." in page
    assert 200 == world.get("/v1/outlets/the-herald").status_code

    merged = editor.send("/desk/merge", outlet="the-herald", into="herald")

    assert 308 == world.get("/v1/outlets/the-herald").status_code
    assert "Undo the merge" in editor.page(merged.headers["Location"])
    assert 303 == editor.send("/desk/merge/undo", outlet="the-herald").status_code
    assert 200 == world.get("/v1/outlets/the-herald").status_code


def test_records_of_both(world, editor):
    """
    Before a merge, the page shows the records of both outlets and the claims that both reported; afterwards it lists
    the merge, which can be undone later.
    """
    shared = due(world, HOSTILE, "2026-02-01", report("Herald"), report("Post", "2026-01-02", stance="deny"))
    world.resolve(shared, "true", known_at="2026-01-20")
    due(world, "Only the Herald.", "2026-02-01", report("Herald"))
    page = editor.page("/desk/merge?outlet=post&into=herald")
    section_of_both = section(page, "shared")

    for outlet in ("post", "herald"):
        assert (
            phrases.against_average(read_score(world.runtime.db, outlet, lens=EVERYTHING, now=utc_now()).record) in page
        )
    assert ["2 claims in total, 1 open.", "1 claim in total, 0 open."] == re.findall(
        r"\d claims? in total, \d open\.", page
    )[::-1]
    assert "denied it, 2 Jan 2026 supported it, 1 Jan 2026 proved true" in plain_text(section_of_both)
    assert "Only the Herald." not in page
    assert HOSTILE not in page

    assert 303 == editor.send("/desk/merge", outlet="post", into="herald").status_code
    assert 'name="outlet" value="post"><button' in section(editor.page("/desk/merge"), "merges")
    editor.send("/desk/merge/undo", outlet="post")
    assert 'id="merges"' not in editor.page("/desk/merge")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("which", "status", "words"),
    [
        ({"outlet": "herald", "into": "herald"}, 409, "Merge would create a cycle"),
        ({"outlet": "herald", "into": "nobody"}, 422, "Merge into: No outlet 'nobody' is on record."),
        ({"outlet": "nobody", "into": "herald"}, 404, "nobody"),
        ({}, 404, ""),
    ],
)
def test_merge_refused(world, editor, which, status, words):
    """
    The problem of a rejected merge is shown beside the form.
    """
    world.outlet("Herald")
    response = editor.send("/desk/merge", **which)

    assert (status, True) == (response.status_code, words in problem_text(response)), problem_text(response)
    assert 404 == editor.send("/desk/merge/undo", outlet="herald").status_code


def test_today(app, db, world, editor):
    """
    The page lists the actions of today by this key or by all keys, the latest first.
    """
    wait_until(lambda: dt.datetime.now(dt.UTC).time() < dt.time(23, 58, 30))  # not across midnight
    one, other = due(world, "One."), due(world, "Other.")
    editor.resolve(one)
    editor.resolve(one, "false", supersedes=world.claim(one)["resolution"]["id"])
    editor.undo(one)
    world.resolve(other, "void")
    world.outlet("Herold")
    editor.send("/desk/merge", outlet="herold", into="herald")

    editor.send("/desk/pairs/merge", claim=one["id"], into=world.record(text="The same.")["id"])

    def done(page):
        return re.findall(r'<span class="what">([^<]+)</span>', page)

    sent = {"name": "Post", "published_at": "2026-01-09", "text": "Recorded.", "kind": "fact"}
    recorded = editor.send("/desk/record", **sent).headers["Location"]
    added = re.search("claims/([^?]+)", recorded)[1]
    editor.send("/desk/record", claim=added, outlet="herald", published_at="2026-01-10")

    mine = ["Report added", "Recorded", "Merged", "Merged", "Corrected", "Corrected", "Resolved"]
    assert mine == done(editor.page("/desk/today"))
    all_page = editor.page("/desk/today?all")
    by_test = ["Recorded", "Resolved", "Recorded", "Recorded"]
    assert sorted([*mine, *by_test]) == sorted(done(all_page))
    assert {"editor", "test"} == set(re.findall(r"UTC, (\w+)\s*</small>", all_page))
    assert [] == done(Editor(app, Scope.READ).signed_in().page("/desk/today"))
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    assert [] == list_activity(db, since=tomorrow, key_id=None)


@pytest.mark.sqlite_alone
def test_escaped(world, editor):
    """
    Texts are escaped on every page of the desk.
    """
    outlet = world.outlet(HOSTILE, aliases=[HOSTILE + "2"])
    hostile_report = report() | {"outlet": outlet["slug"], "quote": HOSTILE}
    claim = due(world, HOSTILE, "2026-02-01", hostile_report, topic=HOSTILE, group=HOSTILE)
    fields = dict.fromkeys(("url", "quote", "text", "outlet", "name", "domain", "topic", "cited_as"), HOSTILE)
    pages = [
        editor.page(),
        editor.page(f"/desk/claims/{claim['id']}"),
        editor.page(f"/desk/merge?outlet={outlet['slug']}&into=%3Cscript%3E"),
        editor.resolve(claim, HOSTILE, evidence=HOSTILE, truth=HOSTILE, known_at=HOSTILE, note=HOSTILE).text,
        editor.send("/desk/record/reading", **fields).text,
        editor.send("/desk/record", **fields).text,
        editor.send("/desk/merge", outlet=HOSTILE, into=HOSTILE).text,
        editor.sign_in(HOSTILE, form={"next": HOSTILE}).text,
    ]
    world.resolve(claim, "true", note=HOSTILE, evidence=["https://example.org/<script>"])
    pages += [editor.page(f"/desk?done={claim['id']}"), editor.page("/desk/today?all")]

    for page in pages:
        assert "<script>" not in page
        assert re.findall(r"<script[^>]*>", page) == re.findall(r'<script src="/assets/[^"]+" defer>', page)
        assert "alert(&#39;" in page or "alert(" not in page


@pytest.mark.sqlite_alone
def test_position_is_kept_after_a_rejected_form(world, editor):
    """
    The position in the queue is kept while the editor corrects a rejected form.
    """
    first, second = due(world), due(world)
    place = f"?topic=roads&cursor=abc&then={second['id']}"
    path = f"/desk/claims/{first['id']}/resolutions"
    rejected = editor.send(path + place, verdict="false")
    [action] = re.findall(rf'action="({path}[^"]+)"', rejected.text)
    address = editor.send(html.unescape(action), verdict="false", note="Seen.").headers["Location"]

    assert {"topic": ["roads"], "cursor": ["abc"], "then": [second["id"]], "done": [first["id"]]} == parse_qs(
        address.partition("?")[2]
    )
