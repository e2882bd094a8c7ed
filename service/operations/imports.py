"""Process import jobs in a thread of the worker."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator
from itertools import islice

import sqlalchemy as sa

from service.operations.stop_signal import Stop
from service.schemas.lines import read_lines
from service.storage.actors import CURRENT_ACTOR, WORKER
from service.storage.db_errors import is_unavailable
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from service.transfer.files.unpack import Readable
from service.transfer.lines import ReadLine
from service.transfer.processing import Imports
from service.values.instants import utc_now

log = logging.getLogger(__name__)

_IDLE = 0.5  # seconds between two looks for a job


def run_imports(imports: Imports, stop: Stop) -> None:
    """Process import jobs until `stop` is set. If one fails, log the error and continue with the next."""
    CURRENT_ACTOR.set(WORKER)
    while not stop.is_set():
        is_working = False
        try:
            is_working = imports.step(now=utc_now())
        except Exception as exc:
            if not is_unavailable(exc):  # if it is, the main thread logs it
                log.exception("An import failed")
        if not is_working:
            stop.wait(_IDLE)
    with contextlib.suppress(sa.exc.SQLAlchemyError):  # otherwise the leases expire by themselves
        imports.release()


def read_file(stream: Readable, options: FileOptions, skipped: int) -> Generator[ReadLine]:
    """Yield the lines of an imported file, without those that were already loaded.

    Args:
        stream: The stream of the file.
        options: The options for reading the file.
        skipped: The number of lines to skip at the beginning.

    Raises:
        UnreadableFile: The file as a whole cannot be read.
        TooLarge: A limit was exceeded.
    """
    yield from islice(read_lines(open_lines(stream, options), feed=options.feed), skipped, None)
