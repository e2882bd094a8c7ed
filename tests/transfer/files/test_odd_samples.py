"""The files of tests/transfer/files/samples/odd, as programs write them where an import needs care or must refuse"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.outcomes import outcomes

SAMPLES = Path(__file__).parent / "samples" / "odd"
OPTIONS = {
    "thousands.csv": {"locale": "de"},
    "single_quotes.csv": {"locale": "en-US"},
    "google_sheets_times.csv": {"locale": "en-US"},
    "smart_quotes.csv": {"encoding": "cp1252"},
}
"""The options that a file needs; the others need none."""


def rows(first, ids=("1001", "1002", "1003"), times=("", "", "")):
    """Return the outcomes of the three good lines."""
    return [
        f"{first}: Kicker {ids[0]} 2024-02-14{times[0]} true 2024-03-01",
        f"{first + 1}: L'Équipe {ids[1]} 2024-02-14{times[1]} false 2024-03-02",
        f"{first + 2}: Sport Bild {ids[2]} 2024-02-15{times[2]} open",
    ]


K = ("k1", "k2", "k3")
LOADED = {
    "commas.ndjson": rows(1, K, ("", " 10:30", "")),
    "dates_from_1904.xlsx": rows(2),
    "formatted_rows.xlsx": rows(2),
    "formulas.xlsx": [rows(2)[0], "3: /probability cell-error", "4: /commitment cell-error"],
    "google_sheets_times.csv": [rows(2, K)[0], "3: /published_at no-zone", "4: /outcome cell-error"],
    "hidden_row.xlsx": rows(2),
    "joined.csv": ["2: Kicker 1 2024-02-14 open", "4: Bild 2 2024-02-14 open"],
    "lower_right.xlsx": rows(6),
    "merged_cells.xlsx": [rows(2)[0], "3: /outlet required", rows(2)[2]],
    "merged_header.xlsx": rows(3),
    "mongo_types.json": rows(1, ("k1", "9007199254740993", "65cc8a1e2f8fb814c89f7a09"), (" 00:00", " 10:30", " 00:00")),
    "mongosh.txt": ["1: line malformed"],
    "notes_first.xlsx": rows(2),
    "numbers_of_days.xlsx": [
        "2: /published_at serial-date, /resolved_at serial-date",
        "3: /published_at serial-date, /resolved_at serial-date",
        "4: /published_at serial-date",
    ],
    "pandas_epoch.json": [
        "1: /published_at serial-date, /resolved_at serial-date",
        "2: /published_at serial-date, /resolved_at serial-date",
        "3: /published_at serial-date",
    ],
    "pandas_iso.ndjson": rows(1, K, (" 00:00", " 10:30", " 00:00")),
    "pandas_levels.csv": rows(3, K, ("", " 10:30", "")),
    "psql_unaligned.txt": [
        *rows(2, K, (" 00:00", " 10:30", ""))[:2],
        "4: /published_at required",
        "5: /published_at invalid",
    ],
    "python_nan.ndjson": ["1: Kicker 1 2024-02-14 open"],
    "r_row_names.csv": ["2: line malformed", "3: line malformed", "4: line malformed"],
    "r_times.csv": [rows(2, K)[0], "3: /published_at no-zone", rows(2, K)[2]],
    "r_unquoted.tsv": [
        *rows(2, K, ("", " 10:30", ""))[:2],
        "4: /published_at required",
        "5: /published_at invalid",
    ],
    "shown_formulas.csv": ["2: /published_at cell-error", "3: /probability cell-error", "4: /commitment cell-error"],
    "single_quotes.csv": rows(2),
    "smart_quotes.csv": ["2: “Kicker” 1 2024-02-14 open"],
    "tab_in_quotes.tsv": ["2: Kicker 1 2024-02-14 open"],
    "thousands.csv": rows(2, ("1,001", "1,002", "1,003")),
    "times.xlsx": ["2: /published_at no-zone"],
    "title.xlsx": rows(5),
}
"""The outcome of each line."""
REFUSED = {
    "copy_binary.bin": "The file is a binary COPY of PostgreSQL.",
    "copy_no_header.tsv": "The header has unknown columns: 'Kicker', 'k1',",
    "google_sheets.js": "The file is JavaScript of Google Sheets.",
    "jq_color.json": "The file is terminal output with colours.",
    "jq_map.json": "The file is one object with the members 'k1', 'k2', 'k3'",
    "jq_tojson.json": "The file is JSON that was encoded as strings.",
    "pandas.pkl": "The file is a pickle of Python.",
    "pandas_columns.json": "The file is one object with the members 'outlet', 'claim_id',",
    "pandas_cp1252.csv": "The file is not UTF-8. It looks like cp1252, where a word is 'Müller'.",
    "pandas_index.json": "The file is one object with the members '0', '1', '2'",
    "pandas_split.json": "The file is one object with the members 'columns', 'index', 'data'",
    "pandas_values.json": "The header has unknown columns: 'Kicker', 'k1',",
    "pg_dump.sql": "The file is an SQL script.",
    "psql_aligned.txt": "The file is a table drawn for reading,",
    "r.rds": "The file is an object of R.",
    "sqlite_box.txt": "The file is a table drawn for reading,",
    "sqlite_markdown.md": "The file is a table drawn for reading,",
    "table.ods": "The file is an OpenDocument file.",
    "table.slk": "The file is a SYLK table.",
    "two_tables.xlsx": "The workbook has reports on the sheets '2023' and '2024'.",
}
"""The beginning of the sentence that refuses a file."""


def read(name):
    with (SAMPLES / name).open("rb") as stream:
        return outcomes(stream, **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", LOADED)
def test_lines_of_an_odd_file(name):
    """
    Each line of an odd file is read, or rejected with the place of its fault.
    """
    assert LOADED[name] == read(name)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_file(name):
    """
    A file that cannot be read is refused in at most two sentences.
    """
    [text] = read(name)

    assert REFUSED[name] == text[: len(REFUSED[name])]


def test_every_odd_file_is_tested_and_described():
    """
    Each odd file has an expected outcome, and the README says how it was made.
    """
    files = {path.name for path in SAMPLES.iterdir()}
    described = (SAMPLES.parent / "README.md").read_text()

    assert files == LOADED.keys() | REFUSED.keys()
    assert [] == [name for name in sorted(files) if f"`odd/{name}`" not in described]
