"""service.transfer.files.json_values: JSON, one value a line or several lines a value"""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidBody, MalformedJson, TooLarge
from service.transfer.files.charset import UTF_8
from service.transfer.files.json_layout import detect_layout
from service.transfer.files.json_values import read_json
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions
from service.transfer.files.text_lines import MAX_LINE
from tests.support.reading import Pipe, faults, form, read, values

ITEMS = [{"outlet": 'A "b" [c', "x": [1, {"y": "}"}]}, {"outlet": "\\", "claim": "ä\u2028"}, {}, [1], 5, None]


def test_ndjson():
    """
    Each line is one value; blank lines are counted and skipped.
    """
    assert [(1, {"a": 1}), (4, [2])] == read(b'{"a": 1}\n\n  \r\n[2]')


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\n\x1e"])
def test_ndjson_of_any_system(end):
    """
    A byte order mark at the start, any line ends, and the record separators of a JSON text sequence are ignored.
    """
    assert [(1, {"a": 1}), (2, {"a": 2})] == read(f'\ufeff{{"a": 1}}{end}{{"a": 2}}{end}'.encode())


def test_byte_order_mark_further_down():
    """
    A byte order mark on another line is malformed JSON.
    """
    assert [(2, MalformedJson)] == faults(read(b"{}\n\xef\xbb\xbf2\n3"))


@pytest.mark.parametrize(
    "bad", [b"{", b'{"a": 1} {"a": 2}', b'{"a": Infinity}', b'{"a": 1, "a": 1}', b"\xff", b"[" * 100_000, b"'a'"]
)
def test_bad_line_of_ndjson(bad):
    """
    A line of malformed JSON is one error with its number, and the next line is read.
    """
    lines = read(b'{"a": 1}\n' + bad + b"\n{}\n")

    assert [(2, MalformedJson)] == faults(lines)
    assert [1, 2, 3] == [number for number, _ in lines]


@pytest.mark.parametrize("first", [b'{"a": ', b'{"a": 1}}', b'{"a": "b', b"[{}]", b"{'a': 1}"])
def test_bad_first_line_of_ndjson(first):
    """
    A file is NDJSON although its first line is malformed or an array, if an object begins the second.
    """
    assert [2, 3] == [number for number, value in read(first + b'\n{"a": 2}\n{"a": 3}\n') if isinstance(value, dict)]


@pytest.mark.parametrize("between", ["", " ", "\t"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_objects_on_one_line(between, end):
    """
    Objects that follow one another without a line end, as `jq -j` writes them, are read, on one line or on several.
    """
    objects = ['{"a": "}{"}', '{"a": {"b": 2}}', "{}"]
    line = between.join(objects) + end
    expected = [{"a": "}{"}, {"a": {"b": 2}}, {}]

    assert list(enumerate(expected, 1)) == read(line.encode())
    assert list(enumerate(expected * 2, 1)) == read(f"{line}\n{line}".encode())


@pytest.mark.parametrize("length", [MAX_LINE + 1, 3 * MAX_LINE])
def test_endless_line(length):
    """
    A line longer than a megabyte is one error, and the next line is read.
    """
    lines = read(b"{}\n" + b"9" * length + b"\n3")

    assert [(2, TooLarge)] == faults(lines)
    assert (3, 3) == lines[-1]


def test_endless_line_at_the_end():
    """
    A line longer than a megabyte at the end of the file is one error.
    """
    assert [(1, TooLarge)] == faults(read(b"{" + b"9" * (MAX_LINE + 1)))


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_array(indent, size):
    """
    The items of an array are numbered from 1, however they are laid out and however the bytes arrive.
    """
    data = json.dumps(ITEMS, indent=indent, ensure_ascii=False).encode()

    assert list(enumerate(ITEMS, 1)) == list(open_lines(Pipe(data, size), FileOptions()))
    assert "JSON, in UTF-8" == form(data)


@pytest.mark.parametrize("data", [b"[]", b"[ ]\n", b" [\n] "])
def test_empty_array(data):
    """
    An empty array has no lines.
    """
    assert [] == read(data)


@pytest.mark.parametrize("size", [1, 5, 1 << 16])
def test_objects_over_several_lines(size):
    """
    Objects that follow one another over several lines, as jq prints them, are numbered from 1.
    """
    items = [item for item in ITEMS if isinstance(item, dict)]
    data = "\n".join(json.dumps(item, indent=2, ensure_ascii=False) for item in items).encode()

    assert list(enumerate(items, 1)) == list(open_lines(Pipe(data, size), FileOptions()))


def test_arrays_that_follow_one_another():
    """
    The items of several arrays are numbered on.
    """
    assert [(1, 1), (2, 2), (3, {})] == read(b"[1,\n2]\n[\n{}]")


@pytest.mark.parametrize("member", ["dataFeedElement", "itemListElement"])
@pytest.mark.parametrize("size", [1000, 1 << 16])
@pytest.mark.parametrize("indent", [None, 2])
def test_long_feed(member, size, indent):
    """
    The lines of a feed of schema.org longer than a megabyte are the items of its array, without null.
    """
    items = [*ITEMS, {"claim": "a" * 400_000}, 7, {"claim": "b" * 800_000}]
    feed = {"@context": "https://schema.org", "about": {member: [7]}, member: items, "more": [{"a": "]"}]}
    data = json.dumps(feed, indent=indent).encode()

    wanted = [(number, item) for number, item in enumerate(items, 1) if item is not None]
    assert wanted == list(open_lines(Pipe(data, size), FileOptions()))


def test_short_feed():
    """
    A feed of schema.org that fits into a line is one value, because its items may refer to one another.
    """
    feed = {"@type": "DataFeed", "dataFeedElement": ITEMS}

    assert [(1, feed)] == read(json.dumps(feed).encode())
    assert [(1, feed)] == read(json.dumps(feed, indent=1).encode())


@pytest.mark.parametrize(
    "envelope",
    [
        '{"data": %s}',
        '{"count": 2, "next": null, "results": %s}',
        '{"meta": {"page": 1, "tags": "a"}, "links": ["a", "b"], "records": %s, "more": {"data": [1]}}',
        ' {"@odata.context": "https://x.example/$metadata", "value": %s, "last": true}',
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [1, 1000])
def test_envelope(envelope, indent, size):
    """
    The items of the array in an object, as services return it, are the lines of the file.
    """
    items = [item for item in ITEMS if isinstance(item, dict)]
    data = (envelope % json.dumps(items, indent=indent)).encode()

    assert list(enumerate(items, 1)) == list(open_lines(Pipe(data, size), FileOptions()))


def test_line_with_an_array():
    """
    An object whose array is a member of a line is one line.
    """
    line = {"type": "claim", "text": "a", "reports": [{"outlet": "b"}]}

    assert [(1, line)] == read(json.dumps(line).encode())


@pytest.mark.parametrize("bad", [b'{"a": Infinity}', b'{"a": 1, "a": 2}', b"'a'", b'{"a" 1}', b'"\xff"', b" "])
def test_bad_item(bad):
    """
    A malformed item is one error with its ordinal, and the other items are read.
    """
    lines = read(b"[1, " + bad + b", 3]")

    assert [(2, MalformedJson)] == faults(lines)
    assert [(1, 1), (3, 3)] == [lines[0], lines[2]]


@pytest.mark.parametrize("item", [b'"' + b"9" * 2 * MAX_LINE + b'"', b"[" + b"1," * MAX_LINE + b"1]"])
def test_endless_item(item):
    """
    An item longer than a megabyte is one error, and the next item is read.
    """
    lines = read(b"[1, " + item + b", 3]")

    assert [(2, TooLarge)] == faults(lines)
    assert (3, 3) == lines[-1]


@pytest.mark.parametrize("data", [b"[1, 2", b'[1, 2, {"a": "', b'[1, 2, {"a": [', b"[1, 2,"])
def test_array_that_is_cut_off(data):
    """
    The items before the end of a file that was cut off are read, and the rest is one error.
    """
    lines = read(data)

    assert (1, 1) == lines[0]
    assert [(len(lines), InvalidBody)] == faults(lines)
    assert "ends inside" in lines[-1][1].detail


def test_memory_of_a_long_array():
    """
    Reading an array needs no more memory than a few of its items.
    """
    item = json.dumps({"claim": "a" * 1000}).encode()

    class Long(io.RawIOBase):
        blocks = itertools.chain([b"[" + item], itertools.repeat(b"," + item, 20_000), [b"]"])

        def read(self, size=-1):
            return next(self.blocks, b"")

    tracemalloc.start()
    count = sum(1 for _ in open_lines(Long(), FileOptions()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert 20_001 == count
    assert peak < 6_000_000


def test_extended_json_of_mongodb():
    """
    Typed values of MongoDB's export, relaxed or canonical, are plain values, and `_id` is ignored.
    """
    data = b"""{"_id":{"$oid":"65cc8f"},"claim_id":{"$oid":"65cc90"},"published_at":{"$date":"2024-02-14T10:00:00Z"}}
{"_id":3,"commitment":{"$numberInt":"3"},"probability":{"$numberDouble":"0.5"}}
{"published_at":{"$date":{"$numberLong":"1707904800000"}}}
{"outcome":{"$undefined":true},"published_at":{"$date":1707904800000},"commitment":{"$numberInt":"x"}}
{"published_at":{"$date":1e300},"x":{"$gt":1,"$lt":[{"$numberLong":"2"}]}}
"""
    assert [
        {"claim_id": "65cc90", "published_at": "2024-02-14T10:00:00Z"},
        {"commitment": 3, "probability": 0.5},
        {"published_at": "2024-02-14T10:00:00Z"},
        {"outcome": None, "published_at": "2024-02-14T10:00:00Z", "commitment": "x"},
        {"published_at": 1e300, "x": {"$gt": 1, "$lt": [2]}},
    ] == values(data)


def test_names_of_members_in_any_spelling():
    """
    The members of a flat object are matched like columns, with their other names; typed lines are not changed.
    """
    data = b'[{"Outlet": "A", "Claim ID": "1", "Quelle": "b", "other": 1}, {"type": "outlet", "Name": "A"}]'

    assert [
        {"outlet": "A", "claim_id": "1", "topic": "b", "other": 1},
        {"type": "outlet", "Name": "A"},
    ] == values(data, names=[("topic", "quelle")])


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.lists(documents, max_size=5), st.integers(1, 20), st.sampled_from([None, 1]))
def test_any_array(items, size, indent):
    """
    The items of any array come back, however the bytes arrive.
    """
    data = json.dumps(items, indent=indent, ensure_ascii=False).encode()
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    if b'"$' not in data and b'"_' not in data:
        assert items == [value for _, value in read_json(blocks, data, detect_layout(data), UTF_8)]
