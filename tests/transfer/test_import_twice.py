"""Lines that are loaded again, come later, or refer to rows on record."""

from __future__ import annotations

import json

import pytest

from tests.support.command import Command
from tests.support.flat_lines import LINE, FlatLoader, claims, line, summary
from tests.support.typed_lines import slugs
from tests.support.world import report


@pytest.fixture
def load(settings, tmp_path):
    return FlatLoader(settings, tmp_path)


def test_same_file_twice(world, load):
    """
    R4: loading the same file again changes nothing, and the results are `unchanged`.
    """
    lines = [
        line(),
        line(outlet="Kicker", stance="denies"),
        line(claim_id="b", outcome=None),
        line(claim_id="c", outcome=0.3),
    ]
    first = load(*lines)
    before = claims(world), world.score("sport-bild")["record"]

    assert (0, summary(created=4), []) == first
    assert (0, summary(unchanged=4), []) == load(*lines)
    assert before == (claims(world), world.score("sport-bild")["record"])


def test_name_that_has_become_ambiguous(world, load):
    """
    R21a: a line is rejected if an earlier line of its batch has made the name of its outlet ambiguous.
    """
    herald = {"type": "report", "claim": "alonso", "published_at": "2026-01-02T00:00:00Z"}
    first = line(outlet="Herald", outcome=None, resolved_at=None)
    load(first, herald | {"outlet": {"name": "Herald", "domain": "herald.example"}})

    code, told, [rejection] = load(herald | {"outlet": {"name": "Herald", "domain": "other.example"}}, first)

    assert (1, summary(created=1, rejected=1)) == (code, told)
    assert "Several outlets have this name" in rejection
    assert ["herald", "herald-2"] == slugs(world)


def test_line_twice_in_one_file(world, load):
    """
    R4: a line that occurs twice in a file is recorded once.
    """
    assert (0, summary(created=1, unchanged=1), []) == load(line(), line())
    assert 1 == len(claims(world)["alonso"][2])


def test_outcome_that_comes_later(world, load):
    """
    A line with a new outcome resolves its claim, and the result is `updated`.
    """
    load(line(outcome=None, resolved_at=None))

    assert (0, summary(updated=1), []) == load(line())
    assert "false" == claims(world)["alonso"][3]["verdict"]
    assert 1 == world.score("sport-bild")["counts"]["incorrect"]


def test_lines_of_one_claim_that_disagree(world, load):
    """
    The first line of a claim wins; a later line with another outcome is rejected, one without an outcome is not.
    """
    code, told, [rejection] = load(
        line(), line(outlet="Kicker", outcome=True), line(outlet="Sky", outcome=None, resolved_at=None)
    )

    assert (1, summary(created=2, rejected=1)) == (code, told)
    assert rejection.startswith("line 2 rejected (already-resolved)")
    assert ["sky", "sport-bild"] == slugs(world)


@pytest.mark.parametrize("verdict", ["true", None])
def test_correction_by_hand_outlives_the_file(world, load, verdict):
    """
    R11: a claim that was corrected or reopened after an import stays so when the file is loaded again.
    """
    load(line())
    [item] = world.get("/v1/claims").json["items"]
    world.resolve(item, verdict, supersedes=item["resolution"]["id"])
    before = claims(world)

    assert (0, summary(unchanged=1), []) == load(line())
    assert before == claims(world)
    assert (0, summary(created=1), []) == load(line(outlet="Kicker"))


def test_claim_resolved_by_hand_first(world, load):
    """
    A file with the outcome of a manual resolution adds its reports; one with another outcome is rejected.
    """
    claim = world.record(report("Sky"), text=LINE["claim"], topic="transfers", external_id="alonso")
    world.resolve(claim, "false")

    assert (0, summary(created=1), []) == load(line(resolved_at=None))
    code, _, [rejection] = load(line(outlet="Kicker", outcome=True, resolved_at=None))
    assert (1, True) == (code, "already-resolved" in rejection)


def test_feeds_that_use_the_same_ids(world, load):
    """
    The name of a feed as a prefix keeps its ids apart from those of other feeds.
    """
    assert (0, summary(created=1), []) == load(line(), feed="one")
    assert (0, summary(created=1), []) == load(line(claim="Something else."), feed="two")
    assert (0, summary(unchanged=1), []) == load(line(), feed="one")
    assert ["one:alonso", "two:alonso"] == sorted(claims(world))


@pytest.mark.parametrize("feed", ["", "a" * 101])
def test_feed_refused(settings, tmp_path, feed):
    """
    The name of a feed has 1 to 100 characters.
    """
    path = tmp_path / "lines.ndjson"
    path.write_text(json.dumps(line()))

    assert 2 == Command(settings)("import", path, "--feed", feed).exit_code


def test_outlets_named_by_their_domains(world, load):
    """
    An outlet whose name is a domain gets this domain, and is found by it when it is sent with its real name.
    """
    world.outlet("Joe", domains=["joe.co.uk"])
    load(line(outlet="joe.co.uk"), line(outlet="9news.com.au"), line(outlet="Sport Bild"), line(outlet="No. 1"))
    domains = {outlet["slug"]: outlet["domains"] for outlet in world.get("/v1/outlets").json["items"]}

    assert {"joe": ["joe.co.uk"], "9news-com-au": ["9news.com.au"], "sport-bild": [], "no-1": []} == domains


def test_spellings_of_one_outlet(world, load):
    """
    Spellings of a name that differ in case and spacing, and its slug, refer to one outlet.
    """
    load(
        *(
            line(outlet=name, url=None, published_at=f"2024-02-1{day}")
            for day, name in enumerate(["Sport Bild", "SPORT  BILD", "sport-bild"])
        )
    )

    assert ["sport-bild"] == slugs(world)


def test_two_outlets_of_one_name(world, load):
    """
    A name that two outlets have is an error.
    """
    world.outlet("Herald")
    world.outlet("Herald")
    code, _, [rejection] = load(line(outlet="Herald"))

    assert (1, True) == (code, "/outlet: Several outlets have this name" in rejection)


def test_last_side_in_the_file_stands(world, load):
    """
    R6: of two sides with the same time the later one in the file counts, also when the file is loaded again.
    """
    lines = [line(), line(stance="denies"), line()]

    for _ in range(2):
        load(*lines)
        counts = world.score("sport-bild")["counts"]

        assert (1, 1, 0) == (counts["deny"], counts["correct"], counts["support"])
