"""Read the commitment level of a quote with a lexicon, from interest (1) to reported as done (4). Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

_LEXICON = tomllib.loads(resources.files("service.methods").joinpath("commitment_en.toml").read_text("utf-8"))
LEXICON_VERSION = f"{_LEXICON['language']}/{_LEXICON['version']}"
"""Stored with each level, because another version of the lexicon may read another level."""

_SPELLINGS = str.maketrans(_LEXICON["spellings"])
_NOT = re.compile(r"n't\b")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[,;:()\"]|(?<=\s)-(?=\s)")
_SENTENCE = re.compile(r"(?<!\b\w)[.!…](?=\s|\Z)|(?<=\?)|\n\s*\n")  # the points in U.S. do not end a sentence
_CLOSING = {opens: re.compile(f"[{closes}]") for opens, closes in _LEXICON["quotation_marks"].items()}
_OPENING = re.compile(rf"[{''.join(_CLOSING)}]|(?<!\w)'(?=[^\W\d])")
_CLOSING["'"] = re.compile(r"(?<=\S)'(?!\w)")  # an apostrophe, except at the edge of a word


class Reading(NamedTuple):
    """The commitment level of a quote, and the phrase that determines it."""

    level: int
    phrase: str


class _Entry(NamedTuple):
    kind: str
    reading: Reading


def _plain(text: str) -> str:
    return _NOT.sub(" not", text.casefold().translate(_SPELLINGS))


_ENTRIES = {
    tuple(_WORD.findall(_plain(f" {phrase} "))): _Entry(group["kind"], Reading(group.get("level", 0), phrase))
    for group in _LEXICON["group"]
    for phrase in group["phrases"]
}
LEXICON_SIZE = len(_ENTRIES)
"""The number of phrases."""
_LONGEST = {words[0]: len(words) for words in sorted(_ENTRIES, key=len)}
_BREAKS = {"comma": "main", "clause": "main", "and": "main", "background": "background"}
_OTHER_LANGUAGES = frozenset(_LEXICON["other_languages"])


def read_commitment(quote: str) -> Reading | None:
    """Return the commitment level of a quote: 1 interest, 2 under way or hearsay, 3 close, 4 reported as done.

    Text in quotation marks is ignored, because the outlet quotes somebody else. The first sentence with a known phrase
    determines the level. The result is None after a denial, without a known phrase, and if more than one word in ten is
    of another language.

    >>> read_commitment("Rovers have agreed terms and could fly him in tomorrow.")
    Reading(level=4, phrase='agreed')
    >>> read_commitment("Rovers could be set to agree terms.")
    Reading(level=1, phrase='could')
    """
    own = _own_words(_plain(quote))
    words = _WORD.findall(own)
    if 10 * sum(word in _OTHER_LANGUAGES for word in words) > len(words):
        return None
    for sentence in _SENTENCE.split(own):
        found = list(_entries(_WORD.findall(sentence)))
        if any(entry.kind == "denial" for entry, _ in found):
            return None
        if reading := _read_sentence(found):
            return min(reading, Reading(1, "?"), key=_level) if sentence.endswith("?") else reading
    return None


def _own_words(text: str) -> str:
    """Return the text with a single mark in place of every quotation; an unclosed mark starts no quotation."""
    own, at, unclosed = [], 0, set[str]()
    for opening in _OPENING.finditer(text):
        mark = opening[0]
        if opening.start() < at or mark in unclosed:
            continue
        if closing := _CLOSING[mark].search(text, opening.end()):
            own += [text[at : opening.start()], ' " ']
            at = closing.end()
        else:
            unclosed.add(mark)  # so a later mark of this kind is unclosed, too; do not search the text again
    return "".join([*own, text[at:]])


def _entries(words: list[str]) -> Iterator[tuple[_Entry, bool]]:
    """Yield the longest known phrase at each place, and whether it directly follows a phrase that is no break."""
    at, end = 0, -1
    while at < len(words):
        for size in range(_LONGEST.get(words[at], 0), 0, -1):
            if entry := _ENTRIES.get(tuple(words[at : at + size])):
                yield entry, at == end
                at += size
                end = at if entry.kind in {"level", "hearsay", "negation"} else -1
                break
        else:
            at += 1


def _read_sentence(found: list[tuple[_Entry, bool]]) -> Reading | None:
    """Return the strongest main clause, each by its weakest phrase and limited by hearsay; else a background clause."""
    spoken: dict[str, list[Reading]] = {"main": [], "background": []}
    hearsay: list[Reading] = []
    part, weakest = "main", list[Reading]()
    negated = silenced = aside = False
    for (kind, reading), follows in found:
        if kind in _BREAKS:
            spoken[part] += weakest
            if kind == "comma" and (follows or aside):
                aside = not aside
            elif kind != "and":
                part, weakest, negated = _BREAKS[kind], [], False
        elif kind == "negation":
            negated = silenced = True
        elif kind == "neutral" or negated:
            continue
        elif kind == "hearsay" and part == "main":
            hearsay.append(reading)
        else:
            weakest = [min([*weakest, reading], key=_level)]
    spoken[part] += weakest
    own = spoken["main"] or ([] if silenced else hearsay or spoken["background"])
    return min([max(own, key=_level), *hearsay], key=_level) if own else None


def _level(reading: Reading) -> int:
    return reading.level
