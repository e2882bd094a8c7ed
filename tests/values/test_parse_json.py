"""service.values.documents: strict parsing of JSON"""

from __future__ import annotations

import json
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MalformedJson
from service.values.documents import parse_json


def places(data):
    """Return the pointers of the errors of a document."""
    with pytest.raises(MalformedJson) as caught:
        parse_json(data)
    return [place["pointer"] for place in caught.value.errors]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"1 2",
        b"01",
        b"nul",
        b'"\x01"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        "1".encode("utf-16"),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_not_json(data):
    """
    Data that is not JSON in UTF-8, or is nested too deeply, is rejected as a whole.
    """
    assert [""] == places(data)


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity"])
def test_constants_of_python(constant):
    """
    NaN and Infinity are rejected everywhere.
    """
    assert [""] == places(constant)
    assert ["/a/1"] == places(b'{"a": [1, ' + constant + b"]}")


def test_member_given_twice():
    """
    A duplicate member is named by its pointer, with / and ~ escaped.
    """
    assert ["/a~1b~0"] == places(b'{"a/b~": 1, "a/b~": 1}')
    assert ["/a"] == places(b'{"a": 1, "a": 1, "a": 2}')


def test_all_errors_are_reported():
    """
    All errors are reported, in the order of the document.
    """
    assert ["/a", "/b/0", "/b/1/c"] == places(b'{"a": NaN, "b": [NaN, {"c": 1, "c": 2}]}')


@pytest.mark.parametrize(("text", "number"), [(b"1e400", inf), (b"-1e400", -inf), (b"9" * 5000, inf)])
def test_numbers_too_large(text, number):
    """
    A number too large for a float becomes infinite without a slow conversion.
    """
    assert number == parse_json(text)


def test_long_integers():
    """
    Integers of up to forty digits are exact; longer ones become floats.
    """
    assert 10**39 == parse_json(b"1" + b"0" * 39)
    assert isinstance(parse_json(b"1" + b"0" * 40), float)


def test_lone_surrogate():
    """
    An escaped lone surrogate is valid JSON; the schema of its field rejects it.
    """
    assert ["\ud800"] == parse_json(b'["\\ud800"]')


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_any_value_survives(value):
    """
    Any value survives, escaped or not.
    """
    assert value == parse_json(json.dumps(value).encode())
    assert value == parse_json(json.dumps(value, ensure_ascii=False).encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_or_rejected(data):
    """
    Any input is parsed or rejected, without another error.
    """
    try:
        value = parse_json(data)
    except MalformedJson:
        return

    assert value == json.loads(data)
