"""Read the bytes of a file as an import does."""

from __future__ import annotations

import io

from service.errors import ServiceError
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions


class Pipe(io.RawIOBase):
    """A stream that can only be read forward, and returns few bytes at a time."""

    def __init__(self, data, size=7):
        self._data, self._size = memoryview(data), size

    def readable(self):
        return True

    def read(self, size=-1):
        count = min(self._size, size)
        data, self._data = bytes(self._data[:count]), self._data[count:]
        return data


def read(data, **options):
    """Return the numbered values of a file."""
    return list(open_lines(io.BytesIO(data), FileOptions.parse(**options)))


def values(data, **options):
    """Return the values of a file without their numbers."""
    return [value for _, value in read(data, **options)]


def form(data, **options):
    """Return the detected form of a file as a sentence."""
    return str(open_lines(io.BytesIO(data), FileOptions.parse(**options)).form)


def faults(lines):
    """Return the numbers of the malformed lines with the types of their errors."""
    return [(number, type(content)) for number, content in lines if isinstance(content, ServiceError)]
