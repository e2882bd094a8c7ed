"""/robots.txt and /favicon.ico"""

from __future__ import annotations

from urllib.robotparser import RobotFileParser

import pytest

pytestmark = pytest.mark.sqlite_alone  # files

OPEN = ["/", "/topics/roads", "/outlets/herald", "/outlets/herald/why", "/claims/1", "/method", "/docs", "/v1/outlets"]
CLOSED = ["/compare", "/compare?outlet=a&outlet=b", "/search", "/search?q=a", "/desk", "/desk/sign-in?next=%2F"]


@pytest.mark.parametrize(("public_read", "expected"), [(True, OPEN), (False, [])])
def test_robots(set_to, public_read, expected):
    """
    Crawlers may visit the pages of today, and not search, compare or the past; nothing where reading is closed.
    """
    response = set_to(public_read=public_read).test_client().get("/robots.txt")
    reader = RobotFileParser()
    reader.parse(response.text.splitlines())

    assert (200, "text/plain; charset=utf-8") == (response.status_code, response.content_type)
    assert expected == [path for path in OPEN + CLOSED if reader.can_fetch("Bot", path)]
    assert public_read is ("Disallow: /*?*as_of=" in response.text.splitlines())  # which Python's parser cannot read


def test_icon(app):
    """
    /favicon.ico is the icon of the pages, which may be kept for a day.
    """
    client = app.test_client()
    with client.get("/favicon.ico") as response:
        assert (200, "image/svg+xml; charset=utf-8") == (response.status_code, response.content_type)
        assert b"<svg" in response.data
        assert "max-age=86400" == response.headers["Cache-Control"]
        tag = response.headers["ETag"]
    with client.get("/favicon.ico", headers={"If-None-Match": tag}) as again:
        assert 304 == again.status_code
