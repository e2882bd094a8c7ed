"""Run child processes, forked so that they share the modules that their parent has imported."""

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

_RESTART_DELAY = 1.0  # seconds, so that a process that fails at once does not use all of a CPU
_STOP_TIMEOUT = 30.0  # seconds
_POLL_INTERVAL = 0.02  # seconds
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


@dataclass(slots=True)
class Process:
    """A child process. Start it while this process has one thread and no connection to a database."""

    name: str
    """The name in logs and, up to 15 characters of it, in `ps -o comm` on Linux."""
    run: Callable[[], object]
    """The function that the process runs; the process ends when it returns."""
    before: Callable[[], None] = lambda: None
    """A function that the parent calls before each start."""
    _pid: int | None = field(default=None, init=False)
    _ended_at: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Fork the process."""
        self.before()
        sys.stdout.flush()
        # The child inherits the parent's signal handlers, so block signals until it has replaced them.
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

    def restart_if_ended(self) -> None:
        """Restart the process if it has ended, after a delay of a second."""
        if self.running:
            self._ended_at = None
        elif self._ended_at is None:
            self._ended_at = time.monotonic()
            log.warning("%s ended and will be restarted", self.name)
        elif time.monotonic() - self._ended_at >= _RESTART_DELAY:
            self._ended_at = None
            self.start()

    def stop(self) -> None:
        """Terminate the process, and kill it if it does not end in time."""
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_TIMEOUT
        while self.running:
            if time.monotonic() > deadline:
                log.warning("%s did not end on SIGTERM and will be killed", self.name)
                self._send(signal.SIGKILL)
                deadline += _STOP_TIMEOUT
            time.sleep(_POLL_INTERVAL)

    def _send(self, number: signal.Signals) -> None:
        """Send a signal. The id of an ended child is not reused until `running` has reaped it."""
        if self.running and self._pid is not None:
            os.kill(self._pid, number)

    def _run_and_exit(self, signals: set[int | signal.Signals]) -> NoReturn:
        """Run the function in the child, and exit.

        The child must not return into the parent's code, because it does not own the parent's locks and files.
        """
        code = 1
        try:
            self._set_up(signals)
            self.run()
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
        except BaseException:
            log.exception("%s failed", self.name)
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _set_up(self, signals: set[int | signal.Signals]) -> None:
        # A new session, so that Ctrl-C reaches only the parent, which stops its children in order.
        os.setsid()
        _set_up_linux(self.name)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)


def _set_up_linux(name: str) -> None:
    """On Linux, set the name of this process, and have it terminated when its parent is killed."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_NAME, name.encode())
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
