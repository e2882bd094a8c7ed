"""Search terms for the text of claims in any script, without accents and word endings. Pure.

SQLite and PostgreSQL index and compare only these terms, so a search returns the same results on both.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import groupby, pairwise
from typing import NamedTuple, Protocol

from snowballstemmer.arabic_stemmer import ArabicStemmer
from snowballstemmer.english_stemmer import EnglishStemmer
from snowballstemmer.greek_stemmer import GreekStemmer
from snowballstemmer.hindi_stemmer import HindiStemmer
from snowballstemmer.russian_stemmer import RussianStemmer

from service.values.names import SPELT_OUT, fold

_TERM_LENGTH = 64
_REMEMBERED = 32  # characters; the terms of longer words are not cached
_STEMMED_FROM = 4  # letters; shorter words have no ending to remove

# Letters that Unicode does not decompose into a letter and a mark.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n"}
    | {"ĸ": "k", "ſ": "s", "ґ": "г", "ى": "ي", "ک": "ك", "ی": "ي", "ـ": None}
)
_APOSTROPHES = frozenset("'\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032\u05f3\u05f4\u0060\u00b4\uff07")
_HYPHENS = frozenset("-\u2010\u2011\u2012\u2013\u2212\u00b7\u05be\u30fb\ufe63\uff0d\uff65")
# Scripts written without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese, and Korean,
# which joins particles to words.
_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3100-\u318f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff]"
)
# The shape of a text has one symbol for each character: w for a letter or mark, d for a digit, ' for an apostrophe, -
# for a hyphen, a full stop or comma for itself, and a space for anything else. An atom is a number such as 1,000, an
# abbreviation such as U.S., or a run of letters and digits.
_ATOM = r"(?:d{1,3}(?:[.,]ddd)+(?!d)|(?<![wd.])w(?:\.w)+(?![wd])|[wd]+)"
_WORD = re.compile(rf"{_ATOM}(?:['-]{_ATOM})*")

Terms = tuple[str, ...]


class Word(NamedTuple):
    """A word of a text. Another text contains it if it has all terms of one of the alternatives."""

    text: str
    """The word as written in the text."""
    alternatives: tuple[Terms, ...]


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802


_STEMMERS: tuple[tuple[re.Pattern[str], type[_Stemmer]], ...] = (
    (re.compile("[a-z]+"), EnglishStemmer),
    (re.compile("[\u0400-\u04ff]+"), RussianStemmer),
    (re.compile("[\u0370-\u03ff]+"), GreekStemmer),
    (re.compile("[\u0620-\u064a]+"), ArabicStemmer),
    (re.compile("[\u0900-\u0963]+"), HindiStemmer),
)
"""The stemmer for each alphabet. Words in Latin letters are stemmed as English."""


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of a text in order, each with its search terms.

    >>> [word.alternatives for word in words_in("O’Neill’s strikers signed.")]
    [(('oneil',), ('o', 'neill')), (('striker',),), (('sign',),)]
    """
    composed = text if text.isascii() else _composed(text)
    shape = "".join(map(_shape, composed))
    for match in _WORD.finditer(shape):
        written = composed[match.start() : match.end()]
        parts = re.split("[^wd]+", match[0])
        if len(parts) > 1 and written[-2] in _APOSTROPHES and written[-1] in "sS":  # the possessive of a name
            written, parts = written[:-2], parts[:-1]
        find = _remembered_alternatives if len(written) <= _REMEMBERED else _alternatives
        if alternatives := find(written, tuple(map(len, parts))):
            yield Word(written, alternatives)


def index_terms(text: str) -> set[str]:
    """Return the terms under which a text is indexed.

    >>> sorted(index_terms("阿隆索 stays"))
    ['stay', '索', '阿', '阿隆', '隆', '隆索']
    """
    terms = {term for word in words_in(text) for terms in word.alternatives for term in terms}
    # Single characters are indexed too, so that a search for one finds every word that contains it.
    return terms | {character for term in terms if _UNSPACED.match(term) for character in term}


def words_in_common(text: str, terms: AbstractSet[str]) -> list[str]:
    """Return the words of a text that the given terms match, in order and as written.

    In scripts without spaces between words, return the longest matching passages instead.

    >>> words_in_common("Arsenal sign 阿隆索的经纪人", index_terms("signed: 阿隆索"))
    ['sign', '阿隆索']
    """
    found: list[str] = []
    for word in words_in(text):
        if any(terms >= set(alternative) for alternative in word.alternatives):
            found.append(word.text)
        else:
            found += (passage for run in _runs(_fold(word.text)) for passage in _passages_in_common(run, terms))
    return list(dict.fromkeys(found))


def tag_term(tag: str) -> str:
    """Return the search term of a tag, which is never the term of a word.

    Tags that differ only in case or spacing have the same term.

    >>> tag_term("Breaking  News")
    'tag·breaking·20·news'
    """
    return "tag·" + re.sub(r"\W|_", lambda other: f"·{ord(other[0]):x}·", fold(tag))


def _alternatives(written: str, lengths: Iterable[int]) -> tuple[Terms, ...]:
    """Return the alternative terms of a word: of its parts joined and, if it has several, of each part."""
    parts, start = [], 0
    for length in lengths:
        parts.append(written[start : start + length])
        start += length + 1
    spellings = [parts] if len(parts) == 1 else [["".join(parts)], parts]
    spellings += [[part.casefold().translate(SPELT_OUT) for part in spelling] for spelling in spellings]
    return tuple(dict.fromkeys(filter(None, map(_terms, spellings))))


# Cached, because most words occur in many texts. Long runs, as in Chinese or Japanese, do not.
_remembered_alternatives = functools.lru_cache(maxsize=50_000)(_alternatives)


def _terms(parts: Iterable[str]) -> Terms:
    """Return the terms of the parts of a word; a text that contains the word has all of them."""
    return tuple(dict.fromkeys(term for part in parts for run in _runs(_fold(part)) for term in _terms_of_run(run)))


def _runs(folded: str) -> Iterator[str]:
    """Yield the runs of letters and digits in a folded word, split where the kind of script changes."""
    for kind, run in groupby(folded, lambda c: (_shape(c) in "wd", _UNSPACED.match(c) is not None)):
        if kind[0]:
            yield "".join(run)


def _terms_of_run(run: str) -> Iterator[str]:
    if _UNSPACED.match(run) is None:
        yield _stem(run)[:_TERM_LENGTH]
    elif len(run) == 1:
        yield run
    else:
        yield from map("".join, pairwise(run))


def _stem(word: str) -> str:
    """Return a folded word without its ending, if its script has a stemmer."""
    if len(word) >= _STEMMED_FROM:
        for letters, stemmer in _STEMMERS:
            if letters.fullmatch(word):
                word = stemmer().stemWord(word[:_TERM_LENGTH])
                break
    return word.replace("й", "и")


def _fold(text: str) -> str:
    """Return a text in lower case, with width variants normalised and accents and optional vowel points removed.

    Marks that a script needs are kept, such as the vowel signs of Thai and Hindi.
    """
    text = unicodedata.normalize("NFC", text.casefold()).replace("ё", "е").replace("й", "\ue000")
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in decomposed if not _is_accent(c)).translate(_LETTERS)
    return unicodedata.normalize("NFC", plain).replace("\ue000", "й")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(c for c in text if not _is_ignorable(c)))


def _is_accent(character: str) -> bool:
    # The combining classes of overlays, of Hebrew and Arabic points, and of marks above, below or attached.
    position = unicodedata.combining(character)
    return position == 1 or 10 <= position <= 36 or position >= 200


def _passages_in_common(run: str, terms: AbstractSet[str]) -> Iterator[str]:
    """Yield the longest passages of a run in which each pair of adjacent characters is a given term."""
    if _UNSPACED.match(run) is None:
        return
    start = 0
    for end in range(1, len(run) + 1):
        if run[end - 1 : end + 1] not in terms or end == len(run):
            if end - start > 1:
                yield run[start:end]
            start = end


@functools.lru_cache(maxsize=10_000)
def _is_ignorable(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F or character == "\u034f"


@functools.lru_cache(maxsize=10_000)
def _shape(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    if character in _HYPHENS:
        return "-"
    category = unicodedata.category(character)
    if category == "Nd":
        return "d"
    if category[0] in "LMN" or category == "Co":
        return "w"
    return character if character in ".," else " "
