"""service.values.instants: RFC 3339"""

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
def test_rejected(text):
    """
    A text that is not RFC 3339 with a time zone, or not an existing instant, is rejected.
    """
    with pytest.raises(ValueError, match="Not a"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-00:01"])
def test_instant_outside_the_calendar(text):
    """
    An instant outside the years 1 to 9999 in UTC is rejected.
    """
    with pytest.raises(ValueError, match="valid date or time"):
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
def test_conversion_to_utc(text, utc):
    """
    Every spelling of RFC 3339 is parsed, and formatted in UTC with Z.
    """
    assert utc == format_instant(parse_instant(text))


@pytest.mark.parametrize("text", ["2012-11-06", "2012-11-06T00:00:00Z", "2012-11-06T01:00:00+01:00"])
def test_bare_date(text):
    """
    A bare date is the start of its day in UTC.
    """
    assert dt.datetime(2012, 11, 6, tzinfo=dt.UTC) == parse_date_or_instant(text)


@pytest.mark.parametrize("text", ["2012-11-31", "2012-11-6", "06.11.2012", "11/06/2012", "2012-11", "x" * 10])
def test_date_rejected(text):
    """
    A date that does not exist or has another format is rejected.
    """
    with pytest.raises(ValueError, match="Not a"):
        parse_date_or_instant(text)


zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31), timezones=zones))  # noqa: DTZ001 - the zone is drawn
def test_any_instant_survives(moment):
    """
    A formatted instant is parsed as the same instant, also with the offset of another program.
    """
    assert moment == parse_instant(format_instant(moment)) == parse_instant(moment.isoformat())


@given(st.text())
def test_any_text_is_parsed_or_rejected(text):
    """
    Any text is either parsed or rejected with an explanation.
    """
    for parse in (parse_instant, parse_date_or_instant):
        try:
            assert dt.timedelta(0) == parse(text).utcoffset()
        except ValueError as exc:
            assert "Not a" in str(exc)  # noqa: PT017 - both outcomes are valid
