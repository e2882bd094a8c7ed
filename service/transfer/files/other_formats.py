"""Reject known formats that cannot be imported, and explain how to convert them."""

from __future__ import annotations

import re

from service.errors import UnreadableFile

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_FORMATS = {
    b"BZh": "bzip2 data. Unpack it, or compress it with gzip or zstd instead",
    b"\xfd7zXZ\0": "xz data. Unpack it, or compress it with gzip or zstd instead",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive. Unpack it and import the file inside",
    b"Rar!": "a RAR archive. Unpack it and import the file inside",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Excel workbook. Save it as .xlsx without a password, or as CSV UTF-8",
    b"%PDF": "a PDF document. Save the table as .xlsx or CSV",
    b"PAR1": "a Parquet file. Convert it to CSV or NDJSON",
    b"ARROW1": "an Arrow file. Convert it to CSV or NDJSON",
    b"SQLite format 3\0": "an SQLite database. Export the table as CSV",
    b"PGDMP": "a dump of PostgreSQL. Export the table with COPY as CSV",
    b"PGCOPY\n": "a binary COPY of PostgreSQL. Export the table with COPY as CSV",
    b"RDX": "a workspace of R. Export the data frame with write.csv",
    b"X\n\0\0": "an object of R. Export the data frame with write.csv",
    b"\x80\x04": "a pickle of Python. Export the data frame with to_csv",
    b"\x80\x05": "a pickle of Python. Export the data frame with to_csv",
    b"\x89HDF": "an HDF5 file. Export the table as CSV",
    b"{\\rtf": "an RTF document. Save the table as CSV",
    b"ID;P": "a SYLK table. Save it as .xlsx or CSV UTF-8",
    b"TABLE\r\n0,1": "a DIF table. Save it as .xlsx or CSV UTF-8",
    b"TABLE\n0,1": "a DIF table. Save it as .xlsx or CSV UTF-8",
    b"\x1b[": "terminal output with colours. Write it without colours, as jq -M does",
    b"/*O_o*/": "JavaScript of Google Sheets. Download the sheet as CSV",
    b'"{\\"': "JSON that was encoded as strings. Write the objects themselves, as jq -r does",
}
"""The formats that cannot be imported, with advice, by their first bytes."""
_TAR, _TAR_AT = b"ustar", 257
_MARKUP = re.compile(rb"[\xef\xbb\xbf\s]*<[a-z!?]", re.IGNORECASE)
_SQL = re.compile(rb"\s*(?:--[ \r\n]|/\*!|(?:CREATE TABLE|INSERT INTO|BEGIN TRANSACTION|PRAGMA \w+) ?)", re.IGNORECASE)


def is_zip(head: bytes) -> bool:
    """Return whether the first bytes are those of a ZIP archive, such as a workbook."""
    return head.startswith(ZIP)


def check_text(head: bytes) -> None:
    """Check that a file with these first bytes is not in a known format that cannot be imported.

    Raises:
        UnreadableFile: The file is in such a format.
    """
    for magic, format_ in _FORMATS.items():
        if head.startswith(magic):
            raise UnreadableFile(f"The file is {format_}.")
    if head.startswith(_TAR, _TAR_AT):
        raise UnreadableFile("The file is a tar archive. Unpack it and import the file inside.")
    if _MARKUP.match(head) is not None:
        raise UnreadableFile(
            "The file is an HTML or XML document. Save the table as CSV, or download the data instead."
        )
    if _SQL.match(head) is not None:
        raise UnreadableFile("The file is an SQL script. Export the table as CSV instead.")
