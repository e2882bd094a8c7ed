"""service.transfer.files.cells: the values of cells"""

from __future__ import annotations

import pytest

from tests.support.reading import read, values


@pytest.mark.parametrize("row", [b'A, "b, c" ,d', b' "A" ,"b, c",  d', b'"A","b, c" ,"d" '])
def test_blanks_around_quoted_cells(row):
    """
    Whitespace around a cell is ignored, also outside its quotes.
    """
    assert [{"outlet": "A", "claim": "b, c", "topic": "d"}] == values(b"outlet,claim,topic\n" + row + b"\n")


def test_empty_cells_and_rows():
    """
    Empty and blank cells are left out, cells at the end of a row can be missing, and rows without cells are ignored.
    """
    assert [(2, {"outlet": "A"}), (3, {"outlet": "B"})] == read(b"outlet,claim,topic\nA,, \nB\n,,\n \n,,,,,\n")


def test_numbers_in_cells():
    """
    A cell of a numeric column becomes a number if it can be parsed, and else stays text. Blanks around it are left out.
    """
    data = b"probability,commitment\n0.5,3\n 1 ,x\nhigh,2.0\n80%,1\n.5,+2\n1e-2,1_0\n"

    assert [
        {"probability": 0.5, "commitment": 3},
        {"probability": 1.0, "commitment": "x"},
        {"probability": "high", "commitment": 2.0},
        {"probability": 0.8, "commitment": 1.0},
        {"probability": 0.5, "commitment": 2.0},
        {"probability": 0.01, "commitment": "1_0"},
    ] == values(data)


@pytest.mark.parametrize("word", ["NA", "NaN", "nan", "NULL", "\\N", "None", "<NA>", "NaT", "n/a", "(null)"])
def test_words_for_a_missing_value(word):
    """
    In a column that may be empty, the words of R, pandas and databases for a missing value are empty. In the others
    they are text, except for the null of COPY.
    """
    header = "outlet,claim,published_at,stance,url,topic,probability,commitment,outcome,resolved_at\n"
    [row] = values((header + f"A,{word},2024-02-14" + f",{word}" * 7 + "\n").encode())

    text = {} if word == "\\N" else {"claim": word}
    assert {"outlet": "A", "published_at": "2024-02-14", **text} == row


def test_cells_that_a_formula_safe_export_wrote():
    """
    An apostrophe before = + - @, a tab or CR is removed; any other is text.
    """
    data = b"outlet,claim\n'=A,'+b\n'-A,'@b\n\"'\tA\",\"'\rb\"\n'A,''=b\n"

    assert [
        {"outlet": "=A", "claim": "+b"},
        {"outlet": "-A", "claim": "@b"},
        {"outlet": "\tA", "claim": "\rb"},
        {"outlet": "'A", "claim": "'=b"},
    ] == values(data)


@pytest.mark.parametrize(
    "text", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!", "#WERT!", "#NV", "#¡VALOR!", "#BEZUG!"]
)
@pytest.mark.parametrize("column", ["outlet", "claim", "outcome"])
def test_error_of_a_formula(text, column):
    """
    A cell that shows the error of a formula is one error at its column, whatever the column.
    """
    [(_, error)] = read(f"claim_id,{column}\n1,{text}\n".encode())

    assert [(f"/{column}", "cell-error")] == [(place["pointer"], place["code"]) for place in error.errors]
    assert text in error.detail


@pytest.mark.parametrize(("cell", "outcome"), [("t", "true"), ("f", "false")])
def test_truth_values_of_copy(cell, outcome):
    """
    PostgreSQL writes true and false as t and f.
    """
    assert [{"outlet": "A", "outcome": outcome}] == values(f"outlet,outcome\nA,{cell}\n".encode())
