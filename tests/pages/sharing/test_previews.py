"""What link previews show: the tags in the head of a page, and the pictures"""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from PIL import Image

from service.errors import Unavailable
from service.pages.sharing.card_text import drawable
from service.pages.sharing.cards import HEIGHT, WIDTH, Card, draw_card
from tests.support.world import HOSTILE, report

pytestmark = pytest.mark.sqlite_alone  # pages

SITE = "https://borneout.example"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def known(world):
    """A service with a public address, a rated outlet, and one with few results."""
    world.runtime.settings = replace(world.runtime.settings, public_url=SITE)
    for number in range(22):
        filed = [report("Times"), *([report("Mirror")] if number < 11 else [])]
        claim = world.record(*filed, text=f"Video {number} is real.", topic="viral")
        world.resolve(claim, "true" if number < 4 or number > 10 else "false")
    return world


def tags(html):
    """Return the links and meta elements of the head by name."""
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html))
    return found | dict(re.findall(r'<link rel="(canonical)" href="([^"]*)"', html))


def picture(response):
    """Return the picture in a response, and its description."""
    image = Image.open(io.BytesIO(response.data))
    image.load()
    return image, image.text["Description"]


def test_tags(known):
    """
    Pages name their canonical address and card under the public address, regardless of the request headers.
    """
    headers = PAGE | {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "ftp"}
    claim = known.record(text="Later.")
    outlet = tags(known.client.get("/outlets/times?topic=viral&utm=1", headers=headers).text)
    about_claim = tags(known.client.get(f"/claims/{claim['id']}?utm=1", headers=headers).text)
    first = tags(known.client.get("/", headers=headers).text)

    address = f"{SITE}/outlets/times?topic=viral"
    assert [address, address] == [outlet[name] for name in ("canonical", "og:url")]
    assert f"{SITE}/outlets/times/card.png?topic=viral" == outlet["og:image"]
    assert ("1200", "630", "image/png") == tuple(outlet[f"og:image:{name}"] for name in ("width", "height", "type"))
    assert "summary_large_image" == outlet["twitter:card"]
    assert outlet["og:description"] == outlet["og:image:alt"]
    assert f"{SITE}/claims/{claim['id']}" == about_claim["canonical"]
    assert f"{SITE}/claims/{claim['id']}/card.png" == about_claim["og:image"]
    assert (f"{SITE}/", "summary") == (first["canonical"], first["twitter:card"])
    assert "og:image" not in first
    for path in ("/search?q=x", "/compare", "/desk/sign-in", "/outlets/nobody"):
        assert "canonical" not in tags(known.client.get(path, headers=headers).text), path


def test_without_public_address(known):
    """
    Without a public address the tags are left out, except for a reader on the same machine, even if that reader's page
    was cached before.
    """
    known.runtime.settings = replace(known.runtime.settings, public_url=None)
    local = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1"}
    remote = {"SERVER_NAME": "192.0.2.1", "SERVER_PORT": "8000", "REMOTE_ADDR": "192.0.2.7"}
    here, away = (
        tags(known.client.get("/outlets/times", headers=PAGE, environ_overrides=environ).text)
        for environ in (local, remote)
    )

    assert "http://127.0.0.1:8000/outlets/times/card.png" == here["og:image"]
    assert {"canonical", "og:url", "og:image"}.isdisjoint(away)
    assert "summary" == away["twitter:card"]


def test_card_of_an_outlet(known):
    """
    The picture of an outlet shows its record and then its estimate. It is a PNG that may be cached.
    """
    response = known.client.get("/outlets/times/card.png")
    image, text = picture(response)
    mean = round(100 * known.score("times")["reliability"]["mean"])
    again = known.client.get("/outlets/times/card.png", headers={"If-None-Match": response.headers["ETag"]})

    assert (200, "image/png") == (response.status_code, response.content_type)
    assert ("PNG", (1200, 630)) == (image.format, image.size)
    assert len(response.data) < 60_000
    assert text.startswith("Times\nRight on 15 of 22 resolved claims; an average outlet would have been right on ")
    assert f"Estimated reliability: {mean}\N{NO-BREAK SPACE}% (90\N{NO-BREAK SPACE}% interval: " in text
    assert "public, max-age=300" == response.headers["Cache-Control"]
    assert 304 == again.status_code
    assert "Times on viral" in picture(known.client.get("/outlets/times/card.png?topic=viral"))[1]


def test_card_follows_the_record(known):
    """
    R20, R17a: the picture changes with the record at once. Under 20 results it shows no estimate.
    """
    before, text = picture(known.client.get("/outlets/mirror/card.png"))
    known.resolve(known.record(report("Mirror"), text="One more."), "true")
    after, later = picture(known.client.get("/outlets/mirror/card.png"))

    assert text.startswith("Mirror\nRight on 4 of 11 resolved claims;")
    assert "Not ranked yet (fewer than 20 results)" in text
    assert "%" not in text
    assert later.startswith("Mirror\nRight on 5 of 12 resolved claims;")
    assert before.tobytes() != after.tobytes()


def test_card_of_a_claim(known):
    """
    R20: the picture of a claim shows its text, its state and who reported it, and changes with its resolution.
    """
    claim = known.record(report("Mirror"), text=HOSTILE)
    before = picture(known.client.get(f"/claims/{claim['id']}/card.png"))[1]
    known.resolve(claim, "false")
    after = picture(known.client.get(f"/claims/{claim['id']}/card.png"))[1]

    assert before.startswith(f"{HOSTILE}\n")
    assert "1 outlet" in before
    assert before.splitlines()[1] != after.splitlines()[1]


def test_json_in_a_page(known):
    """
    The ClaimReview in the page of a claim cannot end its script element, and has the text of the claim.
    """
    text = "</script><script>alert(1)</script><!-- &amp; \u2028"
    claim = known.record(report("Mirror"), text=text)
    known.resolve(claim, "false")
    page = known.client.get(f"/claims/{claim['id']}", headers=PAGE).text
    [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)

    assert "<" not in script
    assert text == json.loads(script)["claimReviewed"]


def test_cards_of_what_is_not_on_record(known):
    """
    Unknown outlets and claims have no card. The cards of merged ones redirect (R22, R22a).
    """
    claims = [known.record(text="The same.", external_id=name) for name in "ab"]
    assert 201 == known.post(f"/v1/claims/{claims[0]['id']}/merge", {"into": claims[1]["id"]}).status_code
    assert 201 == known.post("/v1/outlets/mirror/merge", {"into": "times"}).status_code
    ident = known.get("/v1/outlets/times").json["id"]

    for path in ("/outlets/nobody/card.png", "/claims/00000000-0000-7000-8000-000000000000/card.png", "/card.png"):
        assert 404 == known.client.get(path).status_code, path
    moved = [known.client.get(path) for path in ("/outlets/mirror/card.png", f"/claims/{claims[0]['id']}/card.png")]
    assert [(308, "/outlets/times/card.png"), (308, f"/claims/{claims[1]['id']}/card.png")] == [
        (response.status_code, response.headers["Location"]) for response in moved
    ]
    assert 200 == known.client.get(f"/outlets/{ident}/card.png").status_code


def test_one_card_at_a_time(known, monkeypatch):
    """
    A process draws one card at a time. Another request waits for it, and is rejected if that takes too long.
    """
    monkeypatch.setattr("service.pages.sharing.previews._PATIENCE", 0.01)
    with known.runtime.drawing:
        busy = known.client.get("/outlets/times/card.png")
    free = known.client.get("/outlets/times/card.png")

    assert (Unavailable.status, "1") == (busy.status_code, busy.headers["Retry-After"])
    assert 200 == free.status_code


def test_cards_where_reading_is_closed(known):
    """
    If reading requires a key, so do the cards.
    """
    known.runtime.settings = replace(known.runtime.settings, public_read=False)

    assert 401 == known.client.get("/outlets/times/card.png").status_code
    response = known.get("/outlets/times/card.png")
    assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"])


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "W" * 3000,
        "a " * 2000,
        "\u202eevil\u0000\x07",
        "東京新聞 عربي",
        "Ελλάδα Łódź Київ ﬁ",
        "\N{GRINNING FACE}",
        "",
    ],
)
def test_any_text_can_be_drawn(text):
    """
    Any text can be drawn: it is cut off where it does not fit, without control characters, and letters that the font
    lacks are transliterated.
    """
    image = Image.open(io.BytesIO(draw_card(Card(text, [text, text], text))))

    assert (WIDTH, HEIGHT) == image.size
    assert not re.search(r"[\x00-\x1f\u202a-\u202e\ud800-\udfff\u0600-\u06ff\u4e00-\u9fff]", drawable(text))
