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

from service.commitment import read_commitment

LEXICON = tomllib.loads((Path(__file__).parent.parent / "service" / "commitment_en.toml").read_text("utf-8"))
SPEAKING = [(group["level"], phrase) for group in LEXICON["group"] if "level" in group for phrase in group["phrases"]]

EXAMPLE = [
    (
        2,
        "Liverpool's pursuit of Xabi Alonso intensifies as talks with the Bayer Leverkusen boss's agent gain momentum.",
    ),
    (2, "According to reports from Sport Bild, Liverpool has formally approached Alonso's representative"),
    (1, "Alonso's impressive stint at Bayer Leverkusen has caught the attention of top European clubs."),
    (
        None,
        "Alonso orchestrated a remarkable turnaround, guiding them to a commendable sixth-place finish last season.",
    ),
    (None, "However, their current campaign has truly turned heads"),
    (None, "holding a significant eight-point lead over reigning champions Bayern Munich"),
    (3, "Leverkusen remains confident in retaining Alonso's services despite Liverpool's keen interest"),
    (3, "The club's top brass believes that the former Liverpool midfielder will opt to continue his project"),
    (1, "However, Liverpool is one of many clubs vying for Alonso's signature."),
    (1, "Bayern Munich, searching for a replacement, has also been linked with a move for the revered Spaniard."),
    (1, "hopes to ward off interest from potential suitors and keep Alonso at the helm"),
    (None, "until the end of his contract, which runs until 2026"),
    (1, "As Alonso navigates through speculation regarding his future"),
    (1, "Alonso aims to bolster Leverkusen's pursuit of their maiden Bundesliga title"),
    (2, "As discussions progress, the Anfield faithful eagerly anticipate potential leadership changes"),
    (1, "changes that could shape the club's future trajectory"),
]

NEWS = [
    # sport
    (1, "Rovers are monitoring the Dutch winger."),
    (1, "United, keen on a new striker, have watched him twice."),
    (1, "The goalkeeper is on a three-man shortlist."),
    (1, "He could be set to agree terms within days."),
    (2, "Town have made a bid for the captain."),
    (2, "City are in talks over a loan."),
    (2, "Athletic are considering an appeal."),
    (3, "The full-back is close to joining Wanderers."),
    (3, "She is set to undergo a medical on Friday."),
    (3, "Rangers are expected to confirm the appointment tonight."),
    (4, "Wanderers have agreed a fee of £12m."),
    (4, "Wanderers have agreed a fee that could rise to £15m."),
    (4, "Albion have agreed terms and could fly him in tomorrow."),
    (4, "Long linked with Albion, the keeper has signed for County."),
    (4, "The striker, who could not settle abroad, has signed for County."),
    (4, "Here we go! Deal done for the midfielder."),
    (1, "Wanderers hope a loan can be agreed."),
    (3, "Only the details of the loan are to be finalised."),
    (None, "Here we go again: another window, another saga."),
    (None, "Albion beat County 2-1."),
    # politics
    (1, "The minister may have misled parliament."),
    (1, "The chancellor has not ruled out a tax rise."),
    (1, "Has the prime minister agreed to resign?"),
    (2, "The two governments are negotiating a border treaty."),
    (2, "The senator plans to run again."),
    (2, "The president has reportedly signed the order."),
    (3, "The bill is likely to fail in the upper house."),
    (3, "Ministers are poised to scrap the levy."),
    (3, "The council will vote on Tuesday."),
    (4, "The foreign secretary has resigned."),
    (4, "Lawmakers approved the budget, though some may yet defect."),
    (4, "The king has appointed a new chamberlain, who was expected to be named in May."),
    (None, "Theresa May visited the north in May."),
    (None, "The premier said she was proud of the army's work."),
    # technology
    (1, "Rumour: the new phone has been confirmed for spring."),
    (1, "Engineers believe the flaw might be old."),
    (2, "The chip maker has made an offer for its rival, sources say."),
    (2, "Chip maker agrees to buy rival: report"),
    (2, "Allegedly, the firm has signed away the patents."),
    (3, "The browser maker is about to drop support."),
    (3, "The start-up announced plans to open a plant."),
    (4, "The regulator approved the merger."),
    (4, "The company has confirmed the leak."),
    (None, "In a bid to save power the screen dims."),
    # crime
    (2, "Police are investigating the fire."),
    (2, "A woman is said to have been arrested at the port."),
    (2, "The footage appears to show the suspect."),
    (1, "He may be charged with fraud and banned for life."),
    (3, "A driver is due to appear in court on Monday."),
    (4, "Two men have been arrested."),
    (4, "U.S. marshals arrested a man on Sunday, police said."),
    (4, "The clerk pleaded guilty to theft; his lawyer could appeal."),
    (None, "If he is convicted, the case is over."),
    (None, "Police are yet to confirm that anyone died."),
    # celebrity
    (1, "The singer is rumoured to be married."),
    (2, "According to sources, the pair have married."),
    (2, "It is understood the film was announced too early."),
    (3, "The actor is expected to return and a sequel to be announced."),
    (4, "The veteran actor has died, his family said."),
    (4, "The duchess gave birth to a girl."),
    (4, "The band announced a tour after months of speculation."),
    (4, "The band announced a tour despite reports of a split."),
    (None, "Will Smith smiled."),
    (None, "The rumour of her death is a hoax."),
    (None, "No, the drummer has not died."),
]

NEGATED = [
    "Rovers have not agreed a fee.",
    "Rovers haven't agreed a fee.",
    "Rovers haven’t signed anyone.",
    "There are no talks with the player.",
    "The player has yet to sign.",
    "Rovers rule out a bid for the player.",
    "Rovers denied that a fee had been agreed.",
    "Reports that he signed were denied.",
    "Nothing has been agreed or signed.",
    "He will not be appointed.",
    "He won't be appointed.",
    "They could not confirm that he was killed.",
    "Neither club has confirmed it.",
    "Terms have not yet been agreed.",
    "They are unlikely to have agreed.",
    "Reportedly, they have not agreed.",
    "They will not bid for Smith, who has signed for County.",
    "The owners have not, the agent says, agreed.",
    "Whether he has signed is a secret.",
]


@pytest.mark.parametrize(("level", "text"), EXAMPLE)
def test_example_article(level, text):
    """
    The sentences of the article that the example is made of are read as a careful reader does.
    """
    reading = read_commitment(text)

    assert level == (reading and reading.level)


@pytest.mark.parametrize(("level", "text"), NEWS)
def test_news(level, text):
    """
    News of any kind is read by its words; a plain sentence without a word of the lexicon says nothing.
    """
    reading = read_commitment(text)

    assert level == (reading and reading.level)


@pytest.mark.parametrize("text", NEGATED)
def test_negation(text):
    """
    What is negated or denied is not read at all: it is no weaker a claim, but none.
    """
    assert read_commitment(text) is None


def test_negation_ends_with_its_clause():
    """
    A negation reaches to the end of its clause, and leaves what was said before it and what follows.
    """
    assert 2 == read_commitment("They have made a bid but have not agreed a fee.").level
    assert 2 == read_commitment("They have not agreed a fee. They are in talks.").level
    assert 4 == read_commitment("They have agreed a deal with no option to buy.").level
    assert 4 == read_commitment("Not only has he agreed terms, he has found a house.").level


def test_longest_phrase_wins():
    """
    Of phrases that begin at one word the longest is taken, and named.
    """
    assert (2, "talks with") == read_commitment("Talks with the club go on.")
    assert (3, "in advanced talks") == read_commitment("They are in advanced talks with the club.")
    assert (1, "not ruled out") == read_commitment("A bid is not ruled out.")


@pytest.mark.parametrize("marks", ['""', "“”", "„“", "„”", "«»", "»«", "‹›", "‘’", "''"])
def test_quotations(marks):
    """
    What stands between quotation marks of any kind is the speaker's, and neither weakens nor strengthens the report.
    """
    opens, closes = marks

    assert 4 == read_commitment(f"{opens}I might leave one day{closes}, said the winger, who has signed.").level
    assert 4 == read_commitment(f"{opens}I don't deny it. We could go{closes}, he said, and has signed.").level
    assert 1 == read_commitment(f"He could stay; {opens}we have signed him{closes}, a player's father joked.").level
    assert read_commitment(f"{opens}We have signed him{closes}, said the owner.") is None


def test_marks_that_are_not_quotations():
    """
    Apostrophes, feet and inches, and a mark that is never closed hide nothing.
    """
    assert 1 == read_commitment("The players' union could sue in the '90s way, the clubs' lawyers say.").level
    assert 4 == read_commitment("The 6' 4\" keeper has signed.").level
    assert 4 == read_commitment("“The keeper has signed.").level
    assert 4 == read_commitment("The keeper‘s agent’s office has signed.").level


def test_hedge_governs_what_follows():
    """
    A hedge holds for its clause, past "and" and past an aside between commas, but not for the next clause.
    """
    assert 1 == read_commitment("She could sign and be announced today.").level
    assert 1 == read_commitment("She could, her agent says, have signed.").level
    assert 4 == read_commitment("She could sing, but has signed as a dancer.").level
    assert 4 == read_commitment("She is interested in films and has signed for one.").level


def test_hearsay_governs_its_sentence():
    """
    Hearsay stands wherever the writer puts it; it never strengthens, and it ends with its sentence.
    """
    assert (2, "reportedly") == read_commitment("Reportedly, the firm has agreed, and has signed.")
    assert (2, "sources say") == read_commitment("The firm has agreed, sources say.")
    assert (1, "could") == read_commitment("Reportedly, the firm could sell.")
    assert 4 == read_commitment("The firm has agreed. Reportedly, the price is low.").level


def test_background():
    """
    A subordinate clause speaks only where the rest of the sentence is silent.
    """
    assert 1 == read_commitment("The coach, who signed a contract in 2022, could leave.").level
    assert 4 == read_commitment("The coach, who has signed a contract.").level


def test_first_sentence_that_speaks():
    """
    News leads with what it claims: the first sentence that speaks is read, and a denial ends the reading.
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
    Nothing is read from what is empty or in another language, though English words stand in it.
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
    Apostrophes, dashes, hyphens, soft hyphens, line ends and capitals make no difference.
    """
    assert (4, "agreed") == read_commitment(text)


SENTENCES = st.sampled_from([text for _, text in NEWS + EXAMPLE if text[-1] in ".!?"] + NEGATED)
NEUTRAL = st.sampled_from(["It rained all day.", "Mr. Jones has a red hat.", "The tour bus is blue."])


@given(SENTENCES, st.lists(NEUTRAL), st.lists(NEUTRAL))
def test_padding(text, before, after):
    """
    Sentences that say nothing of it change nothing, before or after.
    """
    assert read_commitment(text) == read_commitment(" ".join([*before, text, *after]))


@given(SENTENCES)
def test_capitals(text):
    """
    Headlines in capitals are read as any other text.
    """
    assert read_commitment(text) == read_commitment(text.upper())


@given(SENTENCES, SENTENCES.filter(lambda text: "'" not in text), st.sampled_from(['""', "“”", "«»"]))
def test_quoted_sentences(text, quoted, marks):
    """
    Whatever is quoted after a report or before it leaves the reading as it is.
    """
    assert read_commitment(text) == read_commitment(f"{text} {marks[0]}{quoted}{marks[1]}")
    assert read_commitment(text) == read_commitment(f"{marks[0]}{quoted}{marks[1]} {text}")


@given(st.text())
def test_any_text(text):
    """
    Any text at all is read to a level between 1 and 4, or not.
    """
    reading = read_commitment(text)

    assert reading is None or 1 <= reading.level <= 4


@pytest.mark.parametrize(("level", "phrase"), SPEAKING)
def test_every_phrase_reads_its_own_level(level, phrase):
    """
    Each phrase of the lexicon, alone in a sentence, is read as itself.
    """
    assert (level, phrase) == read_commitment(f"x {phrase} y")


def test_no_phrase_twice():
    """
    A phrase stands in the lexicon once, whatever its hyphens, and belongs to a group that the code knows.
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
    Twice as long a text takes about twice the time, whatever it is made of.
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
