"""service.operations.stop_signal"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from service.operations.stop_signal import Stop
from tests.support.awaiting import DEADLINE
from tests.support.paths import ROOT

LONGER_THAN_A_TEST = 86400.0
"""Seconds; a wait that long would exceed the timeout of the test."""


@pytest.fixture
def stop():
    """A flag that SIGTERM sets during a test."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield Stop.on_signals()
    for name, handler in before.items():
        signal.signal(name, handler)


def test_waits_until_a_signal_comes(stop):
    """
    A wait returns False after its timeout until a signal arrives; then every wait returns True at once.
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
results = [stop.wait(0.001) or stop.is_set() for _ in range(2000)]
signal.setitimer(signal.ITIMER_REAL, 0)
assert all(results[1000:])
"""


def test_no_deadlock():
    """
    Signals that arrive at any moment of a wait cause no deadlock.
    """
    # In another process, because a deadlock can only be ended by a kill.
    assert 0 == subprocess.run([sys.executable, "-c", HAMMERED], check=False, timeout=DEADLINE, cwd=ROOT).returncode


def test_set_wakes_all_threads():
    """
    One call of `set` wakes all waiting threads.
    """
    stop, results = Stop(), []
    waiting = [threading.Thread(target=lambda: results.append(stop.wait(LONGER_THAN_A_TEST))) for _ in range(4)]
    for thread in waiting:
        thread.start()

    stop.set()

    for thread in waiting:
        thread.join(DEADLINE)
    assert [True] * 4 == results
