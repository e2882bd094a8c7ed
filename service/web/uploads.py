"""Receive a file in a request body, at a minimum speed and one at a time in each process."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import Request
from werkzeug.exceptions import BadRequest
from werkzeug.http import parse_options_header

from service.errors import RequestTimeout, UnsupportedMediaType, UploadRunning
from service.web.runtime import runtime
from service.web.sent_files import SentFile, file_name, file_of_form

MIN_SPEED = 64_000
"""The minimum speed of a client in bytes per second."""
WINDOW = 30.0
"""The seconds over which the speed is measured."""

_PIECE = 1 << 16  # bytes
_ENCODINGS = ("identity", "gzip", "x-gzip", "zstd")
"""The accepted content encodings. Files are stored as sent, as their first bytes show their format."""


@contextmanager
def receive_file(request: Request) -> Iterator[SentFile]:
    """Yield the file in the body of a request: the body itself, or the file of a form.

    Raises:
        UploadRunning: This process is receiving another file.
        UnsupportedMediaType: The body has an encoding in which files are not accepted.
        RequestTimeout: The client sends too slowly; raised while the pieces are read.
    """
    if request.headers.get("Content-Encoding", "identity").lower() not in _ENCODINGS:
        raise UnsupportedMediaType("You sent the file in an unknown encoding. Send it as is, or in gzip or zstd.")
    lock = runtime().receiving
    if not lock.acquire(blocking=False):
        raise UploadRunning("You sent a file while this process is receiving another one. Send it again in a moment.")
    try:
        request.max_content_length = sys.maxsize  # the use case checks the size
        pieces = _read_pieces(request)
        if request.mimetype == "multipart/form-data":
            yield file_of_form(request, pieces)
        else:
            _, options = parse_options_header(request.headers.get("Content-Disposition", ""))
            yield SentFile(pieces, request.content_length, file_name(options.get("filename")))
    finally:
        lock.release()


class _Watch:
    """A thread that closes the receiving side of a connection if the client sends too slowly."""

    def __init__(self, connection: socket.socket | None) -> None:
        self.is_slow = False
        self.received = 0
        self._connection = connection
        self._ended = threading.Event()
        if connection is not None:  # in tests there is none
            threading.Thread(target=self._watch, name="upload speed", daemon=True).start()

    def _watch(self) -> None:
        before = 0
        while not self._ended.wait(WINDOW):
            if self.received - before < MIN_SPEED * WINDOW and self._connection is not None:
                self.is_slow = True
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RD)
                return
            before = self.received

    def stop(self) -> None:
        self._ended.set()


def _read_pieces(request: Request) -> Iterator[bytes]:
    watch = _Watch(request.environ.get("gunicorn.socket"))
    try:
        while piece := request.stream.read(_PIECE):
            watch.received += len(piece)
            yield piece
    except BadRequest:
        if not watch.is_slow:
            raise
    finally:
        watch.stop()
    if watch.is_slow:
        raise RequestTimeout(
            f"You sent the file at less than {MIN_SPEED // 1000} kB/s over {WINDOW:.0f} s, which is too slow. Compress "
            "it with gzip or zstd, or split it."
        )
