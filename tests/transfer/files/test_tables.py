"""service.transfer.files.csv_rows: tables of text"""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidBody, TooLarge, UnreadableFile
from service.transfer.files.text_lines import MAX_LINE
from service.values.csv_text import csv_row
from tests.support.reading import faults, form, read, values


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


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b" \r\n\t\n", b"\f\n", b"\v", b"outlet,claim\n", b"outlet", b"\xef\xbb\xbf", b"sep=;\noutlet;claim\n"],
)
def test_file_without_rows(data):
    """
    A file without rows is empty and not an error.
    """
    assert [] == read(data)


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


@pytest.mark.parametrize("separator", [",", "|", ";"])
def test_text_format_of_copy_with_another_separator(separator):
    """
    COPY escapes with backslashes whatever its separator. It is detected by a null mark in a table without quotes.
    """
    data = f"outlet{separator}claim{separator}topic\nA{separator}b\\{separator}c\\nd\\\\e{separator}\\N\n"

    assert [(2, {"outlet": "A", "claim": f"b{separator}c\nd\\e"})] == read(data.encode())


def test_null_mark_in_quoted_csv():
    """
    CSV whose null mark is that of COPY keeps its backslashes.
    """
    assert [{"outlet": "A", "claim": "b\\nc"}] == values(b'outlet,claim,topic\n"A",b\\nc,\\N\n')


def test_single_quotes():
    """
    Cells can be quoted by apostrophes if the header is.
    """
    assert [{"outlet": "L'Équipe", "claim": "a, b"}] == values("'outlet','claim'\n'L''Équipe','a, b'\n".encode())
    assert [{"outlet": "'A'", "claim": "b"}] == values(b"outlet,claim\n'A',b\n")


@pytest.mark.parametrize("ruler", ["--------+-------", "|---|---|", "|:--|--:|", "+------+-----+", "────────┼───────"])
def test_drawn_table(ruler):
    """
    A table drawn with lines is refused with the options that export it.
    """
    with pytest.raises(UnreadableFile, match="drawn for reading"):
        read(f"outlet | claim\n{ruler}\nA | b\n".encode())


@pytest.mark.parametrize(
    "script", ["-- dump\nCREATE TABLE t (outlet text);", "INSERT INTO t VALUES ('A');", "PRAGMA foreign_keys=OFF;"]
)
def test_sql(script):
    """
    A script of SQL is refused, and not read as a table without rows.
    """
    with pytest.raises(UnreadableFile, match="SQL script"):
        read(script.encode())
