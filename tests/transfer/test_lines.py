"""service.transfer.lines: NDJSON and CSV"""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidBody, MalformedJson, ServiceError, TooLarge
from service.transfer.lines import MAX_LINE, read_csv, read_ndjson

COLUMNS = {"outlet", "claim", "topic", "probability", "commitment"}


def ndjson(data):
    return list(read_ndjson(io.BytesIO(data)))


def rows(data, columns=COLUMNS):
    return list(read_csv(io.BytesIO(data), columns))


def faults(lines):
    """Return the numbers of the malformed lines with the types of their errors."""
    return [(number, type(content)) for number, content in lines if isinstance(content, ServiceError)]


def test_ndjson():
    """
    Each line is one value; blank lines are counted and skipped.
    """
    assert [(1, {"a": 1}), (4, [2])] == ndjson(b'{"a": 1}\n\n  \r\n[2]')


def test_ndjson_of_an_editor_on_windows():
    """
    A byte order mark at the start and CRLF line ends are ignored.
    """
    assert [(1, {"a": 1}), (2, {"a": 2})] == ndjson(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n')


def test_byte_order_mark_further_down():
    """
    A byte order mark on another line is malformed JSON.
    """
    assert [(2, MalformedJson)] == faults(ndjson(b"1\n\xef\xbb\xbf2\n3"))


@pytest.mark.parametrize(
    "bad", [b"{", b'{"a": 1} {"a": 2}', b'{"a": NaN}', b'{"a": 1, "a": 1}', b"\xff", b"[" * 100_000, b"'a'"]
)
def test_bad_line_of_ndjson(bad):
    """
    A line of malformed JSON is one error with its number, and the next line is read.
    """
    lines = ndjson(b"1\n" + bad + b"\n3\n")

    assert [(2, MalformedJson)] == faults(lines)
    assert [1, 2, 3] == [number for number, _ in lines]


@pytest.mark.parametrize("length", [MAX_LINE + 1, 3 * MAX_LINE])
def test_endless_line(length):
    """
    A line longer than a megabyte is one error, and the next line is read.
    """
    lines = ndjson(b"1\n" + b"9" * length + b"\n3")

    assert [(2, TooLarge)] == faults(lines)
    assert (3, 3) == lines[-1]


def test_endless_line_at_the_end():
    """
    A line longer than a megabyte at the end of the file is one error.
    """
    assert [(1, TooLarge)] == faults(ndjson(b"9" * (MAX_LINE + 1)))


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_of_any_spreadsheet(delimiter, end, mark):
    """
    Cells are separated by commas, semicolons or tabs; a byte order mark and CRLF are ignored.
    """
    data = end.join([delimiter.join([b"outlet", b"claim"]), delimiter.join([b"Bild", "Ja, ä".encode()]), b""])
    data = data if delimiter != b"," else data.replace("Ja, ä".encode(), '"Ja, ä"'.encode())

    assert [(2, {"outlet": "Bild", "claim": "Ja, ä"})] == rows(mark + data)


def test_delimiter_inside_a_quoted_cell():
    """
    Quoted cells can contain delimiters, quotes and line ends, and each row has the number of its first line.
    """
    data = b'outlet,claim\n"A, B","said ""no""\nand left"\nC,d\n\nE,f\n'

    assert [
        (2, {"outlet": "A, B", "claim": 'said "no"\nand left'}),
        (4, {"outlet": "C", "claim": "d"}),
        (6, {"outlet": "E", "claim": "f"}),
    ] == rows(data)


def test_empty_cells():
    """
    Empty and blank cells are left out, and cells at the end of a row can be missing.
    """
    assert [(2, {"outlet": "A"}), (3, {"outlet": "B"})] == rows(b"outlet,claim,topic\nA,, \nB\n")


def test_numbers_in_cells():
    """
    A cell of a numeric column becomes a number if it can be parsed, and else stays text. Blanks around it are left out.
    """
    data = b"probability,commitment\n0.5,3\n 1 ,x\nhigh,2.0\n"

    assert [
        {"probability": 0.5, "commitment": 3},
        {"probability": 1.0, "commitment": "x"},
        {"probability": "high", "commitment": 2.0},
    ] == [row for _, row in rows(data)]


@pytest.mark.parametrize("header", [b"outlet,colour", b"outlet,claim,outlet", b"outlet,", b"\xffoutlet", b"{}"])
def test_columns_refused(header):
    """
    An unknown or repeated column is an error before the first row.
    """
    with pytest.raises(InvalidBody, match="column"):
        rows(header + b"\nA,b\n")


def test_blanks_around_the_names_of_columns():
    """
    Spaces around the names of columns are ignored.
    """
    assert [(2, {"outlet": "A", "claim": "b"})] == rows(b"outlet, claim \nA,b\n")


@pytest.mark.parametrize("data", [b"", b"\n", b"outlet,claim\n", b"outlet"])
def test_csv_without_rows(data):
    """
    A file without rows is empty and not an error.
    """
    assert [] == rows(data)


@pytest.mark.parametrize(
    "bad", [b"A,b,c", b'A,"b"c', b'"A"x,b', b"A," + b"b" * 200_000], ids=["cells", "quote", "inner", "long"]
)
def test_bad_row(bad):
    """
    A row with too many cells or malformed quotes is one error, and the next row is read.
    """
    lines = rows(b"outlet,claim\nB,c\n" + bad + b"\nD,e\n")

    assert [(3, InvalidBody)] == faults(lines)
    assert (4, {"outlet": "D", "claim": "e"}) == lines[-1]


@pytest.mark.parametrize("far", [b"", b'G,"h"\n'], ids=["never", "wrongly"])
def test_quote_that_is_not_closed(far):
    """
    An unclosed quote is one error at its line, and the rows after it are read.
    """
    lines = rows(b'outlet,claim\nA,b\nC,"d\n' + b"E,f\n" * 5000 + far)

    assert [(3, InvalidBody)] == faults(lines)
    assert [number for number, _ in lines] == list(range(2, len(lines) + 2))
    assert 5002 <= len(lines)


def test_bytes_that_are_no_text():
    """
    Bytes that are not UTF-8 become lone surrogates, which every field rejects; other rows are not affected.
    """
    lines = rows(b"outlet,claim\nA,b\n" + b"\xe4,c\nD,e\n")

    assert [(2, "A"), (3, "\udce4"), (4, "D")] == [(number, row["outlet"]) for number, row in lines]


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")).filter(str.strip)


@given(st.lists(st.tuples(cells, cells), max_size=8))
def test_any_cells_come_back(table):
    """
    Cells that another CSV writer quoted are read unchanged, except for blanks around them.
    """
    quoted = "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\r\n" for row in table)
    read = rows(b"outlet,claim\r\n" + quoted.encode())

    assert [{"outlet": a.strip(), "claim": b.strip()} for a, b in table] == [row for _, row in read]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_to_their_end(data):
    """
    Any bytes are read to the end: each line is a value or an error, with rising numbers.
    """
    for lines in (ndjson(data), rows(b"outlet,claim\n" + data)):
        numbers = [number for number, _ in lines]

        assert sorted(set(numbers)) == numbers


@pytest.mark.parametrize("data", [b"a,b\r1,2\r", b"x" * 140_000 + b"\n1\n", b"a\rb,a\n1"])
def test_header_that_is_not_csv(data):
    """
    A file whose first line the CSV reader cannot read is refused as a whole, with the reason.
    """
    with pytest.raises(InvalidBody):
        list(read_csv(io.BytesIO(data), {"a", "b"}))
