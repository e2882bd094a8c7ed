"""Find outlets with names that are similar to a text."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import OutletSpelling
from service.values.names import SPELLING_LENGTH, backwards

_NEIGHBOURS = 50
"""The number of spellings just before and just after the search in the alphabet that are compared."""
_MISSPELT_FROM = 4  # letters; shorter words are too similar to each other
_SPELT = sa.select(OutletSpelling.outlet_id, OutletSpelling.spelling).limit(_NEIGHBOURS)
# The spellings on both sides of a text in the alphabet, forwards and backwards.
_NEAR = sa.union_all(
    *(
        side.subquery().select()
        for text in (sa.bindparam("whole", type_=sa.String), sa.bindparam("backwards", type_=sa.String))
        for side in (
            _SPELT.where(OutletSpelling.spelling >= text).order_by(OutletSpelling.spelling),
            _SPELT.where(OutletSpelling.spelling < text).order_by(OutletSpelling.spelling.desc()),
        )
    )
)


def similar_outlets(session: Session, alternatives: Sequence[Sequence[str]]) -> dict[UUID, int]:
    """Return the outlets whose names are similar to a search, each with its number of typing errors.

    A typing error usually keeps the beginning or the end of a name, so the name is a neighbour of the search in the
    alphabet, forwards or backwards.
    """
    found: dict[UUID, int] = {}
    for words in alternatives:
        whole = together(words)
        if len(whole) < _MISSPELT_FROM:
            continue
        allowed = max(1, len(whole) // 4)
        for outlet_id, spelling in session.execute(_NEAR, {"whole": whole, "backwards": backwards(whole)}):
            written = backwards(whole) if spelling.startswith("~") else whole
            errors = count_errors(written, spelling, allowed)
            if errors is not None and errors < found.get(outlet_id, allowed + 1):
                found[outlet_id] = errors
    return found


def together(words: Sequence[str]) -> str:
    """Join words into one spelling without spaces."""
    return "".join(words)[:SPELLING_LENGTH]


def count_errors(written: str, spelling: str, most: int) -> int | None:
    """Count the typing errors of a text against the start of a spelling; None if more than `most`.

    A letter left out, added, replaced, or swapped with the next one is an error (Damerau, 1964).

    >>> count_errors("gaurd", "guardian", 2), count_errors("rasmusen", "rasmussenreports", 2), count_errors("a", "b", 0)
    (1, 1, None)
    """
    spelling = spelling[: len(written) + most]
    too_many = most + 1
    before: list[int] = []
    row = [min(place, too_many) for place in range(len(spelling) + 1)]
    for place, letter in enumerate(written, 1):
        # Letters whose places differ by more than the allowed errors cannot correspond.
        first, last = max(1, place - most), min(len(spelling), place + most)
        two_before, before, row = before, row, [too_many] * (len(spelling) + 1)
        row[0] = min(place, too_many)
        for other in range(first, last + 1):
            spelt = spelling[other - 1]
            cost = before[other - 1] if letter == spelt else 1 + min(before[other], row[other - 1], before[other - 1])
            if place > 1 < other and letter == spelling[other - 2] and spelt == written[place - 2]:
                cost = min(cost, two_before[other - 2] + 1)
            row[other] = cost
        if min(row[first - 1 : last + 1]) > most:
            return None
    return min(row)
