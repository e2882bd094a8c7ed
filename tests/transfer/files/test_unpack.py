"""service.transfer.files.unpack: compressed streams and their limits"""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ServiceError, TooLarge, UnreadableFile
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from tests.support.reading import Pipe, form, read

CSV = b"outlet,claim\nA,b\nC,d\n"
ROWS = [(2, {"outlet": "A", "claim": "b"}), (3, {"outlet": "C", "claim": "d"})]
SKIPPABLE = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
PACKED = {
    "gzip": gzip.compress(CSV),
    "gzip in two members": gzip.compress(CSV[:9]) + gzip.compress(CSV[9:]),
    "gzip with zeros behind it": gzip.compress(CSV) + b"\0" * 512,
    "zstd": zstd.compress(CSV, options={zstd.CompressionParameter.checksum_flag: 1}),
    "zstd in two frames": zstd.compress(CSV[:9]) + zstd.compress(CSV[9:]),
    "zstd after a skippable frame": SKIPPABLE + zstd.compress(CSV) + SKIPPABLE,
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_compressed_stream(packed, size):
    """
    A compressed stream is unpacked, however its bytes arrive.
    """
    assert ROWS == list(open_lines(Pipe(packed, size), FileOptions()))


def test_compressed_utf16():
    """
    The encoding is that of the unpacked text.
    """
    assert "CSV, in UTF-16-LE, separated by commas, compressed with gzip" == form(
        gzip.compress(b"\xff\xfe" + CSV.decode().encode("utf-16-le"))
    )


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bytes], ids=["gzip", "zstd", "plain"])
def test_limit_of_the_unpacked_bytes(pack):
    """
    A file over BORNEOUT_MAX_IMPORT is an error that names the limit, counted after it is unpacked.
    """
    assert ROWS == read(pack(CSV), limit=len(CSV))
    with pytest.raises(TooLarge, match="more than 20 bytes when unpacked, the limit that BORNEOUT_MAX_IMPORT sets"):
        read(pack(CSV), limit=len(CSV) - 1)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_bomb(pack):
    """
    A small file that unpacks to a large one is refused at the limit, with little memory.
    """
    bomb = pack(CSV + b"a" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        read(bomb, limit=20_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 5_000_000


@pytest.mark.parametrize("log", [23, 24])
def test_window_of_zstandard(log):
    """
    A window of 8 MiB is accepted, and a larger one is an error that names the limit.
    """
    options = {zstd.CompressionParameter.window_log: log}
    writer = zstd.ZstdCompressor(options=options)
    packed = writer.compress(CSV + b"\n" * (1 << 20)) + writer.flush()

    if log == 23:
        assert ROWS == read(packed)
    else:
        with pytest.raises(TooLarge, match="window of more than 8 MiB"):
            read(packed)


@pytest.mark.parametrize("outer", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("inner", ["gzip", "zstd", "zip"])
def test_archive_inside_an_archive(outer, inner):
    """
    An archive inside an archive is refused in one sentence.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", CSV)
    packed = {"gzip": gzip.compress(CSV), "zstd": zstd.compress(CSV), "zip": archive.getvalue()}[inner]

    with pytest.raises(UnreadableFile, match="archive inside an archive"):
        read(outer(packed))


@pytest.mark.parametrize("name", ["gzip", "zstd"])
@pytest.mark.parametrize("damage", ["short", "changed", "longer"])
def test_damaged_archive(name, damage):
    """
    A damaged or incomplete archive is refused, after the rows before the damage.
    """
    packed = bytearray(PACKED[name])
    if damage == "short":
        del packed[-5:]
    elif damage == "changed":
        packed[12] ^= 0xFF
    else:
        packed += b"junk behind it"

    with pytest.raises(UnreadableFile, match="damaged or incomplete"):
        read(bytes(packed))


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\0\0", "xz"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or encrypted Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PGDMP\x01", "dump of PostgreSQL"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html>", "HTML"),
        (b"<?xml version='1.0'?>", "HTML or XML"),
    ],
)
def test_other_formats(head, name):
    """
    A file of another format is refused in one sentence that names the format.
    """
    with pytest.raises(UnreadableFile, match=name):
        read(head + b"\n" * 100)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar(pack, format_):
    """
    A tar archive, compressed or not, is refused in one sentence that names it.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=format_) as archive:
        member = tarfile.TarInfo("reports.csv")
        member.size = len(CSV)
        archive.addfile(member, io.BytesIO(CSV))

    with pytest.raises(UnreadableFile, match="tar archive"):
        read(pack(packed.getvalue()))


GOOD = [CSV, b'{"outlet": "A"}\n{"outlet": "B"}\n', b'[{"outlet": "A"}, {"outlet": "B"}]', *PACKED.values()]
GOOD += [
    'outlet\tclaim\nÄ\t"b\nc"\n'.encode("utf-16"),
    b"sep=;\r\noutlet;claim\r\nA;b\r\n",
    b"outlet,claim\rA,b\r",
]


@given(st.binary(max_size=200), st.sampled_from([None, "utf-16", "cp1252", "shift_jis", "utf-32", "utf-7", "hz"]))
def test_any_bytes(data, encoding):
    """
    Any bytes are read to their end, or refused with a problem; the numbers of lines rise.
    """
    check(data, encoding=encoding)


@given(st.sampled_from(GOOD), st.data())
def test_any_damage(good, data):
    """
    A good file with some changed, missing or additional bytes is read to its end, or refused with a problem.
    """
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        damaged[start : start + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    check(bytes(damaged))


def check(data, **options):
    try:
        numbers = [number for number, _ in read(data, **options)]
    except ServiceError:
        return
    assert sorted(set(numbers)) == numbers
