"""The command `borneout` in a process of its own, forked from one that has imported it, because importing takes long"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.awaiting import DEADLINE

_PRELOADED = [f"service.cli.{name}" for name in ("main", "backup", "load", "shared")]
_PRELOADED += ["service.app", "service.operations.serve", "service.scores.context_refit", "service.transfer.export"]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_PRELOADED)


class Done(NamedTuple):
    """The result of a command that has exited."""

    returncode: int | None
    stdout: str
    stderr: str


def run_forked(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Done:
    """Run a command and wait for it.

    Args:
        arguments: The arguments.
        cwd: The working directory.
        env: All environment variables.
    """
    with tempfile.TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        process = _context.Process(target=_run, args=(arguments, cwd, dict(env), stdout, stderr))
        process.start()
        process.join(DEADLINE)
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        return Done(code, stdout.read_text(), stderr.read_text())


def _run(arguments: Sequence[str], cwd: Path, env: dict[str, str], stdout: Path, stderr: Path) -> None:
    for path, number in ((stdout, 1), (stderr, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    from service.cli import main  # noqa: PLC0415 - the tests import nothing of the service before its environment is set

    main(arguments, prog_name="borneout")
