"""Corrections of misspelt words in searches for claims"""

from __future__ import annotations

import pytest

from service.claims.spelling import correct_search


@pytest.fixture
def correct(world):
    """Returns a function that corrects a search, with some claims on record."""
    for text in ("Liverpool sign Alonso.", "Liverpool sell a striker.", "Livercool is a brand.", "Transfers are open."):
        world.record(text=text)
    return lambda q: correct_search(world.runtime.db, q=q)


def test_one_error(correct):
    """
    A word with one letter too few, too many, wrong or swapped is replaced by the most frequent word that it may mean.
    """
    expected = {
        "lverpool": "liverpool",
        "Liveerpool": "liverpool",
        "livermool": "liverpool",
        "livrepool": "liverpool",
        "trnsfers": "transfers",
        "lverpool alnso": "liverpool alonso",
        "sign lverpool": "sign liverpool",
    }

    assert expected == {q: correct(q) for q in expected}


@pytest.mark.parametrize(
    "q", ["liverpool", "liver", "livrpol", "xyz", "12345", "阿隆", "", "'", "liverpool qqqqqqqq", "x" * 1000]
)
def test_nothing_to_correct(correct, q):
    """
    Words of claims, their beginnings, short words, numbers, other scripts, and words with two errors stay as they are.
    """
    assert correct(q) is None
