"""How far a report goes, read from its own words by a lexicon: from interest (1) to stated as done (4). Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

_LEXICON = tomllib.loads(resources.files("service.methods").joinpath("commitment_en.toml").read_text("utf-8"))
LEXICON_VERSION = f"{_LEXICON['language']}/{_LEXICON['version']}"
"""Kept beside each level that was read, since a later lexicon reads otherwise."""

_SPELLINGS = str.maketrans(_LEXICON["spellings"])
_NOT = re.compile(r"n't\b")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[,;:()\"]|(?<=\s)-(?=\s)")
_SENTENCE = re.compile(r"(?<!\b\w)[.!…](?=\s|\Z)|(?<=\?)|\n\s*\n")  # the points in U.S. end nothing
_CLOSING = {opens: re.compile(f"[{closes}]") for opens, closes in _LEXICON["quotation_marks"].items()}
_OPENING = re.compile(rf"[{''.join(_CLOSING)}]|(?<!\w)'(?=[^\W\d])")
_CLOSING["'"] = re.compile(r"(?<=\S)'(?!\w)")  # mostly an apostrophe; a mark only at the edge of a word


class Reading(NamedTuple):
    """How far a quote goes, and the phrase of the lexicon that settles it."""

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
"""How many phrases it knows."""
_LONGEST = {words[0]: len(words) for words in sorted(_ENTRIES, key=len)}
_BREAKS = {"comma": "main", "clause": "main", "and": "main", "background": "background"}
_OTHER_LANGUAGES = frozenset(_LEXICON["other_languages"])


def read_commitment(quote: str) -> Reading | None:
    """Read how far a quote goes: 1 interest, 2 under way or hearsay, 3 close, 4 stated as done.

    What stands between quotation marks is not the outlet's own and is left out. The first sentence that says
    anything of it settles it, unless a denial comes first. None when nothing does, or one word in ten is of another
    language.

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
    """The text with a bare mark in place of every quotation; a mark that is never closed is no quotation."""
    own, at, unclosed = [], 0, set[str]()
    for opening in _OPENING.finditer(text):
        mark = opening[0]
        if opening.start() < at or mark in unclosed:
            continue
        if closing := _CLOSING[mark].search(text, opening.end()):
            own += [text[at : opening.start()], ' " ']
            at = closing.end()
        else:
            unclosed.add(mark)  # nor will a later one of its kind be: the text is searched to its end once a kind
    return "".join([*own, text[at:]])


def _entries(words: list[str]) -> Iterator[tuple[_Entry, bool]]:
    """The phrases in a sentence, the longest at each place, and whether each follows upon one that is no break."""
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
    """The strongest main clause as its weakest word has it, held down by hearsay; else a clause in the background."""
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
