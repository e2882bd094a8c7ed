"""Derive a verdict from the name of a fact-checker's rating and from its number on a scale."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import NamedTuple

from service.transfer.claimreview.node import Node
from service.values.vocabulary import Verdict

_TABLE = tomllib.loads(resources.files("service.transfer.claimreview").joinpath("ratings.toml").read_text("utf-8"))
TABLE_VERSION: int = _TABLE["version"]
_LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "sv")

_NOT_WORD = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,9})?", re.ASCII)
_SHARE = re.compile(r"([0-9.,]+) ?(?:/|of|von|sur|de|di) ?([0-9]+)|([0-9.,]+) ?(%)", re.ASCII)
_SENTENCE = re.compile(r"[.:;!?(\[|\n]|\s[-\u2013\u2014]\s")
_JOINED = re.compile(r"[,/&+]|\b(?:and|und|et|y|e|ou|or|oder|o)\b", re.IGNORECASE)
_BEST, _WORST = 5.0, 1.0  # the defaults of schema.org/Rating

_SCALES = frozenset({(1, 5), (0, 5), (0, 1), (0, 10), (1, 10), (0, 100), (1, 100)})
"""The lowest and highest numbers of supported scales. A number between them means a partial truth."""
_RANKS = frozenset({(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (1, 6)})
"""Scales of numbered categories. They count only if the rating's name is known or missing."""
_NEAR = 0.25
"""A number gives the truth of a partial verdict if it differs from the name's truth by at most this."""
_OPPOSITE = 0.5
"""A number contradicts a name if it differs from the name's truth by more than this."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as its fact-checker published it."""

    name: str | None
    value: str | None
    best: str | None
    worst: str | None

    @property
    def words(self) -> str:
        """The rating in words, such as `“False” (1 on a scale from 1 to 5)`."""
        named = [] if self.name is None else [f"\u201c{self.name}\u201d"]
        if self.value is None or self.value == self.name:
            return " ".join(named) or "no rating"
        scale = f" on a scale from {self.worst} to {self.best}" if self.best is not None and self.worst else ""
        return " ".join([*named, f"({self.value}{scale})"]) if named else f"{self.value}{scale}"


class Reading(NamedTuple):
    """The verdict that a rating gives, or the reason why it gives none."""

    verdict: Verdict | None
    truth: float | None = None
    """The truth of a partial verdict."""
    reason: str | None = None
    """The reason why the rating gives no verdict; None if it gives one."""
    contradiction: str | None = None
    """The contradiction between the number and the name, in words; None if they agree."""


def plain(text: str) -> str:
    """Return a name without case, accents and punctuation, to compare it with other names.

    >>> plain("Größtenteils RICHTIG!"), plain("C'est faux…")
    ('grosstenteils richtig', 'c est faux')
    """
    letters = unicodedata.normalize("NFKD", text.casefold().replace("\u0131", "i").replace("\u0142", "l"))
    return _NOT_WORD.sub(" ", "".join(one for one in letters if not unicodedata.combining(one))).strip()


def _names() -> dict[str, float | None]:
    return {
        plain(name): group.get("truth")
        for group in _TABLE["class"]
        for language in _LANGUAGES
        for name in group.get(language, ())
    }


_NAMES = _names()
TABLE_SIZE = len(_NAMES)
_BEFORE = tuple(sorted((f"{plain(words)} " for words in _TABLE["before"]), key=len, reverse=True))
_UNKNOWN = object()


def rating_of(review: Node) -> Rating:
    """Return the first rating of a review that has a name or a number, as published."""
    for node in review.nodes("reviewRating"):
        names, value = node.texts("alternateName", "name"), node.text("ratingValue")
        if value is not None and _number(value) is None and _SHARE.fullmatch(value) is None:
            names.append(value)
        if names or value is not None:
            return Rating(_best_name(names), value, node.text("bestRating"), node.text("worstRating"))
    text = review.text("reviewRating")
    return Rating(text if text is None or _number(text) is None else None, text, None, None)


def read_rating(rating: Rating) -> Reading:
    """Return the verdict that a rating gives, or the reason why it gives none.

    A name in the table determines the verdict, because readers see the name. A number on a known scale then gives the
    truth of a partial verdict. If the name is not in the table, a number on a known scale determines the verdict.

    >>> read_rating(Rating("Mostly False", "2", "5", "1"))[:2]
    (<Verdict.PARTIAL: 'partial'>, 0.25)
    >>> read_rating(Rating("Not really, the figures say", "-1", "-1", "-1")).verdict is None
    True
    """
    named = _UNKNOWN if rating.name is None else _truth_of(rating.name)
    share = _share(rating, is_known=rating.name is None or named is not _UNKNOWN)
    if named is None:
        return Reading(None, reason=f"{rating.words} is a rating that says neither true nor false")
    if isinstance(named, float):
        return _by_name(rating, named, share)
    if share is not None:
        return _verdict(share)
    if rating.name is None and rating.value is None:
        return Reading(None, reason="The review has no rating")
    what = "is not in the table of ratings, and its number is not on a known scale"
    return Reading(None, reason=f"{rating.words} {what if rating.name else 'is not on a known scale'}")


def _by_name(rating: Rating, named: float, share: float | None) -> Reading:
    is_partial = 0 < named < 1
    is_exact = share is not None and is_partial and 0 < share < 1 and abs(share - named) <= _NEAR
    contradiction = None
    if share is not None and abs(share - named) > _OPPOSITE:
        contradiction = f"{rating.words}: the number contradicts the name, and the name counts"
    return _verdict(share if is_exact and share is not None else named)._replace(contradiction=contradiction)


def _verdict(truth: float) -> Reading:
    if 0 < truth < 1:
        return Reading(Verdict.PARTIAL, truth)
    return Reading(Verdict.TRUE if truth else Verdict.FALSE)


def _best_name(names: Sequence[str]) -> str | None:
    """Return the first name in the table of ratings, or else the first name; None without names."""
    known = (name for name in names if _truth_of(name) is not _UNKNOWN)
    return next(known, next(iter(names), None))


def _truth_of(name: str) -> object:
    """Return the truth that a name gives; None for no verdict, and `_UNKNOWN` for an unknown name.

    The first sentence is enough, as in `False. The photo is from 2015.` In a list of names such as `False, misleading`,
    the first one counts if all are below a half, or all above. Otherwise the truth is a half.
    """
    sentences = (part for part in _SENTENCE.split(name) if f"{plain(part)} " not in _BEFORE)
    sentence = next(filter(None, map(str.strip, sentences)), "")
    for text in dict.fromkeys((name, sentence)):
        if (truth := _lookup(text)) is not _UNKNOWN:
            return truth
    parts = [truth for part in _JOINED.split(sentence) if part.strip() for truth in [_lookup(part)]]
    if len(parts) < 2 or _UNKNOWN in parts:
        return _UNKNOWN
    known = [part for part in parts if isinstance(part, float)]
    if len(known) < len(parts):
        return None
    is_one_side = all(part < 0.5 for part in known) or all(part > 0.5 for part in known)
    return known[0] if is_one_side or len(set(known)) == 1 else 0.5


def _lookup(text: str) -> object:
    key = plain(text)
    if key in _NAMES:
        return _NAMES[key]
    for words in _BEFORE:
        if key.startswith(words) and (rest := key.removeprefix(words)) in _NAMES:
            return _NAMES[rest]
    return _UNKNOWN


def _share(rating: Rating, *, is_known: bool) -> float | None:
    """Return the position of a rating's number on its scale, 0..1; None for an unknown scale or number."""
    if rating.value is None:
        return None
    value, best, worst = (_number(text) for text in (rating.value, rating.best, rating.worst))
    if (given := _SHARE.fullmatch(rating.value)) and best is None:
        value, best = _number(given[1] or given[3]), 100.0 if given[4] else _number(given[2])
        worst = 0.0 if given[4] else worst
    best = _BEST if best is None else best
    if worst is None:
        worst = 0.0 if best == 1 else _WORST
    if value is None or not min(worst, best) <= value <= max(worst, best):
        return None
    if (min(worst, best), max(worst, best)) not in (_SCALES | _RANKS if is_known else _SCALES):
        return None
    return (value - worst) / (best - worst)


def _number(text: str | None) -> float | None:
    if text is None or not _NUMBER.fullmatch(text):
        return None
    return float(text.replace(",", "."))
