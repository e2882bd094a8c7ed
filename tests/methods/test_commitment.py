# ruff: noqa: RUF001 - marks and apostrophes that look alike are what these tests are about
from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.commitment import read_commitment
from tests.support.commitment_examples import EXAMPLE, NEGATED, NEWS

LEXICON = tomllib.loads((Path(__file__).parents[2] / "service" / "methods" / "commitment_en.toml").read_text("utf-8"))
SPEAKING = [(group["level"], phrase) for group in LEXICON["group"] if "level" in group for phrase in group["phrases"]]


@pytest.mark.parametrize(("level", "text"), EXAMPLE)
def test_example_article(level, text):
    """
    The sentences of the example article get the levels that a careful reader gives.
    """
    reading = read_commitment(text)

    assert level == (reading and reading.level)


@pytest.mark.parametrize(("level", "text"), NEWS)
def test_news(level, text):
    """
    News of any kind is read by its words, and a sentence without a known phrase has no level.
    """
    reading = read_commitment(text)

    assert level == (reading and reading.level)


@pytest.mark.parametrize("text", NEGATED)
def test_negation(text):
    """
    A negated or denied sentence has no level.
    """
    assert read_commitment(text) is None


def test_negation_ends_with_its_clause():
    """
    A negation affects its own clause only.
    """
    assert 2 == read_commitment("They have made a bid but have not agreed a fee.").level
    assert 2 == read_commitment("They have not agreed a fee. They are in talks.").level
    assert 4 == read_commitment("They have agreed a deal with no option to buy.").level
    assert 4 == read_commitment("Not only has he agreed terms, he has found a house.").level


def test_longest_phrase_wins():
    """
    Of several phrases that start at one word, the longest is used and named.
    """
    assert (2, "talks with") == read_commitment("Talks with the club go on.")
    assert (3, "in advanced talks") == read_commitment("They are in advanced talks with the club.")
    assert (1, "not ruled out") == read_commitment("A bid is not ruled out.")


@pytest.mark.parametrize("marks", ['""', "“”", "„“", "„”", "«»", "»«", "‹›", "‘’", "''"])
def test_quotations(marks):
    """
    Text in quotation marks of any kind does not change the level.
    """
    opens, closes = marks

    assert 4 == read_commitment(f"{opens}I might leave one day{closes}, said the winger, who has signed.").level
    assert 4 == read_commitment(f"{opens}I don't deny it. We could go{closes}, he said, and has signed.").level
    assert 1 == read_commitment(f"He could stay; {opens}we have signed him{closes}, a player's father joked.").level
    assert read_commitment(f"{opens}We have signed him{closes}, said the owner.") is None


def test_marks_that_are_not_quotations():
    """
    Apostrophes, feet and inches, and unclosed marks do not start a quotation.
    """
    assert 1 == read_commitment("The players' union could sue in the '90s way, the clubs' lawyers say.").level
    assert 4 == read_commitment("The 6' 4\" keeper has signed.").level
    assert 4 == read_commitment("“The keeper has signed.").level
    assert 4 == read_commitment("The keeper‘s agent’s office has signed.").level


def test_hedge_governs_what_follows():
    """
    A hedge affects its clause, past "and" and past an aside between commas, but not the next clause.
    """
    assert 1 == read_commitment("She could sign and be announced today.").level
    assert 1 == read_commitment("She could, her agent says, have signed.").level
    assert 4 == read_commitment("She could sing, but has signed as a dancer.").level
    assert 4 == read_commitment("She is interested in films and has signed for one.").level


def test_hearsay_governs_its_sentence():
    """
    Hearsay at any place limits the level of its sentence and never raises it.
    """
    assert (2, "reportedly") == read_commitment("Reportedly, the firm has agreed, and has signed.")
    assert (2, "sources say") == read_commitment("The firm has agreed, sources say.")
    assert (1, "could") == read_commitment("Reportedly, the firm could sell.")
    assert 4 == read_commitment("The firm has agreed. Reportedly, the price is low.").level


def test_background():
    """
    A subordinate clause counts only if the main clause has no known phrase.
    """
    assert 1 == read_commitment("The coach, who signed a contract in 2022, could leave.").level
    assert 4 == read_commitment("The coach, who has signed a contract.").level


def test_first_sentence_that_speaks():
    """
    The first sentence with a known phrase determines the level, and a denial ends the reading.
    """
    assert 1 == read_commitment("The sun shone. She could leave. She signed in 2022.").level
    assert read_commitment("The club denied it. She signed elsewhere.") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "?",
        "Der Verein hat mit ihm gesprochen und ist, so der Trainer, nicht abgeneigt: Done deal!",
        "El club dice que está in talks para fichar por una temporada",
        "契約した",
        "\ud800",
    ],
)
def test_nothing_to_read(text):
    """
    Empty text, and text in another language with some English words, has no level.
    """
    assert read_commitment(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "They’re not — as we’ve said — here; a fee is agreed",
        "A fee\u00a0is\n   agreed",
        "A fee is ag\u00adreed",
        "A fee is AGREED!!",
        "a-fee-is-agreed",
    ],
)
def test_typography(text):
    """
    Apostrophes, dashes, hyphens, soft hyphens, line breaks and capitals do not change the level.
    """
    assert (4, "agreed") == read_commitment(text)


SENTENCES = st.sampled_from([text for _, text in NEWS + EXAMPLE if text[-1] in ".!?"] + NEGATED)
NEUTRAL = st.sampled_from(["It rained all day.", "Mr. Jones has a red hat.", "The tour bus is blue."])


@given(SENTENCES, st.lists(NEUTRAL), st.lists(NEUTRAL))
def test_padding(text, before, after):
    """
    Sentences without known phrases do not change the level, before or after.
    """
    assert read_commitment(text) == read_commitment(" ".join([*before, text, *after]))


@given(SENTENCES)
def test_capitals(text):
    """
    Headlines in capitals are read like other text.
    """
    assert read_commitment(text) == read_commitment(text.upper())


@given(SENTENCES, SENTENCES.filter(lambda text: "'" not in text), st.sampled_from(['""', "“”", "«»"]))
def test_quoted_sentences(text, quoted, marks):
    """
    Quotations before or after a report do not change its level.
    """
    assert read_commitment(text) == read_commitment(f"{text} {marks[0]}{quoted}{marks[1]}")
    assert read_commitment(text) == read_commitment(f"{marks[0]}{quoted}{marks[1]} {text}")


@given(st.text())
def test_any_text(text):
    """
    Any text has a level from 1 to 4, or none.
    """
    reading = read_commitment(text)

    assert reading is None or 1 <= reading.level <= 4


@pytest.mark.parametrize(("level", "phrase"), SPEAKING)
def test_every_phrase_reads_its_own_level(level, phrase):
    """
    Each phrase of the lexicon, alone in a sentence, gets its own level.
    """
    assert (level, phrase) == read_commitment(f"x {phrase} y")


def test_no_phrase_twice():
    """
    Each phrase is in the lexicon once, with any hyphenation, and in a group that the code knows.
    """
    phrases = [re.sub(r"[\s-]+", " ", phrase.casefold()) for group in LEXICON["group"] for phrase in group["phrases"]]
    kinds = {"level", "hearsay", "negation", "denial", "neutral", "comma", "clause", "and", "background"}

    assert [] == [phrase for phrase, times in Counter(phrases).items() if times > 1]
    assert kinds == {group["kind"] for group in LEXICON["group"]}
    assert {1, 2, 3, 4} == {group["level"] for group in LEXICON["group"] if "level" in group}


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "' a",
        "“",
        "„«‹",
        '" ',
        "....",
        "\n ",
        "\n\r",
        "?",
        "n't",
        "could, ",
        "not ",
        "not ruled ",
        "- ",
        "a'a'",
        "und a b c ",
    ],
)
def test_linear_time(piece):
    """
    The time to read a text grows linearly with its length.
    """

    def cost(size):
        text = (piece * size)[:size] + "x"
        times = []
        for _ in range(3):
            start = process_time()
            read_commitment(text)
            times.append(process_time() - start)
        return min(times)

    assert cost(40_000) < 3 * cost(20_000) + 0.02
