"""/desk/record"""

from __future__ import annotations

import html
import re

import pytest

from service.values.vocabulary import Scope
from tests.support.editor import Editor, problem_text

pytestmark = pytest.mark.sqlite_alone  # tests of the use cases run on both databases


def test_preview_saves_nothing(world, editor):
    """
    The preview shows the outlet of the URL and the commitment of the quote, and saves nothing.
    """
    world.outlet("Herald", domains=["herald.example"])
    quote = "Rovers have agreed terms and could fly him in tomorrow."
    page = editor.send("/desk/record/reading", url="https://www.herald.example/1", quote=quote)

    assert 200 == page.status_code
    assert "Outlet: <b>Herald</b> <small>found by herald.example</small>" in page.text
    assert "reported as done, as read from the quote" in page.text
    assert "Read from “agreed”" in page.text
    assert [] == world.get("/v1/claims").json["items"]


def test_other_address(world, editor):
    """
    The outlet of a report follows from its URL when it is saved, not from the URL in the preview.
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
def test_preview_without_an_outlet(world, editor, url):
    """
    If no outlet is known for the URL, the preview asks for one.
    """
    page = editor.send("/desk/record/reading", url=url, quote="…").text

    assert "hoose an outlet, or name a new one." in page
    assert "not clear from the quote" in page
    assert [] == world.get("/v1/outlets").json["items"]


def test_record(world, editor):
    """
    A confirmed form records a claim like the API, and only once if it is sent twice.
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
    responses = [editor.send("/desk/record", **form) for _ in range(2)]

    [claim] = world.get("/v1/claims").json["items"]
    assert {(303, f"/desk/claims/{claim['id']}?saved=claim")} == {
        (response.status_code, response.headers["Location"]) for response in responses
    }
    shown = [claim[name] for name in ("text", "kind", "topic", "group", "resolves_by", "status")]
    assert ["Rovers sign him.", "event", "transfers", None, "2026-02-01T23:59:59.999999Z", "due"] == shown
    [report] = world.claim(claim)["reports"]
    shown = [report[name] for name in ("outlet", "stance", "commitment", "commitment_source", "probability", "role")]
    assert ["herald", "support", 4, "lexicon", 0.8, "relay"] == shown
    assert ("2026-01-05T09:30:00Z", {"outlet": None, "cited_as": "The Wire"}) == (
        report["published_at"],
        report["relays"],
    )


def test_add_report(world, editor):
    """
    A report can be added to an existing claim in the same way.
    """
    claim = world.record()
    assert claim["text"] in editor.page(f"/desk/record?claim={claim['id']}")
    page = editor.send("/desk/record/reading", claim=claim["id"], url="", quote="They deny it.")
    assert claim["text"] in page.text

    form = {"outlet": "herald", "stance": "deny", "commitment": "2", "published_at": "2026-01-09T00:00"}
    response = editor.send("/desk/record", claim=claim["id"], **form)

    assert (303, f"/desk/claims/{claim['id']}?saved=report") == (response.status_code, response.headers["Location"])
    assert [("support", None), ("deny", 2)] == [
        (report["stance"], report["commitment"]) for report in world.claim(claim)["reports"]
    ]


def test_late_report(app, world):
    """
    R14b: the desk rejects a late report that replaces a stance on a resolved claim, unless the key may resolve.
    """
    claim = world.record()
    world.resolve(claim, "false")
    form = {"claim": claim["id"], "outlet": "herald", "stance": "deny", "published_at": "2026-01-09T00:00"}

    rejected = Editor(app, Scope.CLAIMS_WRITE).signed_in().send("/desk/record", **form)
    assert (403, True) == (rejected.status_code, problem_text(rejected).startswith("Resolution in effect"))
    assert [claim["reports"][0]["id"]] == [report["id"] for report in world.claim(claim)["reports"]]
    checker = Editor(app, Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE).signed_in()
    assert 303 == checker.send("/desk/record", **form).status_code


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": ""}, "Enter the claim in one sentence."),
        ({"published_at": ""}, "Enter the date of publication."),
        ({"published_at": "2100-01-01T00:00"}, "You entered a date of publication in the future."),
        ({"kind": "event"}, "Enter the date by which the event is due."),
        ({"outlet": "herold"}, "Outlet: No outlet 'herold' is on record; nearest: herald."),
        ({"outlet": ""}, "Enter the outlet, or the address of its page."),
        ({"commitment": "9"}, "How certain it sounds: "),
        ({"commitment": "high"}, "How certain it sounds: Not a valid integer."),
        ({"probability": "200"}, "Enter a probability from 0 to 100 percent."),
        ({"external_id": "x" * 500}, "There is a problem"),
    ],
)
def test_record_refused(world, editor, fields, words):
    """
    The problem of a rejected form is shown beside the form, which keeps its values.
    """
    world.outlet("Herald")
    form = {"text": "Kept.", "kind": "fact", "outlet": "herald", "published_at": "2026-01-09T00:00", **fields}
    response = editor.send("/desk/record", quote="Kept quote.", **form)

    assert (422, True) == (response.status_code, words in problem_text(response)), problem_text(response)
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
    R7: a report with a source is a relay, whether the box is checked or not.
    """
    claim = world.record()
    editor.send("/desk/record", claim=claim["id"], name="Post", published_at="2026-01-09T00:00:30", **fields)
    report = world.claim(claim)["reports"][-1]

    assert ("post", "2026-01-09T00:00:30Z", relays) == (report["outlet"], report["published_at"], report["relays"])


def read(editor, **fields):
    """Return the fields of the preview of a report."""
    page = editor.send("/desk/record/reading", **fields).text
    found = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"([^>]*)', page)
    return {
        name: html.unescape(value)
        for name, value, rest in found
        if name not in ("claim", "relays") or "checked" in rest
    }


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("According to Sport Bild, he stays.", ("yes", "sport-bild", "Sport Bild")),
        ("Laut SPORT BILD bleibt er.", ("yes", "sport-bild", "SPORT BILD")),
        ("Según informa Marca, se queda.", ("yes", "", "Marca")),
        ("According to reports in Spain, he stays.", ("yes", "", "reports in Spain")),
        ("According to multiple reports, he stays.", ("yes", "", "multiple reports")),
        ("According to the Herald, he stays.", (None, "", "")),  # itself
        ("He stays.", (None, "", "")),
    ],
)
def test_reading(world, editor, quote, source):
    """
    R7: the preview reads the source from the quote, the day of publication and the domain from the URL.
    """
    world.outlet("Sport Bild")
    world.outlet("Herald", domains=["herald.example"])
    fields = read(editor, url="https://www.herald.example/2026/02/10/he-stays", quote=quote)

    assert ("2026-02-10", *source) == (
        fields["published_at"],
        fields.get("relays"),
        fields["cited"],
        fields["cited_as"],
    )
    unknown = read(editor, url="https://news.unknown.example/2026-feb-10/x", quote=quote)
    assert ("2026-02-10", "unknown.example") == (unknown["published_at"], unknown["domain"])


def test_reading_again(editor):
    """
    If the URL changes, the suggestions change, too, but not the values that the editor entered.
    """
    first = read(editor, url="https://a.example/2026/02/10/x", quote="He stays.")
    again = read(editor, **first | {"url": "https://b.example/2026/02/11/x"})
    written = read(
        editor, **again | {"url": "https://c.example/2026/02/12/x", "published_at": "2026-01-01", "domain": "d.example"}
    )

    assert [("2026-02-10", "a.example"), ("2026-02-11", "b.example"), ("2026-01-01", "d.example")] == [
        (fields["published_at"], fields["domain"]) for fields in (first, again, written)
    ]


def test_suggested_domain_alone(world, editor):
    """
    The suggested domain is used only for a new outlet.
    """
    world.outlet("Herald")
    form = {"domain": "unknown.example", "text": "He stays.", "kind": "fact", "published_at": "2026-01-09"}
    editor.send("/desk/record", outlet="herald", **form)
    [claim] = world.get("/v1/claims").json["items"]

    assert "herald" == world.claim(claim)["reports"][0]["outlet"]
    assert 422 == editor.send("/desk/record", **form).status_code


def test_likely_duplicates(world, editor):
    """
    The preview suggests claims on record that share most words, to add the report to one of them; topics are offered.
    """
    same = world.record(text="Xabi Alonso stays at Leverkusen in summer.", topic="football/coaches")
    world.record(text="The bridge at Leverkusen opens.")
    quote = "Leverkusen believes that Xabi Alonso stays in summer."
    page = editor.send("/desk/record/reading", quote=quote, name="Post").text
    suggested = re.findall(r'name="claim" value="([^"]+)" formaction="/desk/record/reading"', page)

    assert [same["id"]] == suggested
    assert '<option value="football/coaches">' in page
    on = editor.send("/desk/record/reading", quote=quote, name="Post", claim=same["id"]).text
    assert quote in on
    assert 'value="Post"' in on
    assert "may be the same" not in on


def test_saved(editor):
    """
    After a claim or a report is recorded, its page says so in a status message.
    """
    form = {"text": "He stays.", "kind": "fact", "name": "Post", "published_at": "2026-01-09"}
    location = editor.send("/desk/record", **form).headers["Location"]
    assert re.search(r'role="status">\s*<p>Saved. The claim was recorded', editor.page(location))
    claim = re.search("claims/([^?]+)", location)[1]
    location = editor.send("/desk/record", claim=claim, name="Mail", published_at="2026-01-10").headers["Location"]
    assert "Saved. The report was added to this claim" in editor.page(location)
