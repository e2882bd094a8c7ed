"""A file as a client sends it: the body of a request, or the first file of a form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Request
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from service import errors
from service.values.ids import NAME_LENGTH

_MAX_FIELDS = 1 << 16  # bytes of a form before its file


@dataclass(slots=True)
class SentFile:
    """A file in a request body that is still being received."""

    pieces: Iterator[bytes]
    length: int | None
    """The size of the body, if it is known."""
    name: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    """The fields that precede the file in a form."""


def file_of_form(request: Request, pieces: Iterator[bytes]) -> SentFile:
    """Read the fields of a form up to its first file, and return the file."""
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "replace")
    events = _events(MultipartDecoder(boundary, max_form_memory_size=1 << 20, max_parts=100), pieces)
    fields: dict[str, str] = {}
    current, size = "", 0
    for event in events:
        match event:
            case File():
                name = file_name(event.filename)
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


def file_name(text: str | None) -> str | None:
    """Return the name of a file without its folders; None if it is empty, too long or not printable."""
    name = (text or "").replace("\\", "/").rpartition("/")[2].strip()
    return name if name and name.isprintable() and len(name) <= NAME_LENGTH else None
