"""service.transfer.files.header: the columns of a table"""

from __future__ import annotations

import pytest

from service.errors import InvalidBody, UnreadableFile
from service.schemas.lines import FlatLineIn
from service.transfer.files.columns import COLUMNS
from service.transfer.files.text_lines import MAX_LINE
from tests.support.reading import faults, read, values


def test_columns_are_the_members_of_a_flat_line():
    """
    Every member of a flat line is a column, and no other.
    """
    assert set(FlatLineIn().fields) == set(COLUMNS)


@pytest.mark.parametrize(
    "header", ["Outlet,CLAIM_ID,Published At", " outlet ,claim-id, published_at", "OUTLET,ClaimId,PublishedAt"]
)
def test_names_of_columns_in_any_spelling(header):
    """
    Case, whitespace, underscores and hyphens in the name of a column do not matter.
    """
    assert [{"outlet": "A", "claim_id": "1", "published_at": "2024-02-14"}] == values(
        f"{header}\nA,1,2024-02-14\n".encode()
    )


def test_other_names_of_columns():
    """
    The option map gives the name of a column in the file, and x ignores columns.
    """
    names = [("outlet", "Quelle"), ("Published At", "datum "), ("x", "Autor"), ("x", "Seite")]

    assert [{"outlet": "A", "published_at": "2024-02-14"}] == values(
        b"quelle;Datum;Autor;Seite\nA;2024-02-14;B;3\n", names=names
    )


def test_columns_without_a_name():
    """
    A column without a name is ignored if its cells are empty; a row with a value in it is an error.
    """
    lines = read(b"outlet,claim,,\nA,b,,\nC,d,,e\nF,g,,,,\n")

    assert [(3, InvalidBody)] == faults(lines)
    assert [(2, {"outlet": "A", "claim": "b"}), (4, {"outlet": "F", "claim": "g"})] == [lines[0], lines[2]]


@pytest.mark.parametrize("header", [b"", b'""', b"Unnamed: 0", b"Unnamed: 0.1"])
def test_index_of_pandas_and_row_names_of_r(header):
    """
    A first column without a name that holds whole numbers is an index, and ignored.
    """
    lines = read(header + b',outlet,claim\n0,A,b\n"17",C,d\nx,E,f\n')

    assert [(2, {"outlet": "A", "claim": "b"}), (3, {"outlet": "C", "claim": "d"})] == lines[:2]
    assert [(4, InvalidBody)] == faults(lines)


@pytest.mark.parametrize(
    "header", [b"outlet,colour", b"outlet,claim,Outlet", b"colour", b"'a'", b"outlet\x00,claim", b"\x00\x01\x02"]
)
def test_columns_refused(header):
    """
    An unknown or repeated column is an error before the first row.
    """
    with pytest.raises(UnreadableFile, match="column"):
        read(header + b"\nA,b\n")


@pytest.mark.parametrize("columns", [1, 5000])
def test_refused_columns_are_shown_in_short(columns):
    """
    The error for a header shows a few unknown columns and little of each.
    """
    with pytest.raises(UnreadableFile) as caught:
        read(b",".join(b"c%d" % number + b"x" * 1000 for number in range(columns)) + b"\n1\n")

    assert len(caught.value.detail) < 2000


def test_blank_lines_before_the_header():
    """
    Blank lines before the header are counted and skipped.
    """
    assert [(5, {"outlet": "A", "claim": "b"})] == read(b"\n,,\n \noutlet,claim\nA,b\n")


@pytest.mark.parametrize(
    "data", [b"x" * 140_000 + b"\n1\n", b'outlet,"claim\n1', b'"outlet"x,claim\n1', b"x" * (MAX_LINE + 1)]
)
def test_header_that_is_not_csv(data):
    """
    A file whose first line is not a header is refused as a whole, with the reason.
    """
    with pytest.raises(UnreadableFile):
        read(data)


def test_quoted_header_over_several_lines():
    """
    The name of a column can contain a line end.
    """
    assert [(3, {"claim_id": "1", "outlet": "A"})] == read(b'"claim\n id",outlet\n1,A\n')


@pytest.mark.parametrize("titles", [1, 10])
def test_title_above_the_header(titles):
    """
    Up to ten rows above the header that name no column are ignored, and do not hide the separator.
    """
    title = b"Claims, as of today\n" * titles

    assert [(titles + 3, {"outlet": "A", "claim": "b, c"})] == read(title + b"\noutlet;claim\nA;b, c\n")


def test_table_without_a_header():
    """
    If no row names a column, the error is about the first one.
    """
    with pytest.raises(UnreadableFile, match="unknown columns: 'Claims'"):
        read(b"Claims\n" * 11 + b"outlet,claim\nA,b\n")
    with pytest.raises(UnreadableFile, match="unknown columns: 'Kicker', '1'"):
        read(b"Kicker,1\nBild,2\n")


def test_row_names_without_a_column():
    """
    A table whose rows begin with a number and have one cell more than the header is one of R's.
    """
    assert [{"outlet": "A", "claim": "b"}, {"outlet": "C"}] == values(
        b'"outlet","claim"\n"1","A","b"\n"2","C",NA\n'.replace(b"NA", b"")
    )


def test_header_below_another_one():
    """
    The header is the row that names the most columns, also below a row that groups them under one of their names.
    """
    assert [(3, {"outlet": "A", "claim": "b", "outcome": "true"})] == read(
        b"Claim,,Outcome\noutlet,claim,outcome\nA,b,true\n"
    )


def test_header_again():
    """
    A row that repeats the header, as in files that were joined, is ignored; a row that only begins like it is not.
    """
    data = b'"outlet","claim"\nA,b\n\xef\xbb\xbf"Outlet","claim"\nC,d\noutlet,e\n'

    assert [
        (2, {"outlet": "A", "claim": "b"}),
        (4, {"outlet": "C", "claim": "d"}),
        (5, {"outlet": "outlet", "claim": "e"}),
    ] == read(data)


@pytest.mark.parametrize("header", [b"outlet^claim^topic", b"outlet:claim:topic", b"outlet  claim  topic"])
def test_unsupported_separator(header):
    """
    A header with another separator is refused, and the error names the separator.
    """
    with pytest.raises(UnreadableFile, match=r"separates its columns by '(\^|:|  )'"):
        read(header + b"\nA\n")


@pytest.mark.parametrize("header", [b"--", b"#\n#", b"x", b"x,_id"])
def test_header_without_columns(header):
    """
    A table with no column of a report is refused, and not read as nothing.
    """
    with pytest.raises(UnreadableFile):
        read(header + b"\nA\n")


@pytest.mark.parametrize("end", [b"(1 row)", b"(3 Zeilen)", b"\\.", b"\x1a"])
def test_last_line_of_a_program(end):
    """
    The line that psql, COPY or DOS adds at the end is ignored.
    """
    assert [(2, {"outlet": "A", "claim": "b"})] == read(b"outlet|claim\nA|b\n" + end + b"\n")
