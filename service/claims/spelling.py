"""Correct the words of a search that no claim contains."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase

from sqlalchemy.orm import Session

from service.claims.full_text import count_claims
from service.storage.db import Database
from service.values.search_terms import Word, words_in

_LENGTHS = range(4, 17)
"""The lengths of the words that are corrected. Shorter words are similar to too many others."""
_MOST_WORDS = 2
"""The maximum number of words to correct, because hundreds of spellings are tried for each of them."""


def correct_search(db: Database, *, q: str) -> str | None:
    """Return a search with its misspelt words corrected; None if no word can be corrected.

    A word is misspelt if no claim contains a word that begins like it. It is replaced by the most frequent word of
    claims that differs from it by one typing error.
    """
    corrected = q
    with db.read() as session:
        for word in _misspelt(session, list(words_in(q)))[:_MOST_WORDS]:
            if (right := _correct(session, word.casefold())) is not None:
                corrected = corrected.replace(word, right, 1)
    return None if corrected == q else corrected


def _misspelt(session: Session, words: list[Word]) -> list[str]:
    counts = count_claims(session, [term for word in words for term in _beginnings(word)])
    return [word.text for word in words if not any(map(counts.get, _beginnings(word))) and _is_correctable(word.text)]


def _is_correctable(word: str) -> bool:
    return len(word) in _LENGTHS and word.isascii() and word.isalpha()


def _beginnings(word: Word) -> Iterator[str]:
    """Yield search terms for claims with words that begin like a word, one for each of its alternatives."""
    return (f"{terms[0]}*" for terms in word.alternatives)


def _correct(session: Session, word: str) -> str | None:
    """Return the most frequent word of claims that is one typing error away; None if there is none."""
    by_term: dict[str, str] = {}
    for spelling in sorted(set(_spellings(word))):
        for found in words_in(spelling):
            by_term.setdefault(found.alternatives[0][0], spelling)
    counts = count_claims(session, list(by_term))
    best = max(by_term, key=lambda term: counts.get(term, 0))
    return by_term[best] if counts.get(best) else None


def _spellings(word: str) -> Iterator[str]:
    """Yield all spellings of a word with one letter left out, added, replaced or swapped with the next.

    >>> "liverpool" in _spellings("lverpool"), "transfer" in _spellings("trnasfer")
    (True, True)
    """
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in ascii_lowercase:
            yield before + letter + after
            yield before + letter + after[1:]
