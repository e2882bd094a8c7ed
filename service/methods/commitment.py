"""Read the commitment level of a quote with a lexicon: 1 (interest) to 4 (reported as done). Pure."""

from __future__ import annotations

import re

from service.methods.commitment_lexicon import (
    BREAKS,
    CLOSING,
    OPENING,
    OTHER_LANGUAGES,
    WORD,
    Entry,
    Reading,
    find_entries,
    level_of,
    normalise,
)

_SENTENCE = re.compile(r"(?<!\b\w)[.!…](?=\s|\Z)|(?<=\?)|\n\s*\n")  # the full stops in U.S. do not end a sentence


def read_commitment(quote: str) -> Reading | None:
    """Return the commitment level of a quote, with the phrase that determines it.

    The levels are 1 interest, 2 under way or hearsay, 3 close, and 4 reported as done.

    Text in quotation marks is ignored, because the words are not the outlet's own. The first sentence with a known
    phrase determines the level. The result is None if a denial comes first, if there is no known phrase, or if more
    than one word in ten is in another language.

    >>> read_commitment("Rovers have agreed terms and could fly him in tomorrow.")
    Reading(level=4, phrase='agreed')
    >>> read_commitment("Rovers could be set to agree terms.")
    Reading(level=1, phrase='could')
    """
    own = _own_words(normalise(quote))
    words = WORD.findall(own)
    if 10 * sum(word in OTHER_LANGUAGES for word in words) > len(words):
        return None
    for sentence in _SENTENCE.split(own):
        found = list(find_entries(WORD.findall(sentence)))
        if any(entry.kind == "denial" for entry, _ in found):
            return None
        if reading := _read_sentence(found):
            return min(reading, Reading(1, "?"), key=level_of) if sentence.endswith("?") else reading
    return None


def _own_words(text: str) -> str:
    """Return a text with each quotation replaced by one mark; an unclosed mark starts no quotation."""
    own, at, unclosed = [], 0, set[str]()
    for opening in OPENING.finditer(text):
        mark = opening[0]
        if opening.start() < at or mark in unclosed:
            continue
        if closing := CLOSING[mark].search(text, opening.end()):
            own += [text[at : opening.start()], ' " ']
            at = closing.end()
        else:
            unclosed.add(mark)  # so a later mark of this kind is unclosed, too; do not search the text again
    return "".join([*own, text[at:]])


def _read_sentence(found: list[tuple[Entry, bool]]) -> Reading | None:
    """Return the reading of the main clause with the highest level, or else of a background clause.

    The phrase with the lowest level determines the level of its clause. Hearsay limits the level of the sentence.
    """
    spoken: dict[str, list[Reading]] = {"main": [], "background": []}
    hearsay: list[Reading] = []
    part, weakest = "main", list[Reading]()
    negated = silenced = aside = False
    for (kind, reading), follows in found:
        if kind in BREAKS:
            spoken[part] += weakest
            if kind == "comma" and (follows or aside):
                aside = not aside
            elif kind != "and":
                part, weakest, negated = BREAKS[kind], [], False
        elif kind == "negation":
            negated = silenced = True
        elif kind == "neutral" or negated:
            continue
        elif kind == "hearsay" and part == "main":
            hearsay.append(reading)
        else:
            weakest = [min([*weakest, reading], key=level_of)]
    spoken[part] += weakest
    own = spoken["main"] or ([] if silenced else hearsay or spoken["background"])
    return min([max(own, key=level_of), *hearsay], key=level_of) if own else None
