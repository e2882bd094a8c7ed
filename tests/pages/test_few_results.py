"""Pages about an outlet with fewer than 20 results show its record, and no estimate"""

from __future__ import annotations

import re

import pytest

from service.scores.context_refit import refit_context
from service.values.instants import utc_now
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # templates only

PATHS = [
    "/outlets/mirror",
    "/outlets/mirror?topic=viral",
    "/outlets/mirror/why",
    "/outlets/mirror/badge.svg",
    "/outlets/mirror/feed.atom",
    "/outlets/mirror/history.csv",
    "/embed/outlets/mirror",
    "/compare?outlet=mirror&outlet=times",
    "/?min_resolved=1",
    "/?min_resolved=1&topic=viral",
    "/topics/viral?min_resolved=1",
    "/search?q=video",
]


@pytest.fixture(scope="module")
def mirror(shared_world):
    """An outlet with 4 right of 11 viral claims, in a service whose other topic is at 90 %."""
    for number in range(40):
        claim = shared_world.record(report("times"), report("post"), text=f"Poll {number}.", topic="polls")
        shared_world.resolve(claim, "false" if number % 10 == 0 else "true")
    for number in range(11):
        claim = shared_world.record(report("mirror"), report("sun"), text=f"Video {number} is real.", topic="viral")
        shared_world.resolve(claim, "true" if number < 4 else "false")
    refit_context(shared_world.runtime.db, shared_world.runtime.cache, now=utc_now(), at_once=True)
    return shared_world


def about_mirror(path, html):
    """Return the part of a page about the outlet: its row in a table, or the whole page about it."""
    if "/outlets/mirror" in path:
        return html
    rows = re.findall(r"<tr.*?</tr>|<li.*?</li>", html, re.DOTALL)
    return "".join(row for row in rows if "mirror" in row or "Video" in row)


@pytest.mark.parametrize("path", PATHS)
def test_no_number_above_the_record(mirror, path):
    """
    R17a: no page, badge or preview shows a share above what the outlet's own record supports. Its 4 of 11 are 36 %.
    """
    response = mirror.client.get(path, headers={"Accept": "text/html"})
    part = about_mirror(path, response.text)
    shares = [float(value) for value in re.findall(r'<b><data value="(0\.[0-9]+)"', part)]
    # Without the head of a table, which has the level of the intervals.
    percents = [int(value) for value in re.findall(r"\b(\d+)[\s\u00a0]%", re.sub(r"(?s)<thead.*?</thead>", "", part))]

    assert 200 == response.status_code
    assert part
    assert [] == [share for share in shares if share > 4 / 11]
    assert [] == [percent for percent in percents if percent > 37]


def test_record_instead(mirror):
    """
    R17a: the record and that of an average outlet are shown, and that the outlet is not ranked yet.
    """
    page = mirror.client.get("/outlets/mirror").text

    assert 2 <= page.count("Right on 4 of 11 resolved claims; an average outlet would have been right on")
    assert "Not ranked yet (fewer than 20 results)." in page
    assert "right on 4 of 11, not ranked yet" in mirror.client.get("/outlets/mirror/badge.svg").text
