"""/robots.txt and /favicon.ico"""

from __future__ import annotations

from urllib.robotparser import RobotFileParser

import pytest

pytestmark = pytest.mark.sqlite_alone  # static files

OPEN = ["/", "/topics/roads", "/outlets/herald", "/outlets/herald/why", "/claims/1", "/method", "/docs", "/v1/outlets"]
CLOSED = [
    "/compare",
    "/compare?outlet=a&outlet=b",
    "/search",
    "/search?q=a",
    "/submissions?link=a",
    "/desk",
    "/desk/sign-in?next=%2F",
]


@pytest.mark.parametrize(("public_read", "expected"), [(True, OPEN), (False, [])])
def test_robots(reconfigure, public_read, expected):
    """
    Crawlers may visit the current pages, but not search, comparisons or the past; nothing if reading requires a key.
    """
    response = reconfigure(public_read=public_read).test_client().get("/robots.txt")
    reader = RobotFileParser()
    reader.parse(response.text.splitlines())

    assert (200, "text/plain; charset=utf-8") == (response.status_code, response.content_type)
    assert expected == [path for path in OPEN + CLOSED if reader.can_fetch("Bot", path)]
    assert public_read is ("Disallow: /*?*as_of=" in response.text.splitlines())  # not parsed by Python


def test_icon(app):
    """
    /favicon.ico is the icon of the pages, and may be cached for a day.
    """
    client = app.test_client()
    with client.get("/favicon.ico") as response:
        assert (200, "image/svg+xml; charset=utf-8") == (response.status_code, response.content_type)
        assert b"<svg" in response.data
        assert "max-age=86400" == response.headers["Cache-Control"]
        tag = response.headers["ETag"]
    with client.get("/favicon.ico", headers={"If-None-Match": tag}) as again:
        assert 304 == again.status_code
