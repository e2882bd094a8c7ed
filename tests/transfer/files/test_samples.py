"""The files of tests/transfer/files/samples, which hold the same three lines as several programs write them"""

from __future__ import annotations

from pathlib import Path

import pytest

from service.schemas.lines import read_line, read_lines
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from service.values.instants import start_of_day

SAMPLES = Path(__file__).parent / "samples"
OPTIONS = {
    "excel_csv_utf8_german.csv": {"locale": "de"},
    "excel_csv_windows_german.csv": {"locale": "de", "encoding": "cp1252"},
    "excel_unicode_text.txt": {"locale": "en-US"},
    "excel_csv_macintosh.csv": {"locale": "en-US", "encoding": "mac_roman"},
    "excel_trailing_cells.csv": {"locale": "en-US", "encoding": "cp1252"},
    "libreoffice_german.csv": {"locale": "de"},
    "libreoffice_windows.csv": {"locale": "de", "encoding": "cp1252"},
    "libreoffice_french.csv": {"locale": "fr"},
    "libreoffice_quoted.csv": {"locale": "en-US"},
    "libreoffice_utf16.csv": {"locale": "en-US"},
    "google_sheets.csv": {"locale": "en-US"},
    "google_sheets.tsv": {"locale": "en-US"},
    "r_write_csv2.csv": {"locale": "de"},
}
"""The options that a file needs; the others need none."""
FORMS = {
    "excel_csv_utf8_german.csv": "CSV, in UTF-8, separated by semicolons",
    "excel_unicode_text.txt": "CSV, in UTF-16-LE, separated by tabs",
    "pandas_na.tsv.gz": "CSV, in UTF-8, separated by tabs, compressed with gzip",
    "pandas_lines.ndjson.zst": "NDJSON, in UTF-8, compressed with zstd",
    "pandas.xlsx": "workbook, sheet 'Sheet1'",
    "mongoexport_array.json": "JSON, in UTF-8",
    "jq_pretty.json": "JSON, in UTF-8",
    "copy_text_bars.txt": "CSV, in UTF-8, separated by vertical bars",
    "r_write_table_blanks.txt": "CSV, in UTF-8, separated by blanks",
    "libreoffice_utf16.csv": "CSV, in UTF-16-LE, separated by tabs",
}
LINES = [
    {
        "outlet": "Kicker",
        "claim_id": "k1",
        "claim": "Müller wechselt; „ja“, sagt er.",
        "stance": "support",
        "published_at": "2024-02-14",
        "url": "https://kicker.example/1?a=b;c",
        "topic": "transfers",
        "probability": 0.8,
        "commitment": 3,
        "outcome": True,
        "resolved_at": "2024-03-01",
    },
    {
        "outlet": "L'Équipe",
        "claim_id": "k2",
        "claim": 'He said "no", and left.',
        "stance": "deny",
        "published_at": "2024-02-14T10:30:00Z",
        "outcome": False,
        "resolved_at": "2024-03-02",
    },
    {
        "outlet": "Sport Bild",
        "claim_id": "k3",
        "claim": "Two\nlines",
        "stance": "comment",
        "published_at": "2024-02-15",
        "topic": "transfers/summer",
        "commitment": 1,
    },
]
FILES = sorted(path.name for path in SAMPLES.iterdir() if path.is_file() and path.name != "README.md")


def plain(line):
    """Return a flat line without what programs change: its whitespace, and whether midnight is a date."""
    line.claim["text"] = " ".join(line.claim["text"].split())
    line.report["published_at"] = start_of_day(line.report["published_at"])
    return line


def opened(name):
    with (SAMPLES / name).open("rb") as stream:
        yield from open_lines(stream, FileOptions.parse(**OPTIONS.get(name, {})))


@pytest.mark.parametrize("name", FILES)
def test_lines_of_a_program(name):
    """
    A file as a program writes it has the same three lines.
    """
    contents = [line.content for line in read_lines(opened(name), feed=None)]

    assert [plain(read_line(line, feed=None)) for line in LINES] == [plain(content) for content in contents]


@pytest.mark.parametrize("name", FORMS)
def test_form(name):
    """
    The form of a file is detected from its content.
    """
    with (SAMPLES / name).open("rb") as stream:
        assert FORMS[name] == str(open_lines(stream, FileOptions()).form)


def test_every_file_is_described():
    """
    The README says how each file was made.
    """
    described = (SAMPLES / "README.md").read_text()

    assert [] == [name for name in FILES if f"`{name}`" not in described]
    assert 20 <= len(FILES)
