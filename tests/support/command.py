"""The command `borneout`, run in this process with the settings of a test."""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

from click.testing import CliRunner, Result

from service.cli import main
from service.config import Settings


class Command:
    """Runs the command; an unexpected exception is raised."""

    def __init__(self, settings: Settings) -> None:
        self.env: dict[str, str | None] = {
            "BORNEOUT_DATABASE_URL": settings.database_url,
            "BORNEOUT_REDIS_URL": settings.redis_url,
            "PROMETHEUS_MULTIPROC_DIR": None,  # set by `serve` for its process
        }
        self.data_dir = settings.data_dir

    def __call__(self, *arguments: Any, **env: str) -> Result:
        root = logging.getLogger()
        handlers, level = root.handlers, root.level
        umask = os.umask(0o022)
        signal_handlers = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            result = CliRunner(env=self.env | env).invoke(
                main, [*map(str, arguments), "--data-dir", str(self.data_dir)]
            )
        finally:
            # Undo the changes of a command to the logs and signal handlers of this process.
            os.umask(umask)
            logging.captureWarnings(capture=False)
            root.handlers, root.level = handlers, level
            for name, handler in signal_handlers.items():
                if signal.getsignal(name) is not handler:
                    signal.signal(name, handler)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


def succeeds(result: Result) -> str:
    """Check that a command succeeded without messages, and return its output."""
    assert (0, "") == (result.exit_code, result.stderr)
    return result.stdout


def fails(result: Result, *words: str) -> None:
    """Check that a command failed with code 1 and a message that contains some words, without a traceback."""
    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    assert [] == [word for word in words if word not in result.stderr], result.stderr
