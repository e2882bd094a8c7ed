"""Unpack a stream that may be compressed, and count its bytes."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Protocol

from service.errors import TooLarge, UnreadableFile
from service.transfer.files.other_formats import ZIP

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 16
MAX_WINDOW_LOG = 23
"""The base-2 logarithm of the largest Zstandard window: 8 MiB."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes([0x50 + number, 0x2A, 0x4D, 0x18]) for number in range(16))


class Readable(Protocol):
    """A stream of bytes that is read forward only."""

    def read(self, size: int, /) -> bytes: ...


def unpack(stream: Readable, *, limit: int) -> tuple[str | None, Iterator[bytes]]:
    """Return the compression of a stream, and its unpacked bytes in blocks.

    Raises:
        TooLarge: The unpacked bytes or the Zstandard window exceed their limit. The iterator raises this error.
        UnreadableFile: The stream is damaged, or contains another archive. The iterator may raise this error too.
    """
    head, blocks = peek(_blocks(stream), 8)
    if head.startswith(_GZIP):
        compression, unpacked = "gzip", _gunzip(blocks)
    elif head.startswith((_ZSTD, *_SKIPPABLE)):
        compression, unpacked = "zstd", _unzstd(blocks)
    else:
        return None, _count(blocks, limit)
    head, blocks = peek(_count(unpacked, limit), 8)
    if head.startswith((_GZIP, _ZSTD, *ZIP, *_SKIPPABLE)):
        raise UnreadableFile("The file is an archive inside an archive. Unpack it once, and import the file inside.")
    return compression, blocks


def peek(blocks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """Return at least the first `size` bytes, or all if there are fewer, and an iterator over all bytes."""
    head = bytearray()
    while len(head) < size and (block := next(blocks, None)) is not None:
        head += block
    return bytes(head), chain([bytes(head)], blocks) if head else blocks


def _blocks(stream: Readable) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def _count(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for block in blocks:
        total += len(block)
        if total > limit:
            raise TooLarge(
                f"The file has more than {limit:,} bytes when unpacked, the limit that BORNEOUT_MAX_IMPORT sets. "
                "Split it into smaller files."
            )
        yield block


def _gunzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the unpacked bytes of one or more gzip members, which may be padded with zeros."""
    decoder = zlib.decompressobj(31)
    try:
        for block in blocks:
            data = block
            while data:
                if decoder.eof:
                    if not (data := data.lstrip(b"\0")):
                        break
                    decoder = zlib.decompressobj(31)
                yield from _some(decoder.decompress(data, BLOCK))
                data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        while not decoder.eof and (rest := decoder.decompress(b"", BLOCK)):
            yield rest
    except zlib.error as exc:
        raise _damaged("gzip") from exc
    if not decoder.eof:
        raise _damaged("gzip")


def _unzstd(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the unpacked bytes of one or more Zstandard frames."""
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}
    decoder = zstd.ZstdDecompressor(options=options)
    try:
        for block in blocks:
            data = block
            while data or not (decoder.needs_input or decoder.eof):
                if decoder.eof:
                    decoder = zstd.ZstdDecompressor(options=options)
                yield from _some(decoder.decompress(data, BLOCK))
                data = decoder.unused_data if decoder.eof else b""
    except zstd.ZstdError as exc:
        if "too much memory" in str(exc):
            raise TooLarge(
                "The Zstandard data need a window of more than 8 MiB. Compress the file without --long or --ultra."
            ) from exc
        raise _damaged("Zstandard") from exc
    if not decoder.eof:
        raise _damaged("Zstandard")


def _some(data: bytes) -> list[bytes]:
    return [data] if data else []


def _damaged(format_: str) -> UnreadableFile:
    return UnreadableFile(f"The {format_} data are damaged or incomplete. Compress or download the file again.")
