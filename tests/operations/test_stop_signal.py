"""service.operations.stop_signal: being told to stop"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from service.operations.serve import ROOT
from service.operations.stop_signal import Stop
from tests.support.awaiting import DEADLINE

LONGER_THAN_A_TEST = 86400.0
"""Seconds; a wait that took them would fail the test by its timeout."""


@pytest.fixture
def stop():
    """One that SIGTERM sets, for a test."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield Stop.on_signals()
    for name, handler in before.items():
        signal.signal(name, handler)


def test_waits_until_a_signal_comes(stop):
    """
    Until a signal comes every wait takes its time and returns False. From then on none waits, and all return True.
    """
    assert not stop.wait(0.01)
    assert not stop.is_set()

    signal.raise_signal(signal.SIGTERM)

    assert stop.is_set()
    assert [True, True, True] == [stop.wait(LONGER_THAN_A_TEST) for _ in range(3)]


HAMMERED = """
import signal
from service.operations.stop_signal import Stop

stop = Stop()
signal.signal(signal.SIGALRM, lambda *_: stop.set())
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
told = [stop.wait(0.001) or stop.is_set() for _ in range(2000)]
signal.setitimer(signal.ITIMER_REAL, 0)
assert all(told[1000:])
"""


def test_a_signal_that_comes_at_any_moment_of_waiting():
    """
    Signals that come thick and fast while it is looked at block nobody.
    """
    # In a process of its own, since one that is blocked for ever can only be killed.
    assert 0 == subprocess.run([sys.executable, "-c", HAMMERED], check=False, timeout=DEADLINE, cwd=ROOT).returncode


def test_all_who_wait_are_told():
    """
    Several threads wait, and one call of `set` lets all of them go on.
    """
    stop, told = Stop(), []
    waiting = [threading.Thread(target=lambda: told.append(stop.wait(LONGER_THAN_A_TEST))) for _ in range(4)]
    for thread in waiting:
        thread.start()

    stop.set()

    for thread in waiting:
        thread.join(DEADLINE)
    assert [True] * 4 == told
