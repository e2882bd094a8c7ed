"""Responses that stream texts from one database snapshot. A process sends only two at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

from flask import Response
from sqlalchemy.orm import Session

from service.errors import ExportsBusy
from service.storage.db import Database
from service.web.runtime import read_late, runtime

_CHUNK = 1 << 16  # characters

log = logging.getLogger(__name__)


def stream_texts(read: Callable[[Session], Iterator[str]], content_type: str) -> Response:
    """Return a response that streams texts, all read from one snapshot of the database.

    Raises:
        ExportsBusy: This process is already sending the largest allowed number of exports.
    """
    at = runtime()
    if not at.export_slots.acquire(blocking=False):
        raise ExportsBusy("This process is already sending two exports. Send your request again in ten seconds.")

    def begin(db: Database) -> tuple[bytes, Iterator[bytes], ExitStack]:
        with ExitStack() as stack:
            chunks = _chunks(read(stack.enter_context(db.read(unlimited=True))))
            first = next(chunks, b"")  # an error here can still be sent as a problem document
            return first, chunks, stack.pop_all()

    with ExitStack() as stack:
        stack.callback(at.export_slots.release)
        first, chunks, opened = read_late(begin)
        stack.push(opened)
        resources = stack.pop_all()
    response = Response(_send(first, chunks, resources), content_type=content_type)
    response.call_on_close(resources.close)  # if the client disconnects early, or sent HEAD
    response.headers["Cache-Control"] = "no-cache"
    return response


def _chunks(texts: Iterable[str]) -> Iterator[bytes]:
    parts: list[str] = []
    size = 0
    for text in texts:
        parts.append(text)
        size += len(text)
        if size >= _CHUNK:
            yield "".join(parts).encode()
            parts.clear()
            size = 0
    if parts:
        yield "".join(parts).encode()


def _send(first: bytes, chunks: Iterable[bytes], resources: ExitStack) -> Iterator[bytes]:
    """Yield the chunks, and then free the resources. If the export fails, the body is truncated."""
    with resources:
        yield first
        try:
            yield from chunks
        except Exception:
            log.exception("An export was cut off")
            raise
