"""GET /v1/claims?q=&sort="""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def texts(world):
    for text in ("Liverpool approach Alonso's agent", "Alonso stays in Leverkusen", "Zürich 2-1 Köln", "100_percent"):
        world.record(text=text)
    return lambda **query: [item["text"] for item in world.get("/v1/claims", query_string=query).json["items"]]


def test_every_word_has_to_be_there(texts):
    """
    All words must occur in the text, as whole words, in any order and case.
    """
    assert ["Alonso stays in Leverkusen", "Liverpool approach Alonso's agent"] == texts(q="ALONSO")
    assert ["Alonso stays in Leverkusen"] == texts(q="leverkusen alonso")
    assert [] == texts(q="alonso köln")
    assert ["Zürich 2-1 Köln"] == texts(q="köln zürich")
    assert [] == texts(q="lever")


TEXT = "Season 2024-25 of bild.de: x/y a_b +3.5% im Cafe\u0301 ZÜRICH, «Кремль» l'été … 東京"
FOUND = ["2024-25", "25", "-25", "bild", "de", "bild.de", "x", "y", "x/y", "y/x", "a", "b", "b_a", "3", "5", "3.5%"]
FOUND += ["%3", "Café", "CAFÉ", "cafe\u0301", "zürich", "zu\u0308rich", "кремль", "КРЕМЛЬ", "l'", "été", "東京", "½ x"]
NOT_FOUND = ["cafe", "zurich", "season2024", "ild", "24", "35", "крем", "東", "%", "…", "½", "_", "season cafe"]


@pytest.mark.parametrize(("words", "there"), [*((q, True) for q in FOUND), *((q, False) for q in NOT_FOUND)])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_a_word_is(shared_world, form, words, there):
    """
    A word is a run of letters and digits, in any Unicode spelling, on both databases.
    """
    text = unicodedata.normalize(form, TEXT)
    claim = shared_world.record(text=text, external_id=f"form:{form}")

    items = shared_world.get("/v1/claims", query_string={"q": words}).json["items"]

    assert there == (claim["id"] in [item["id"] for item in items])


def test_a_changed_text_is_found_by_its_new_words(world):
    """
    A changed claim is found by its current text only.
    """
    claim = world.record(text="The bridge opens in May.")
    world.patch(f"/v1/claims/{claim['id']}", {"text": "The tunnel opens in June."}, headers={"If-Match": "*"})

    def found(q):
        return [item["id"] for item in world.get("/v1/claims", query_string={"q": q}).json["items"]]

    assert ([], [claim["id"]]) == (found("bridge"), found("tunnel june"))


@given(q=st.text(min_size=1, max_size=20))
def test_any_text_can_be_searched_for(world, q):
    """
    Operators of the databases' query languages are plain text.
    """
    assert world.get("/v1/claims", query_string={"q": q}).status_code in (200, 400)


def test_sorted_by_date(world):
    """
    `sort=due` lists the soonest first and claims without a date last, in several pages as in one.
    """
    for text, due in (("b", "2026-02-01T00:00:00Z"), ("none", None), ("a", "2026-01-01T00:00:00Z")):
        world.record(text=text, resolves_by=due)

    first = world.get("/v1/claims", query_string={"sort": "due", "limit": 2}).json
    rest = world.get("/v1/claims", query_string={"sort": "due", "limit": 2, "cursor": first["next_cursor"]}).json

    assert ["a", "b", "none"] == [item["text"] for item in first["items"] + rest["items"]]


def test_sorted_by_age(world):
    """
    `sort=oldest` reverses the list.
    """
    for text in "abc":
        world.record(text=text)

    assert ["a", "b", "c"] == [
        item["text"] for item in world.get("/v1/claims", query_string={"sort": "oldest"}).json["items"]
    ]
