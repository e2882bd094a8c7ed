from __future__ import annotations

import datetime as dt

import pytest

from service.backtest import BadRecord, read_records
from service.backtest.learned import Learned
from service.backtest.timeline import run
from service.values.vocabulary import Stance
from tests.support.backtest_records import line, read


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"outcome": "true"}, True),
        ({"outcome": False}, False),
        ({"outcome": 0.5}, True),
        ({"outcome": 0.4}, False),
        ({"outcome": "0.75"}, True),
    ],
)
def test_outcomes(given, expected):
    """
    An outcome may be a word, a boolean or a share; one half counts as true.
    """
    (record,) = read([line(**given)])

    assert expected is record.proved
    assert record.resolved_at == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def test_words_of_data_sets():
    """
    A stance may be in the words of this service or of a data set, and a commitment level may be in `x.strength`.
    """
    lines = [line(stance="denies", x={"strength": 3}), line(stance="deny", commitment=3), line()]

    assert [(Stance.DENY, 3), (Stance.DENY, 3), (Stance.SUPPORT, None)] == [
        (record.stance, record.commitment) for record in read(lines)
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stance": "maybe"},
        {"outcome": "perhaps"},
        {"outcome": 7},
        {"outcome": "nan"},
        {"published_at": "soon"},
        {"probability": "high"},
        {"probability": 1.1},
        {"probability": True},
        {"commitment": 9},
        {"commitment": "sure"},
        {"x": {"strength": [3]}},
        {"rivals": -1},
        {"rivals": 2.5},
        {"rivals": True},
        {"rivals": 10**9},
        {"resolves_by": "soon"},
    ],
)
def test_record_that_cannot_be_read(wrong):
    """
    An invalid record is rejected with the number of its line.
    """
    with pytest.raises(BadRecord, match=r"^Line 3 "):
        read_records([(1, line()), (3, line() | wrong)])


def test_number_of_rivals_in_a_record():
    """
    A record may state the number of rivals at its time, which is a feature of the forecast.
    """
    known = [
        line(f"outlet {n % 5}", f"c{n}", f"2024-01-{n % 28 + 1:02}", outcome=n % 3 == 0, rivals=n % 4)
        for n in range(60)
    ]
    asked = [line("outlet 1", "asked", "2024-06-01", outcome=True)]
    found = [
        run(read([*known, *(one | {"rivals": rivals} for one in asked)]), [Learned()]).reports[-1].probabilities[0]
        for rivals in (None, 0, 5)
    ]

    assert found[0] == found[1] != found[2]
