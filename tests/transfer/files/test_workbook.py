"""service.transfer.files.workbook: the first sheet of a workbook"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import ServiceError, TooLarge, UnreadableFile
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from tests.support.reading import Pipe, form, read, values
from tests.support.workbooks import HEADER, archive, changed, saved, workbook

ROW = ["Kicker", 17, "Er kommt.", dt.date(2024, 2, 14), 0.5, 3, True, dt.datetime(2024, 3, 1)]  # noqa: DTZ001
READ = {
    "outlet": "Kicker",
    "claim_id": "17",
    "claim": "Er kommt.",
    "published_at": "2024-02-14",
    "probability": 0.5,
    "commitment": 3,
    "outcome": True,
    "resolved_at": "2024-03-01",
}
SHEET = "xl/worksheets/sheet1.xml"


def test_cells_of_a_workbook():
    """
    Dates, numbers and truth values are read; a number in a column of text is text; rows have the numbers of the sheet.
    """
    data = workbook(ROW, [], ["A", 1.5, None, "2024-02-14", " 0.8 ", "80 %", "void"])

    assert [
        (2, READ),
        (
            4,
            {"outlet": "A", "claim_id": "1.5", "published_at": "2024-02-14", "probability": 0.8, "commitment": 0.8}
            | {"outcome": "void"},
        ),
    ] == read(data)
    assert "workbook, sheet 'Sheet'" == form(data)


def test_workbook_from_a_pipe():
    """
    A workbook is read from a stream that cannot be positioned.
    """
    assert [(2, READ)] == list(open_lines(Pipe(workbook(ROW), 4000), FileOptions()))


@pytest.mark.parametrize("before", [["visible"], ["hidden"], ["veryHidden", "visible"]])
def test_first_sheet_with_content(before):
    """
    The first visible sheet that is not empty is read.
    """
    assert [READ] == values(workbook(ROW, before=before))
    assert "workbook, sheet 'Daten'" == form(workbook(ROW, before=before))


def test_empty_workbook():
    """
    A workbook without rows is empty and not an error.
    """
    assert [] == read(workbook())


def test_locale_and_names():
    """
    The options for cells and columns apply to workbooks too.
    """
    data = changed(
        workbook(["A", 1, "b", "14.02.2024", "0,5", None, "WAHR"]),
        "xl/sharedStrings.xml",
        lambda xml: xml.replace(b"Outlet", b"Quelle"),
    )

    assert [
        {
            "outlet": "A",
            "claim_id": "1",
            "claim": "b",
            "published_at": "2024-02-14",
            "probability": 0.5,
            "outcome": "true",
        }
    ] == values(data, locale="de", names=[("outlet", "quelle")])


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#VALUE!"])
def test_formula_with_an_error(text):
    """
    A cell with the error of a formula is one error at its column.
    """
    [(number, error), (_, other)] = read(workbook(["A", 1, "b", "2024-02-14", text], ROW))

    assert (2, [("/probability", "cell-error")]) == (number, [(one["pointer"], one["code"]) for one in error.errors])
    assert READ == other


def test_formula_without_a_result():
    """
    A cell with a formula that was never computed is one error at its column, and not an empty cell.
    """
    [(_, error)] = read(workbook(["A", 1, "b", "2024-02-14", "=1/2"]))

    assert [("/probability", "cell-error")] == [(one["pointer"], one["code"]) for one in error.errors]


def test_formula_with_a_result():
    """
    The stored result of a formula is the value of its cell.
    """
    unsaved = workbook(["A", 1, "b", "2024-02-14", "=1/2"])
    data = changed(unsaved, SHEET, lambda xml: re.sub(rb"</f><v\s*/>|</f><v></v>", b"</f><v>0.5</v>", xml))

    assert 0.5 == values(data)[0]["probability"]


def test_moment_without_a_zone():
    """
    A cell with a time has no zone, so it stays without one, and its field rejects it.
    """
    data = workbook(["A", 1, "b", dt.datetime(2024, 2, 14, 10, 30)])  # noqa: DTZ001

    assert "2024-02-14 10:30:00" == values(data)[0]["published_at"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (workbook(ROW)[:-50], "damaged"),
        (changed(workbook(ROW), SHEET, lambda xml: xml[:-200]), "damaged"),
        (changed(workbook(ROW), "xl/workbook.xml", lambda _: b"<html>"), "damaged"),
        (archive(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        (archive(word__document_xml=b"").replace(b"document_xml", b"document.xml"), "Word"),
        (archive(a=b"outlet,claim\n"), "ZIP archive"),
        (b"PK\x05\x06" + b"\0" * 18, "ZIP archive"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
    ],
    ids=["cut", "sheet", "book", "ods", "word", "zip", "empty", "zeros"],
)
def test_files_that_are_no_workbook(data, words):
    """
    A damaged workbook or another archive is refused in one sentence.
    """
    with pytest.raises(UnreadableFile, match=words):
        read(data)


@pytest.mark.parametrize("name", [SHEET, "xl/media/image1.png", "xl/sharedStrings.xml"])
def test_workbook_that_is_too_large_unpacked(name):
    """
    A workbook over 200 MB is refused, whatever its directory says, and the error names the limit.
    """
    data = changed(workbook(ROW), SHEET, bytes) if name != SHEET else workbook(ROW)
    bomb = changed(_with(data, name), name, lambda xml: xml + b" " * 200_000_000)

    with pytest.raises(TooLarge, match="larger than 200 MB when unpacked"):
        read(bomb)


def test_cell_far_away():
    """
    A workbook that would fill the memory is refused, and the error names the limit.
    """
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    data = changed(workbook(ROW), SHEET, lambda xml: xml.replace(b"</sheetData>", cell))

    with pytest.raises(TooLarge, match="1,024 MiB of memory"):
        read(data)


def test_row_behind_the_last():
    """
    A workbook with more rows than a spreadsheet can have is refused.
    """
    cell = b'<row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>'
    data = changed(workbook(ROW), SHEET, lambda xml: xml.replace(b"</sheetData>", cell))

    with pytest.raises(ServiceError):
        read(data)


SAVED = workbook(ROW)
"""A workbook saved once: its length depends on the time at which it is saved."""


@settings(max_examples=15)
@given(st.data())
def test_any_damage(data):
    """
    A workbook with changed bytes is read, or refused with a problem.
    """
    damaged = bytearray(SAVED)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(4, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(UnreadableFile, TooLarge):
        list(open_lines(io.BytesIO(bytes(damaged)), FileOptions()))


def _with(data, name):
    """Return a workbook with an entry of this name."""
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as file:
        if name not in file.namelist():
            file.writestr(name, b"")
    return stream.getvalue()


def test_error_in_a_table_that_begins_lower_down():
    """
    Rows have the numbers of the sheet, and errors of formulas their column, wherever the table begins.
    """
    book = openpyxl.Workbook()
    for row, cells in ((5, HEADER), (6, ["A", 1, "b", "2024-02-14", "#REF!"]), (7, ROW)):
        for column, cell in enumerate(cells, 3):
            book.active.cell(row, column, cell)
    [(number, error), other] = read(saved(book))

    assert (6, ["/probability"]) == (number, [place["pointer"] for place in error.errors])
    assert (7, READ) == other


def test_formula_with_an_empty_text():
    """
    A formula whose result is an empty text, such as `=IF(A1="", "", 1)`, is an empty cell.
    """
    unsaved = workbook(["A", 1, "b", "2024-02-14", '=""'])
    data = changed(
        unsaved,
        SHEET,
        lambda xml: re.sub(rb'<c r="E2"><f>(.*?)</f><v\s*(?:/>|></v>)', rb'<c r="E2" t="str"><f>\1</f><v></v>', xml),
    )

    assert [{"outlet": "A", "claim_id": "1", "claim": "b", "published_at": "2024-02-14"}] == values(data)
