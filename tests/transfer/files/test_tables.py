"""service.transfer.files.csv_rows: tables of text"""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidBody, TooLarge, UnreadableFile
from service.schemas.lines import FlatLineIn
from service.transfer.files.columns import COLUMNS
from service.transfer.files.text_lines import MAX_LINE
from service.values.csv_text import csv_row
from tests.support.reading import faults, form, read, values


def test_columns_are_the_members_of_a_flat_line():
    """
    Every member of a flat line is a column, and no other.
    """
    assert set(FlatLineIn().fields) == set(COLUMNS)


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_of_any_spreadsheet(delimiter, end, mark):
    """
    Cells are separated by commas, semicolons, tabs or bars, and lines end with CR, LF or both, with or without a mark.
    """
    data = end.join([delimiter.join([b"outlet", b"claim"]), delimiter.join([b"Bild", "Ja; ä".encode()]), b""])
    data = data if delimiter != b";" else data.replace("Ja; ä".encode(), '"Ja; ä"'.encode())

    assert [(2, {"outlet": "Bild", "claim": "Ja; ä"})] == read(mark + data)


@pytest.mark.parametrize(
    "line",
    [b"sep=;", b"SEP=;", b'"sep=;"', b"sep=;;;;", b"sep=; "],
    ids=["plain", "capitals", "quoted", "wide", "blank"],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_line_that_names_the_separator(line, end):
    """
    A first line such as sep=; names the separator, and is no header.
    """
    data = end.join([line, b"outlet;claim,x;topic", b"Bild;Ja, klar.;a", b""]).replace(b"claim,x", b"claim")

    assert [(3, {"outlet": "Bild", "claim": "Ja, klar.", "topic": "a"})] == read(data)


def test_another_separator_that_is_named():
    """
    A separator that would not be detected can be named by the first line.
    """
    assert [{"outlet": "Bild", "claim": "Ja, a|b"}] == values(b"sep=^\noutlet^claim\nBild^Ja, a|b\n")


def test_separator_is_what_gives_the_most_columns():
    """
    Quoted names and other marks in the header do not change the separator.
    """
    data = b'"outlet"|"claim"|"Topic, wide"\nA|b, c|d\n'

    assert [{"outlet": "A", "claim": "b, c", "topic": "d"}] == values(data, names=[("topic", "Topic, wide")])
    assert "CSV, in UTF-8, separated by vertical bars" == form(data)


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


def test_delimiter_inside_a_quoted_cell():
    """
    Quoted cells can contain delimiters, quotes and line ends, and each row has the number of its first line.
    """
    data = b'outlet,claim\n"A, B","said ""no""\nand left"\nC,d\n\nE,f\n'

    assert [
        (2, {"outlet": "A, B", "claim": 'said "no"\nand left'}),
        (4, {"outlet": "C", "claim": "d"}),
        (6, {"outlet": "E", "claim": "f"}),
    ] == read(data)


def test_line_ends_of_an_old_mac():
    """
    Where CR ends the rows, a quoted cell can contain a line feed.
    """
    assert [(2, {"outlet": "A", "claim": "b\nc"}), (3, {"outlet": "D"})] == read(b'outlet,claim\rA,"b\nc"\rD,\r')


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


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b" \r\n\t\n", b"\f\n", b"\v", b"outlet,claim\n", b"outlet", b"\xef\xbb\xbf", b"sep=;\noutlet;claim\n"],
)
def test_file_without_rows(data):
    """
    A file without rows is empty and not an error.
    """
    assert [] == read(data)


def test_blank_lines_before_the_header():
    """
    Blank lines before the header are counted and skipped.
    """
    assert [(5, {"outlet": "A", "claim": "b"})] == read(b"\n,,\n \noutlet,claim\nA,b\n")


@pytest.mark.parametrize(
    "bad",
    [b"A,b,c", b'A,"b"c', b'"A"x,b', b"A," + b"b" * 200_000, b"A,b\rC,d"],
    ids=["cells", "quote", "inner", "long", "cr"],
)
def test_bad_row(bad):
    """
    A row with too many cells or malformed quotes is one error, and the next row is read.
    """
    lines = read(b"outlet,claim\nB,c\n" + bad + b"\nD,e\n")

    assert [(3, InvalidBody)] == faults(lines)
    assert (4, {"outlet": "D", "claim": "e"}) == lines[-1]


@pytest.mark.parametrize("far", [b"", b'G,"h"\n'], ids=["never", "wrongly"])
def test_quote_that_is_not_closed(far):
    """
    An unclosed quote is one error at its line, and the rows after it are read.
    """
    lines = read(b'outlet,claim\nA,b\nC,"d\n' + b"E,f\n" * 5000 + far)

    assert [(3, InvalidBody)] == faults(lines)
    assert [number for number, _ in lines] == list(range(2, len(lines) + 2))
    assert 5002 <= len(lines)


@pytest.mark.parametrize("length", [MAX_LINE + 1, 3 * MAX_LINE])
def test_endless_row(length):
    """
    A line longer than a megabyte is one error, and the next row is read.
    """
    lines = read(b"outlet,claim\nA," + b"b" * length + b"\nC,d\n")

    assert [(2, TooLarge)] == faults(lines)
    assert (3, {"outlet": "C", "claim": "d"}) == lines[-1]


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


def test_text_format_of_copy():
    """
    The text format of PostgreSQL's COPY has backslashes instead of quotes, and its null is empty.
    """
    data = b'outlet\tclaim\tresolved_at\nA\t"b\\tc\\\\d\\ne\t\\N\n\\N\tf\t2024-02-14\n'

    assert [
        (2, {"outlet": "A", "claim": '"b\tc\\d\ne'}),
        (3, {"claim": "f", "resolved_at": "2024-02-14"}),
    ] == read(data)


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")).filter(str.strip)
PREFIXES = ["", "=", "'", "'=", "''-", "+", "@'"]
tables = st.lists(
    st.tuples(cells, cells).filter(lambda row: not any(cell.strip()[0] in "'#\\" for cell in row)), max_size=8
)


@given(tables)
def test_any_cells_come_back(table):
    """
    Cells that another CSV writer quoted are read unchanged, except for blanks around them.
    """
    quoted = "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\r\n" for row in table)
    read_rows = values(b"outlet,claim\r\n" + quoted.encode())

    assert [{"outlet": a.strip(), "claim": b.strip()} for a, b in table] == read_rows


@given(tables, st.sampled_from(",;\t|"), st.sampled_from(["\r\n", "\n"]))
def test_any_table_of_the_standard_library(table, delimiter, end):
    """
    A table that Python's csv module wrote with the fewest quotes is read unchanged.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([("outlet", "claim"), *table])

    assert [{"outlet": a.strip(), "claim": b.strip()} for a, b in table] == values(text.getvalue().encode())


@given(st.lists(cells, min_size=1, max_size=5))
def test_any_text_of_an_export(texts):
    """
    Texts that an export wrote are read unchanged, also if a spreadsheet might take them for formulas.
    """
    plain = [text.strip() for text in texts if text.strip() != "\\N" and not text.strip().startswith("#")]
    claims = [prefix + text for text in plain for prefix in PREFIXES]
    data = csv_row(["outlet", "claim"]) + "".join(csv_row(["A", claim]) for claim in claims)

    assert claims == [row["claim"] for row in values(data.encode())]


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


def test_quotes_with_a_backslash():
    """
    Backslashes before quotes, as R and MySQL write them, are read where doubled quotes are not.
    """
    assert [{"outlet": "A", "claim": 'said "no", and left'}] == values(b'outlet,claim\n"A","said \\"no\\", and left"\n')


def test_escapes_without_quotes():
    r"""
    A tab-separated table without quotes has the escapes of jq: \t, \n, \r and \\.
    """
    assert [{"outlet": "A", "claim": 'b "c"\nd\\e'}] == values(b'outlet\tclaim\nA\tb "c"\\nd\\\\e\n')
    assert [{"outlet": '"A"', "claim": "b\\nc"}] == values(b'outlet\tclaim\n"""A"""\tb\\nc\n')


def test_row_names_without_a_column():
    """
    A table whose rows begin with a number and have one cell more than the header is one of R's.
    """
    assert [{"outlet": "A", "claim": "b"}, {"outlet": "C"}] == values(
        b'"outlet","claim"\n"1","A","b"\n"2","C",NA\n'.replace(b"NA", b"")
    )


@pytest.mark.parametrize(("cell", "outcome"), [("t", "true"), ("f", "false")])
def test_truth_values_of_copy(cell, outcome):
    """
    PostgreSQL writes true and false as t and f.
    """
    assert [{"outlet": "A", "outcome": outcome}] == values(f"outlet,outcome\nA,{cell}\n".encode())
