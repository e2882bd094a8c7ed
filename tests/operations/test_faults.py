"""A short version of `python -m bench.faults`: faults are injected while four clients write and six read

Outages of Redis, after which scores may be stale for a while, are tested in test_never_stale.py.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.fault_injection import FAULTS, start_site
from tests.support.fault_run import describe, run_fault

SECONDS = 0.4
EXERCISED = {
    "sqlite": ["master killed", "everything killed", "redis flushed", "files kept short", "clock ahead"],
    "postgresql": ["worker killed", "everything killed", "connections cut", "postgres crashed"],
}


@pytest.fixture(scope="module")
def site_of():
    """Returns the service on a database of either kind; the one before is stopped.

    Its folder is not below pytest's, which the user of a PostgreSQL that root starts may not access.
    """
    with ExitStack() as stack:
        sites = {}

        def start(kind):
            if kind not in sites:
                stack.close()
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="borneout-")))
                sites[kind] = stack.enter_context(start_site(kind, folder, small_disk=False, repetitions=1))
            return sites[kind]

        yield start


@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind in EXERCISED for fault in EXERCISED[kind]])
def test_nothing_is_lost(site_of, kind, fault):
    """
    R20: after each fault, every acknowledged write exists once, all others exist completely or not at all, scores
    equal those of a rebuild, no read was stale, and every response conformed to the API document.
    """
    observed, wrong = run_fault(site_of(kind), fault, seconds=SECONDS)

    print(describe(f"{kind[:6]}, {fault}", observed, wrong))  # noqa: T201 - figures
    assert {} == dict(wrong)
    assert observed.counts["acknowledged"] > 0 < observed.counts["scores read"]


def test_faults_apply_to_their_databases():
    """
    Every exercised fault exists and applies to the database that it is exercised on.
    """
    for kind, faults in EXERCISED.items():
        assert {None, kind} >= {FAULTS[fault].only for fault in faults}
