"""Child processes that are forked, not started anew, so that each finds imported what its parent has imported."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds between a process's end and its next start, so that one that cannot run does not spin
_PATIENCE = 30.0  # seconds that a process has to end
_LOOK = 0.02  # seconds between two looks whether it has ended
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


@dataclass(slots=True)
class Process:
    """A child process. Fork while this process has one thread and no connection to a database."""

    name: str
    """What `ps -o comm` shows on Linux, 15 characters of it."""
    run: Callable[[], object]
    """What it does; it ends when this returns."""
    before: Callable[[], None] = lambda: None
    """What to do before each start."""
    _pid: int | None = field(default=None, init=False)
    _ended_at: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Fork the process."""
        self.before()
        sys.stdout.flush()
        # Until it has handlers of its own, a signal must not reach those that it inherits.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._pid = os.fork()
            if self._pid == 0:
                self._run_and_exit(blocked)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    @property
    def running(self) -> bool:
        if self._pid is not None:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
                    return True
            self._pid = None
        return False

    def revive(self) -> None:
        """Start it again, a moment after it has ended."""
        if self.running:
            self._ended_at = None
        elif self._ended_at is None:
            self._ended_at = time.monotonic()
            log.warning("%s has ended and is started again", self.name)
        elif time.monotonic() - self._ended_at >= _PAUSE:
            self._ended_at = None
            self.start()

    def stop(self) -> None:
        """Ask it to end, and kill it if it does not."""
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        while self.running:
            if time.monotonic() > deadline:
                log.warning("%s did not end when asked to and is killed", self.name)
                self._send(signal.SIGKILL)
                deadline += _PATIENCE
            time.sleep(_LOOK)

    def _send(self, name: signal.Signals) -> None:
        """Send a signal; a child that has ended keeps its id until `running` has looked."""
        if self.running and self._pid is not None:
            os.kill(self._pid, name)

    def _run_and_exit(self, signals: set[int | signal.Signals]) -> NoReturn:
        """Run in the child. It must not return into the parent's code, whose locks and files are not its own."""
        code = 1
        try:
            # A session of its own, so that Ctrl-C reaches the parent alone, which stops its children in order.
            os.setsid()
            _set_up_linux(self.name)
            for name in _SIGNALS:
                signal.signal(name, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            self.run()
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
        except BaseException:
            log.exception("%s has failed", self.name)
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def _set_up_linux(name: str) -> None:
    """Give this process its name, and have Linux end it when its parent is killed and cannot do it itself."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_NAME, name.encode())
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
