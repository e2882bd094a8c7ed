from __future__ import annotations

import datetime as dt
import random
import shutil
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from service.cache.score_cache import ScoreCache
from service.outlets.rebuild_sums import rebuild_sums
from service.storage.db import Database
from service.storage.identity import database_id
from service.values.vocabulary import Basis, ClaimKind, Stance, Verdict
from tests.support.examples import slow
from tests.support.steps import END, START, WHOLE, Place, sequences, tell_once, work_through

PARTS = [
    replace(WHOLE, topic="a", basis=Basis.MATURED, level=0.5),
    replace(WHOLE, as_of=START - dt.timedelta(days=3)),
]
FROM_ROWS = replace(WHOLE, as_of=END)
"""Everything too, but added up from the rows and not from the sums."""


def check(worked, fresh, sequence, seed):
    worked.begin()
    fresh.begin()
    on_record = work_through(worked, sequence)
    tell_once(fresh, on_record, worked.merged, random.Random(seed))  # noqa: S311 - Hypothesis draws the seed

    whole = fresh.scores(WHOLE)

    assert whole == worked.scores(WHOLE)
    if seed % 3 == 0:
        assert whole == worked.scores(FROM_ROWS)
    else:
        assert fresh.scores(PARTS[seed % 3 - 1]) == worked.scores(PARTS[seed % 3 - 1])
    if seed % 50 == 7:
        assert 0 == rebuild_sums(worked.db, now=END)


@pytest.fixture
def worked(db, cache):
    """The place where the sequences are executed; its sums must equal a rebuild afterwards."""
    yield Place(db, cache)
    assert 0 == rebuild_sums(db, now=END)


@pytest.fixture
def fresh(tmp_path, sqlite_template, redis_url):
    """The place where only the final state is recorded; each example has its own outlets."""
    shutil.copy(sqlite_template, tmp_path / "fresh.db")
    db = Database(f"sqlite:///{tmp_path}/fresh.db")
    place = Place(db, ScoreCache(f"{redis_url}?db=1", partial(database_id, db)))
    sa.event.listen(place.db.engine, "connect", lambda file, _: file.execute("PRAGMA synchronous=OFF"))
    yield place
    place.db.close()
    place.cache.close()


FLIP = [
    (
        "record",
        {"kind": ClaimKind.FACT, "resolves_by": START, "topic": "a", "group": "g"},
        [{"outlet": 0, "stance": Stance.SUPPORT, "published_at": START - dt.timedelta(days=10), "relays": None}],
    ),
    ("resolve", 0, Verdict.TRUE, None),
    ("read",),
    ("resolve", 0, None, None),
    ("read",),
    ("resolve", 0, Verdict.FALSE, None),
]
SAID_TWICE = [
    (
        "record",
        {"kind": ClaimKind.FACT, "resolves_by": START, "topic": None, "group": None},
        [
            {"outlet": 0, "stance": stance, "published_at": START - dt.timedelta(days=1), "relays": None}
            for stance in (Stance.SUPPORT, Stance.DENY, Stance.SUPPORT)
        ],
    ),
    ("resolve", 0, Verdict.TRUE, None),
]
_NOON = {"stance": Stance.SUPPORT, "published_at": START - dt.timedelta(days=3), "relays": None}
ONE_IN_TWO = [
    (
        "record",
        {"kind": ClaimKind.FACT, "resolves_by": START, "topic": None, "group": None},
        [_NOON | {"outlet": 0, "relays": 1}, _NOON | {"outlet": 1, "stance": Stance.DENY}],
    ),
    ("merge", 0, 1),
    ("read",),
    ("resolve", 0, Verdict.TRUE, None),
    ("report", 0, _NOON | {"outlet": 0, "published_at": START - dt.timedelta(days=1)}),
    ("record", {"kind": ClaimKind.FACT, "resolves_by": START, "topic": "a", "group": None}, [_NOON | {"outlet": 0}]),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@example(FLIP, 0)
@example(SAID_TWICE, 0)
@example(ONE_IN_TWO, 0)
@example([*ONE_IN_TWO, ("part", 0)], 0)
@slow
@given(sequences, st.integers(0, 1000))
def test_scores_are_those_of_the_final_state(worked, fresh, sequence, seed):
    """
    R4, R11, R22: after any sequence of recording, resolving, correcting and withdrawing reports and resolutions,
    merging and undoing merges, scores equal those of the final state recorded once.
    """
    check(worked, fresh, sequence, seed)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@example(FLIP, 0)
@example(SAID_TWICE, 0)
@example(ONE_IN_TWO, 0)
@example([*ONE_IN_TWO, ("part", 0)], 0)
@slow
@given(sequences, st.integers(0, 1000))
def test_scores_on_postgresql_are_those_of_the_final_state_on_sqlite(worked, fresh, sequence, seed):
    """
    R11: scores on PostgreSQL equal those of the final state on SQLite.
    """
    check(worked, fresh, sequence, seed)
