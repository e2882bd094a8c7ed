"""Stream a file from the body of a request, at a minimum speed, one file at a time in each process."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from flask import Request
from werkzeug.exceptions import BadRequest
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from service import errors
from service.errors import RequestTimeout, UnsupportedMediaType, UploadRunning
from service.values.ids import NAME_LENGTH
from service.web.runtime import runtime

MIN_SPEED = 64_000
"""The minimum speed of a client in bytes per second."""
WINDOW = 30.0
"""The seconds over which the speed is measured."""

_PIECE = 1 << 16  # bytes
_MAX_FIELDS = 1 << 16  # bytes of a form before its file
_ENCODINGS = ("identity", "gzip", "x-gzip", "zstd")
"""The accepted content encodings. Files are stored unchanged, because their first bytes show their format."""


@dataclass(slots=True)
class SentFile:
    """A file in the body of a request, which is still arriving."""

    pieces: Iterator[bytes]
    length: int | None
    """The size of the body, if it is known."""
    name: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    """The fields that precede the file in a form."""


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
            yield _file_of_form(request, pieces)
        else:
            _, options = parse_options_header(request.headers.get("Content-Disposition", ""))
            yield SentFile(pieces, request.content_length, _file_name(options.get("filename")))
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


def _file_of_form(request: Request, pieces: Iterator[bytes]) -> SentFile:
    """Read the fields of a form up to its first file, and return the file."""
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "replace")
    events = _events(MultipartDecoder(boundary, max_form_memory_size=1 << 20, max_parts=100), pieces)
    fields: dict[str, str] = {}
    current, size = "", 0
    for event in events:
        match event:
            case File():
                name = _file_name(event.filename)
                return SentFile(_content(events), request.content_length, name, fields)
            case Field():
                current, fields[event.name] = event.name, ""
            case Data():
                size += len(event.data)
                fields[current] += event.data.decode(errors="replace")
                if size > _MAX_FIELDS:
                    break
            case _:
                pass
    raise errors.BadRequest("You sent a form without a file, or with large fields before it. Send the file itself.")


def _events(decoder: MultipartDecoder, pieces: Iterator[bytes]) -> Iterator[Event]:
    try:
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                decoder.receive_data(next(pieces, None))
            else:
                yield event
    except (ValueError, AttributeError) as exc:
        raise errors.BadRequest("You sent a form that is malformed or incomplete. Send the file itself.") from exc


def _content(events: Iterator[Event]) -> Iterator[bytes]:
    """Yield the content of the current file of a form, and read the rest of the form."""
    is_file = True
    for event in events:
        if isinstance(event, Data) and is_file:
            yield event.data
            is_file = event.more_data


def _file_name(text: str | None) -> str | None:
    """Return the name of a file without its folders; None for a name that cannot be shown."""
    name = (text or "").replace("\\", "/").rpartition("/")[2].strip()
    return name if name and name.isprintable() and len(name) <= NAME_LENGTH else None
