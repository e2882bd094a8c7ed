"""Being told to stop, by a signal that may come at any moment."""

from __future__ import annotations

import contextlib
import queue
import signal


class Stop:
    """What an Event is, but safe to set in a signal handler.

    The lock of `threading.Event` cannot be taken twice by one thread: a signal that comes while the main thread
    holds it would wait for itself for ever. `SimpleQueue` is made for being called there.
    """

    def __init__(self) -> None:
        self._told = False
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    @classmethod
    def on_signals(cls) -> Stop:
        """One that SIGTERM and Ctrl-C set from now on."""
        stop = cls()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        return stop

    def set(self) -> None:
        self._told = True
        self._bell.put(None)

    def is_set(self) -> bool:
        return self._told

    def wait(self, seconds: float) -> bool:
        """Wait, but not once it is set; whether it is."""
        with contextlib.suppress(queue.Empty):
            self._bell.get(timeout=seconds)
            self._bell.put(None)  # for whoever else waits
        return self._told
