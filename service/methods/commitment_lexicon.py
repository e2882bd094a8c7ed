"""The phrases that show the commitment of a report, with their levels. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

_LEXICON = tomllib.loads(resources.files("service.methods").joinpath("commitment_en.toml").read_text("utf-8"))
LEXICON_VERSION = f"{_LEXICON['language']}/{_LEXICON['version']}"
"""The version of the lexicon, stored with each level because versions may read it differently."""

_SPELLINGS = str.maketrans(_LEXICON["spellings"])
_NOT = re.compile(r"n't\b")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[,;:()\"]|(?<=\s)-(?=\s)")
CLOSING = {opens: re.compile(f"[{closes}]") for opens, closes in _LEXICON["quotation_marks"].items()}
OPENING = re.compile(rf"[{''.join(CLOSING)}]|(?<!\w)'(?=[^\W\d])")
CLOSING["'"] = re.compile(r"(?<=\S)'(?!\w)")  # an apostrophe, except at the edge of a word


class Reading(NamedTuple):
    """The commitment level of a quote, and the phrase that determines it."""

    level: int
    phrase: str


class Entry(NamedTuple):
    """The meaning of a phrase in the lexicon."""

    kind: str
    """The role of the phrase, such as `level`, `hearsay` or `negation`."""
    reading: Reading


def normalise(text: str) -> str:
    """Return a text in lower case, with uniform spelling and negations as separate words."""
    return _NOT.sub(" not", text.casefold().translate(_SPELLINGS))


_ENTRIES = {
    tuple(WORD.findall(normalise(f" {phrase} "))): Entry(group["kind"], Reading(group.get("level", 0), phrase))
    for group in _LEXICON["group"]
    for phrase in group["phrases"]
}
LEXICON_SIZE = len(_ENTRIES)
"""The number of phrases in the lexicon."""
_LONGEST = {words[0]: len(words) for words in sorted(_ENTRIES, key=len)}
BREAKS = {"comma": "main", "clause": "main", "and": "main", "background": "background"}
OTHER_LANGUAGES = frozenset(_LEXICON["other_languages"])


def find_entries(words: list[str]) -> Iterator[tuple[Entry, bool]]:
    """Yield the known phrases in a sentence, the longest if several begin at the same word.

    Each comes with whether it directly follows a phrase for a level, hearsay or a negation.
    """
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


def level_of(reading: Reading) -> int:
    """Return the level of a reading, as its sort key."""
    return reading.level
