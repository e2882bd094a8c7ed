"""/desk: what its forms do"""

from __future__ import annotations

import datetime as dt
import html
import re
import time

import pytest

from service.doings import list_doings
from service.vocabulary import Scope
from tests.pages.editor import ON_SQLITE, Editor, told
from tests.world import report

HOSTILE = "<script>alert('x')</script>\"'&"
EVIDENCE = ["https://example.org/a", "https://example.org/b?c=d&e=%20"]


@pytest.fixture
def editor(app):
    return Editor(app).signed_in()


def due(world, text="The bridge opens in May.", day="2026-02-01", *reports, **members):
    return world.record(*reports, text=text, kind="event", resolves_by=f"{day}T00:00:00Z", **members)


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
    assert str(editor.key["id"]) in {entry["actor"]["key"] for entry in entries if entry["table"] == "resolution"}


@ON_SQLITE
@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"note": "", "evidence": ""}, 422, "/evidence Needs the address of some evidence"),
        ({"note": "", "evidence": "not-an-address"}, 422, "/evidence/0 Not an absolute http or https URL."),
        ({"evidence": "javascript:alert(1)"}, 422, "/evidence/0 Not an absolute http or https URL."),
        ({"verdict": "partial"}, 422, "/truth A partial verdict says how much was so."),
        ({"verdict": "partial", "truth": "most"}, 422, "/truth Not a valid number."),
        ({"verdict": "partial", "truth": "100"}, 422, "/truth Must lie between 0 and 1"),
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


def test_reading_saves_nothing(world, editor):
    """
    What is pasted is read and shown: whose page it is, and how far its words go. Nothing is on record by that.
    """
    world.outlet("Herald", domains=["herald.example"])
    quote = "Rovers have agreed terms and could fly him in tomorrow."
    page = editor.send("/desk/record/reading", url="https://www.herald.example/1", quote=quote)

    assert 200 == page.status_code
    assert "Outlet found: <b>Herald</b> <small>by herald.example</small>" in page.text
    assert "as read: stated as done" in page.text
    assert "from “agreed”" in page.text
    assert [] == world.get("/v1/claims").json["items"]


def test_other_address(world, editor):
    """
    A report is filed as of whose page its address is when it is saved, and not when it was read first.
    """
    for name in ("Herald", "Bugle"):
        world.outlet(name, domains=[f"{name.lower()}.example"])
    page = editor.send("/desk/record/reading", url="https://herald.example/1", quote="…").text
    form = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]+)"', page))
    form |= {"url": "https://bugle.example/1", "text": "It opens.", "kind": "fact", "published_at": "2026-01-05T09:30"}
    editor.send("/desk/record", **form)

    [claim] = world.get("/v1/claims").json["items"]
    assert ["bugle"] == [report["outlet"] for report in world.claim(claim)["reports"]]


@pytest.mark.parametrize("url", ["https://unknown.example/1", "", "not an address", "https://[/"])
def test_reading_of_nobody(world, editor, url):
    """
    Whose page is not known is not guessed, and asked.
    """
    page = editor.send("/desk/record/reading", url=url, quote="…").text

    assert "Say which one it is" in page
    assert "its words are read: nothing tells" in page
    assert [] == world.get("/v1/outlets").json["items"]


def test_record(world, editor):
    """
    What was confirmed is recorded as the API records it; the form that is sent twice records it once.
    """
    page = editor.send("/desk/record/reading", url="https://herald.example/1", quote="Rovers agreed.").text
    [external_id] = re.findall(r'name="external_id" value="([^"]+)"', page)
    form = {
        "external_id": external_id,
        "url": "https://herald.example/1",
        "quote": "Rovers agreed.",
        "name": "Herald",
        "domain": "herald.example",
        "published_at": "2026-01-05T09:30",
        "stance": "support",
        "commitment": "",
        "probability": "80",
        "relays": "yes",
        "cited": "",
        "cited_as": "The Wire",
        "text": "Rovers sign him.",
        "kind": "event",
        "resolves_by": "2026-02-01",
        "topic": "transfers",
        "group": "",
    }
    answers = [editor.send("/desk/record", **form) for _ in range(2)]

    [claim] = world.get("/v1/claims").json["items"]
    assert {(303, f"/desk/claims/{claim['id']}")} == {(one.status_code, one.headers["Location"]) for one in answers}
    shown = [claim[name] for name in ("text", "kind", "topic", "group", "resolves_by", "status")]
    assert ["Rovers sign him.", "event", "transfers", None, "2026-02-01T00:00:00Z", "due"] == shown
    [filed] = world.claim(claim)["reports"]
    shown = [filed[name] for name in ("outlet", "stance", "commitment", "commitment_source", "probability", "role")]
    assert ["herald", "support", 4, "lexicon", 0.8, "relay"] == shown
    assert ("2026-01-05T09:30:00Z", {"outlet": None, "cited_as": "The Wire"}) == (
        filed["published_at"],
        filed["relays"],
    )


def test_add_report(world, editor):
    """
    A report can be filed on a claim that is on record, by the same way.
    """
    claim = world.record()
    assert claim["text"] in editor.page(f"/desk/record?claim={claim['id']}")
    page = editor.send("/desk/record/reading", claim=claim["id"], url="", quote="They deny it.")
    assert claim["text"] in page.text

    form = {"outlet": "herald", "stance": "deny", "commitment": "2", "published_at": "2026-01-09T00:00"}
    response = editor.send("/desk/record", claim=claim["id"], **form)

    assert (303, f"/desk/claims/{claim['id']}") == (response.status_code, response.headers["Location"])
    assert [("support", None), ("deny", 2)] == [
        (one["stance"], one["commitment"]) for one in world.claim(claim)["reports"]
    ]


@ON_SQLITE
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "/text Missing data for required field."),
        ({"published_at": ""}, "/reports/0/published_at Missing data for required field."),
        ({"published_at": "2100-01-01T00:00"}, "/reports/0/published_at Lies in the future."),
        ({"kind": "event"}, "/resolves_by An event needs the date by which it is due."),
        ({"outlet": "herold"}, "/reports/0/outlet"),
        ({"outlet": ""}, "/reports/0/outlet Name the outlet, or give the url of the report on one of its pages."),
        ({"commitment": "9"}, "/reports/0/commitment"),
        ({"commitment": "high"}, "/reports/0/commitment Not a valid integer."),
        ({"probability": "200"}, "/reports/0/probability"),
        ({"external_id": "x" * 500}, "/external_id"),
    ],
)
def test_record_refused(world, editor, fields, words):
    """
    What cannot be recorded is said beside the form, which keeps what was written.
    """
    world.outlet("Herald")
    form = {"text": "Kept.", "kind": "fact", "outlet": "herald", "published_at": "2026-01-09T00:00", **fields}
    response = editor.send("/desk/record", quote="Kept quote.", **form)

    assert (422, True) == (response.status_code, words in told(response)), told(response)
    assert "Kept quote.</textarea>" in response.text
    assert [] == world.get("/v1/claims").json["items"]


def test_merge(world, editor):
    """
    Two outlets are looked at side by side, merged, and parted again.
    """
    world.outlet("Herald", domains=["herald.example"])
    world.outlet("The Herald")
    page = editor.page("/desk/merge?outlet=the-herald&into=herald")
    assert "Merge The Herald into Herald" in page
    assert 200 == world.get("/v1/outlets/the-herald").status_code

    merged = editor.send("/desk/merge", outlet="the-herald", into="herald")

    assert 308 == world.get("/v1/outlets/the-herald").status_code
    assert "Undo: count as itself again" in editor.page(merged.headers["Location"])
    assert 303 == editor.send("/desk/merge/undo", outlet="the-herald").status_code
    assert 200 == world.get("/v1/outlets/the-herald").status_code


@pytest.mark.parametrize(
    ("which", "status", "words"),
    [
        ({"outlet": "herald", "into": "herald"}, 409, "Merge closes a circle"),
        ({"outlet": "herald", "into": "nobody"}, 422, "/into"),
        ({"outlet": "nobody", "into": "herald"}, 404, "nobody"),
        ({}, 404, ""),
    ],
)
def test_merge_refused(world, editor, which, status, words):
    """
    What cannot be merged is said beside the form.
    """
    world.outlet("Herald")
    response = editor.send("/desk/merge", **which)

    assert (status, True) == (response.status_code, words in told(response)), told(response)
    assert 404 == editor.send("/desk/merge/undo", outlet="herald").status_code


def test_today(app, db, world, editor):
    """
    What was done today stands there, the last first: by this key, or by all; what was done before does not.
    """
    if (now := dt.datetime.now(dt.UTC)).time() >= dt.time(23, 59):
        time.sleep(60 - now.second)  # so that the day does not end meanwhile
    one, other = due(world, "One."), due(world, "Other.")
    editor.resolve(one)
    editor.resolve(one, "false", supersedes=world.claim(one)["resolution"]["id"])
    editor.undo(one)
    world.resolve(other, "void")
    world.outlet("Herold")
    editor.send("/desk/merge", outlet="herold", into="herald")

    def done(page):
        return re.findall(r'<span class="what">([^<]+)</span>', page)

    mine = ["Merged", "Corrected", "Corrected", "Resolved"]
    assert mine == done(editor.page("/desk/today"))
    everybody = editor.page("/desk/today?all")
    assert [mine[0], "Resolved", *mine[1:]] == done(everybody)
    assert {"editor", "test"} == set(re.findall(r"UTC, (\w+)\s*</small>", everybody))
    assert [] == done(Editor(app, Scope.READ).signed_in().page("/desk/today"))
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    assert [] == list_doings(db, since=tomorrow, key_id=None)


def test_escaped(world, editor):
    """
    Whatever words are on record or were sent, they are words on every page of the desk.
    """
    outlet = world.outlet(HOSTILE, aliases=[HOSTILE + "2"])
    filed = report() | {"outlet": outlet["slug"], "quote": HOSTILE}
    claim = due(world, HOSTILE, "2026-02-01", filed, topic=HOSTILE, group=HOSTILE)
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


def test_refused_on_the_way(world, editor):
    """
    Who was working through the queue goes on where it goes on, once what stood against a form is mended.
    """
    first, second = due(world), due(world)
    place = {"then": second["id"], "cursor": "abc"}
    refused = editor.resolve(first, note="", evidence="", **place)
    fields = dict(re.findall(r'<input type="hidden" name="(then|cursor)" value="([^"]+)"', refused.text))

    assert place == fields
    assert f"then={second['id']}" in editor.resolve(first, **fields).headers["Location"]


def test_queue_after_nothing(world, editor):
    """
    The queue is there, whatever its address says was done.
    """
    claim = due(world)
    for done in ("01a203b0-2a5a-70ca-aa56-b38e5bd0d332", "nothing"):
        assert f'id="claim-{claim["id"]}"' in editor.page(f"/desk?done={done}")


@pytest.mark.parametrize(
    ("fields", "relays"),
    [
        ({"cited_as": "The Wire"}, {"outlet": None, "cited_as": "The Wire"}),
        ({"cited": "herald"}, {"outlet": "herald", "cited_as": None}),
        ({"relays": "yes"}, {"outlet": None, "cited_as": None}),
        ({"cited": " ", "cited_as": ""}, None),
    ],
)
def test_relay_by_what_is_filled_in(world, editor, fields, relays):
    """
    R7: a report of which it is said whom it is from is no report of its own, whether the box is ticked or not.
    """
    claim = world.record()
    editor.send("/desk/record", claim=claim["id"], name="Post", published_at="2026-01-09T00:00:30", **fields)
    filed = world.claim(claim)["reports"][-1]

    assert ("post", "2026-01-09T00:00:30Z", relays) == (filed["outlet"], filed["published_at"], filed["relays"])
