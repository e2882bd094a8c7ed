"""/desk/record: a claim from a paste"""

from __future__ import annotations

import re

import pytest

from tests.support.editor import told

pytestmark = pytest.mark.sqlite_alone  # the use cases behind it are tried on both


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


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "/text Missing data for required field."),
        ({"published_at": ""}, "/reports/0/published_at Missing data for required field."),
        ({"published_at": "2100-01-01T00:00"}, "/reports/0/published_at Lies in the future."),
        ({"kind": "event"}, "/resolves_by An event needs the date by which it is due."),
        ({"outlet": "herold"}, "/reports/0/outlet"),
        ({"outlet": ""}, "/reports/0/outlet The report has neither outlet nor url. Send one of them."),
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
