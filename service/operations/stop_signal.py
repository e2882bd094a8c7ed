"""A stop flag that signal handlers can set."""

from __future__ import annotations

import contextlib
import queue
import signal


class Stop:
    """A flag like `threading.Event` that is safe to set in a signal handler.

    The lock of `threading.Event` is not reentrant: a signal that arrives while the main thread holds it causes a
    deadlock. `SimpleQueue.put` is reentrant.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._wakeups: queue.SimpleQueue[None] = queue.SimpleQueue()

    @classmethod
    def on_signals(cls) -> Stop:
        """Return a flag that SIGTERM and SIGINT set."""
        stop = cls()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        return stop

    def set(self) -> None:
        self._is_set = True
        self._wakeups.put(None)

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait until the flag is set or the seconds have passed, and return whether it is set."""
        with contextlib.suppress(queue.Empty):
            self._wakeups.get(timeout=seconds)
            self._wakeups.put(None)  # wake the next waiting thread
        return self._is_set
