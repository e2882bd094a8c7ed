"""Read the source that a quote names, such as Sport Bild in "According to Sport Bild". Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import NamedTuple

_LEXICON = tomllib.loads(resources.files("service.methods").joinpath("attribution.toml").read_text("utf-8"))
_BETWEEN, _REPORTS, _WITHIN, _OTHERS = (
    frozenset(_LEXICON[name]) for name in ("between", "reports", "within", "others")
)
_QUOTE_READ = 2000  # characters
_WORDS_OF_NAME = 6

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:[.&'\u2019-][^\W_]+)*|&|[,;:()\"\u201c\u201d\u201e\u00ab\u00bb.!?]")


class Attribution(NamedTuple):
    """The source that a quote names."""

    name: str
    """The name alone, such as `Spain`; empty if the quote names none."""
    words: str
    """The words of the quote that contain the name, such as `reports in Spain`."""


def read_attribution(quote: str) -> Attribution | None:
    """Return the first source that a quote names, or None.

    >>> read_attribution("According to reports from Sport Bild, Liverpool has approached him.").name
    'Sport Bild'
    >>> read_attribution("Laut der Süddeutschen Zeitung wird er Trainer.").name
    'Süddeutschen Zeitung'
    >>> read_attribution("The Athletic reports that a deal is close.").words
    'The Athletic'
    >>> read_attribution("According to reports in Spain, he leaves.")
    Attribution(name='Spain', words='reports in Spain')
    >>> read_attribution("Rovers have agreed terms.") is None
    True
    """
    words = _WORD.findall(quote[:_QUOTE_READ])
    folded = [word.casefold().replace("\u2019", "'") for word in words]
    for at in range(len(words)):
        for marker in _markers_at(folded, at, _MARKERS_BEFORE):
            if found := _name_after(words, folded, at + len(marker)):
                return found
        starts = at == 0 or words[at - 1] in ".!?" or folded[at - 1] == "wie"
        if starts and (found := _name_before(words, folded, at)):
            return found
    return None


def _split(phrases: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
    """Group phrases by their first word, each as a tuple of its words, the longest first."""
    split: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        words = tuple(phrase.split())
        split.setdefault(words[0], []).append(words)
    return split


_MARKERS_BEFORE, _MARKERS_AFTER = _split(_LEXICON["before"]), _split(_LEXICON["after"])


def _markers_at(folded: list[str], at: int, markers: dict[str, list[tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    for marker in markers.get(folded[at], []) if at < len(folded) else ():
        if tuple(folded[at : at + len(marker)]) == marker:
            yield marker


def _name_after(words: list[str], folded: list[str], start: int) -> Attribution | None:
    """Return the name after a marker such as `according to`, skipping articles and words for reports."""
    at = start
    while at < len(words) and (folded[at] in _REPORTS or (folded[at] in _BETWEEN and words[at][0].islower())):
        at += 1
    end = _end_of_name(words, at)
    reports = [place for place in range(start, at) if folded[place] in _REPORTS]
    if end == at:
        return Attribution("", " ".join(words[start : reports[-1] + 1])) if reports else None
    if folded[at] in _OTHERS:
        return None
    name = " ".join(words[at:end])
    is_place = bool(reports) and folded[at - 1] == "in"
    return Attribution(name, " ".join(words[start:end]) if is_place else name)


def _name_before(words: list[str], folded: list[str], start: int) -> Attribution | None:
    """Return the name at the start of a sentence, if a verb such as `reports` follows it."""
    start += start < len(words) and folded[start] in _BETWEEN and words[start][0].islower()
    end = _end_of_name(words, start)
    if end == start or folded[start] in _OTHERS or not any(_markers_at(folded, end, _MARKERS_AFTER)):
        return None
    name = " ".join(words[start:end])
    return Attribution(name, name)


def _end_of_name(words: list[str], start: int) -> int:
    """Return the index after a name that starts at a word: capitalised words with small ones between."""
    end = at = start
    while at < len(words) and at - start < _WORDS_OF_NAME:
        if words[at][0].isupper() or words[at][0].isdigit() or "." in words[at][1:]:
            end = at + 1
        elif words[at].casefold() not in _WITHIN or end == start:
            break
        at += 1
    return end
