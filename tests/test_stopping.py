"""service.stopping: being told to stop"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from service.serve import ROOT
from service.stopping import Stop


@pytest.fixture
def stop():
    """One that SIGTERM sets, for a test."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield Stop.on_signals()
    for name, handler in before.items():
        signal.signal(name, handler)


def test_waits_until_a_signal_comes(stop):
    """
    Until a signal comes every wait takes its time and says no; from then on none waits, and all say yes.
    """
    assert not stop.wait(0.01)
    assert not stop.is_set()

    signal.raise_signal(signal.SIGTERM)

    begun = time.monotonic()
    assert stop.is_set()
    assert [True, True, True] == [stop.wait(60) for _ in range(3)]
    assert time.monotonic() - begun < 30


HAMMERED = """
import signal
from service.stopping import Stop

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
    assert 0 == subprocess.run([sys.executable, "-c", HAMMERED], check=False, timeout=60, cwd=ROOT).returncode


def test_all_who_wait_are_told():
    """
    Several threads wait, and one call of `set` lets all of them go on.
    """
    stop, told = Stop(), []
    waiting = [threading.Thread(target=lambda: told.append(stop.wait(60))) for _ in range(4)]
    for thread in waiting:
        thread.start()

    stop.set()

    for thread in waiting:
        thread.join(30)
    assert [True] * 4 == told
