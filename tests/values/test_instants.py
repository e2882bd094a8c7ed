from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.instants import format_instant, parse_date_or_instant, parse_instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-03-29",
        "2024-03-29T12:30:00",
        "2024-03-29 12:30:00Z",
        "2024-03-29T12:30Z",
        "2024-03-29T12:30:00+0100",
        "2024-03-29T12:30:00+01",
        "2024-03-29T12:30:00.Z",
        "2024-03-29T12:30:00.1234567890123Z",
        "2024-03-29T12:30:00Z ",
        "\n2024-03-29T12:30:00Z",
        "20240329T123000Z",
        "2024-W13-5T12:30:00Z",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-03-29T24:00:00Z",
        "2024-03-29T12:60:00Z",
        "2024-03-29T23:59:60Z",
        "2024-03-29T12:30:00+24:00",
        "2024-03-29T12:30:00+01:60",
        "0000-01-01T00:00:00Z",
        "٢٠٢٤-03-29T12:30:00Z",
        "now",
    ],
)
def test_refused(text):
    """
    What is not RFC 3339 with a zone, or names no moment, is refused.
    """
    with pytest.raises(ValueError, match="Not a"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-00:01"])
def test_offset_that_leaves_the_calendar(text):
    """
    A moment before year 1 or after year 9999 once it is in UTC is refused, not an overflow.
    """
    with pytest.raises(ValueError, match="calendar"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-29T12:30:00Z", "2024-03-29T12:30:00Z"),
        ("2024-03-29t12:30:00z", "2024-03-29T12:30:00Z"),
        ("2024-03-29T12:30:00+05:45", "2024-03-29T06:45:00Z"),
        ("2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z"),
        ("2024-03-29T12:30:00-00:00", "2024-03-29T12:30:00Z"),
        ("2024-03-29T12:30:00.5Z", "2024-03-29T12:30:00.500000Z"),
        ("2024-03-29T12:30:00.123456789Z", "2024-03-29T12:30:00.123456Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_read_and_turned_to_utc(text, utc):
    """
    Every spelling of RFC 3339 is read, and written back in UTC with Z.
    """
    assert utc == format_instant(parse_instant(text))


@pytest.mark.parametrize("text", ["2012-11-06", "2012-11-06T00:00:00Z", "2012-11-06T01:00:00+01:00"])
def test_bare_date(text):
    """
    A bare date is its first moment in UTC.
    """
    assert dt.datetime(2012, 11, 6, tzinfo=dt.UTC) == parse_date_or_instant(text)


@pytest.mark.parametrize("text", ["2012-11-31", "2012-11-6", "06.11.2012", "11/06/2012", "2012-11", "x" * 10])
def test_date_refused(text):
    """
    A date that is not one, or is spelt in another way, is refused.
    """
    with pytest.raises(ValueError, match="Not a"):
        parse_date_or_instant(text)


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31), timezones=zones))  # noqa: DTZ001 - the zone is drawn
def test_any_moment_comes_back(moment):
    """
    What is written is read as the same moment, and so is what another program writes with its own offset.
    """
    assert moment == parse_instant(format_instant(moment)) == parse_instant(moment.isoformat())


@given(st.text())
def test_any_text_is_a_moment_or_refused(text):
    """
    No text ends in another error than the one that says what is wrong.
    """
    for parse in (parse_instant, parse_date_or_instant):
        try:
            assert dt.timedelta(0) == parse(text).utcoffset()
        except ValueError as exc:
            assert "Not a" in str(exc)  # noqa: PT017 - either end is right
