"""What `python -m bench.faults` does at length, in short: a service is hurt while four write and six read

A Redis that is away for a while, after which scores may lag, is in test_never_stale.py.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.faults import run_fault, tell
from bench.hurting import FAULTS, a_site

SECONDS = 0.4
EXERCISED = {
    "sqlite": ["master killed", "everything killed", "redis flushed", "files kept short", "clock ahead"],
    "postgresql": ["worker killed", "everything killed", "connections cut", "postgres crashed"],
}


@pytest.fixture(scope="module")
def site_of():
    """Gives the service on a database of either kind, one after the other.

    Not below pytest's folder, which another run may close to the user that a PostgreSQL of root's runs as.
    """
    with ExitStack() as stack:
        sites = {}

        def give(kind):
            if kind not in sites:
                stack.close()
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="borneout-")))
                sites[kind] = stack.enter_context(a_site(kind, folder, small=False, blows=1))
            return sites[kind]

        yield give


@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind in EXERCISED for fault in EXERCISED[kind]])
def test_nothing_is_lost(site_of, kind, fault):
    """
    R20: after each fault, what was acknowledged is there once, what was not is there whole or not at all, scores are
    those of a rebuild, no read was behind, and every answer was one that the document has.
    """
    told, wrong = run_fault(site_of(kind), fault, seconds=SECONDS)

    tell(f"{kind[:6]}, {fault}", told, wrong)
    assert {} == dict(wrong)
    assert told.counts["acknowledged"] > 0 < told.counts["scores read"]


def test_faults_are_known():
    """
    What is exercised here are faults that the long form knows, too, on the databases that they are for.
    """
    for kind, faults in EXERCISED.items():
        assert {None, kind} >= {FAULTS[fault].only for fault in faults}
