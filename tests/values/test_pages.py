"""Facts in the address of a page"""

from __future__ import annotations

import pytest

from service.values.pages import published_on


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://www.theguardian.com/football/2024/feb/29/alonso", "2024-02-29"),
        ("https://nytimes.com/2024/05/17/us/a.html?date=2020-01-01", "2024-05-17"),
        ("https://x.example/sport/20240102-a", "2024-01-02"),
        ("https://x.example/2024/1/2/a", "2024-01-02"),
        ("https://x.example/a-12.03.2024", "2024-03-12"),
        ("https://web.archive.org/web/20240517123456/https://x.example/2023/01/02/a", "2023-01-02"),
        ("https://web.archive.org/web/20240517123456/https://x.example/a", None),
        ("https://2024-01-02.example/a", None),
        ("https://x.example/2024/02/30/a", None),
        ("https://x.example/id/202401021234", None),
        ("not an address", None),
        ("", None),
    ],
)
def test_published_on(url, day):
    """
    The day of publication is read from the path of a page, inside archives, too, if the calendar has that day.
    """
    found = published_on(url)
    assert day == (found and found.isoformat())
