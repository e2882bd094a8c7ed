"""service.transfer.files.flat_json and json_layout: flat lines as programs write them in JSON"""

from __future__ import annotations

import json

import pytest

from service.errors import MalformedJson, UnreadableFile
from tests.support.reading import faults, form, read, values

HEADER = ["outlet", "claim"]


@pytest.mark.parametrize(
    "data",
    [
        [HEADER, ["A", "b"], ["C", None]],
        {"range": "A1:B3", "values": [HEADER, ["A", "b"], ["C"]]},
    ],
    ids=["array", "google"],
)
def test_arrays_of_cells(data):
    """
    Arrays whose first one is a header are the rows of a table.
    """
    assert [(2, {"outlet": "A", "claim": "b"}), (3, {"outlet": "C"})] == read(json.dumps(data).encode())


def test_arrays_of_cells_on_lines():
    """
    Arrays of cells can be one a line, as `jq -c '.[]'` writes them.
    """
    data = b'["outlet", "probability"]\n["A", 0.5]\n["B", {}]\n["C", "x"]\n'

    assert [(2, {"outlet": "A", "probability": 0.5}), (4, {"outlet": "C", "probability": "x"})] == [
        line for line in read(data) if isinstance(line[1], dict)
    ]
    assert [3] == [number for number, _ in faults(read(data))]


@pytest.mark.parametrize(
    "data",
    [
        {"outlet": ["A", "B"], "claim": ["b", "c"]},
        {"outlet": {"0": "A"}, "claim": {"0": "b"}},
        {"0": {"outlet": "A"}, "1": {"outlet": "B"}},
        {"columns": HEADER, "data": [["A", "b"]]},
    ],
)
def test_object_of_columns_or_rows(data):
    """
    A file that is one object of columns, or of rows by name, is refused in one sentence.
    """
    with pytest.raises(UnreadableFile, match="The file is one object with the members"):
        read(json.dumps(data).encode())


def test_json_through_copy():
    r"""
    COPY doubles the backslashes of JSON. Lines are read without them if that makes a line of the beginning JSON.
    """
    lines = [{"outlet": "A", "claim": 'b "c"\nd'}, {"outlet": "B", "claim": "\\x"}]
    data = "".join(json.dumps(line).replace("\\", "\\\\") + "\n" for line in lines)

    assert lines == values(data.encode())
    assert "NDJSON, in UTF-8" == form(data.encode())
    assert lines == values("".join(json.dumps(line) + "\n" for line in lines).encode())


def test_comma_after_a_line():
    """
    A comma after each line, as in an array without its brackets, is ignored.
    """
    assert [(1, {"a": 1}), (2, {"a": 2})] == read(b'{"a": 1},\n{"a": 2}\n')


def test_missing_number_of_python():
    """
    NaN in a flat line is a missing value; a typed line is rejected, as in a single call.
    """
    lines = read(b'{"outlet": "A", "probability": NaN}\n{"type": "report", "probability": NaN}\n{"a": Infinity}\n')

    assert (1, {"outlet": "A", "probability": None}) == lines[0]
    assert [(2, MalformedJson), (3, MalformedJson)] == faults(lines)


def test_numbers_and_midnights():
    """
    A number as claim_id is text, and midnight without a zone is a date, also if columns have other names.
    """
    line = {"claim_id": 9007199254740993, "published_at": "2024-02-14T00:00:00.000", "resolved_at": "2024-02-14 10:00"}
    wanted = {"claim_id": "9007199254740993", "published_at": "2024-02-14", "resolved_at": "2024-02-14 10:00"}

    assert [wanted] == values(json.dumps(line).encode())
    assert [{"claim_id": "3", "published_at": "2024-02-14"}] == values(
        b'{"Claim ID": 3.0, "Published At": "2024-02-14 00:00:00"}'
    )


def test_members_of_databases():
    """
    The members that MongoDB and Mongoose add are ignored, and so is each member that is mapped to x.
    """
    [line] = values(b'{"_id": 1, "__v": 0, "outlet": "A", "n": 1, "m": 2}', names=[("x", "n"), ("x", "m")])

    assert "A" == line["outlet"]
    assert line.keys() <= {"outlet", "x"}
