"""What coverage is not asked about: tests that run the same lines as others, and what they stand on."""

from __future__ import annotations

from contextlib import contextmanager

import coverage

# Files that run the same lines over and over, or those that other files run.
_OVER_AND_OVER = (
    "test_recount.py",
    "test_learner_quality.py",
    "test_bad_values.py",
    "test_malformed.py",
    "test_bad_queries.py",
    "test_cursors.py",
    "test_paging_lists.py",
    "test_scopes.py",
    "test_fuzz.py",
)
# Files of which some lines run on PostgreSQL alone.
_UNLIKE = (
    "test_db.py",
    "test_database_away.py",
    "test_writers_at_once.py",
    "test_migrations.py",
    "test_search_claims.py",
)

_paused = []


@contextmanager
def unmeasured():
    """Measure nothing, which takes a third of the time."""
    measuring = coverage.Coverage.current()
    if measuring is None or _paused:
        yield
        return
    measuring.stop()
    _paused.append(measuring)
    try:
        yield
    finally:
        measuring.start()
        _paused.clear()


def leave_unmeasured(items):
    """Mark the tests that are not measured.

    What runs on both databases is measured on SQLite alone, and what runs the same lines over and over, as Hypothesis
    and the files named do, not at all: the tracer doubles the time they take.
    """
    known = {item.nodeid for item in items}
    for item in items:
        twin = item.nodeid.replace("postgresql", "sqlite")
        is_twin = twin != item.nodeid and twin in known and item.path.name not in _UNLIKE
        if is_twin or getattr(item.obj, "is_hypothesis_test", False) or item.path.name in _OVER_AND_OVER:
            item.add_marker("unmeasured")


def is_on_postgresql(item):
    """Whether a test asks for a database of PostgreSQL."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    return "postgresql" in (given.get("database_url"), given.get("standing_world"))
