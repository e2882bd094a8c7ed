"""Which pages are kept in the cache, and until when"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service import pages
from service.cache.redis_link import PREFIX
from service.pages.layout import edition

pytestmark = pytest.mark.sqlite_alone  # what is kept in Redis and in memory

FOLDER = Path(pages.__file__).parent
USUAL = ["/", "/?kind=website&basis=resolved", "/?topic=roads", "/topics/roads", "/outlets/herald?topic=roads"]
ODD = [
    "/?as_of=2026-01-01T00:00:00.000001Z",
    "/?min_resolved=19",
    "/?from=2",
    "/?from=51",
    "/?topic=nothing",
    "/outlets/herald?as_of=2026-01-01",
    "/outlets/herald?topic=nothing",
]


@pytest.mark.parametrize(("path", "expected"), [(path, 1) for path in USUAL] + [(path, 0) for path in ODD])
def test_what_is_kept(world, cache, path, expected):
    """
    What the pages lead to is kept; what somebody can think up without end is not, and pushes nothing out.
    """
    world.resolve(world.record(topic="roads"), "true")

    assert 200 == world.client.get(path).status_code
    assert expected == sum(1 for _ in cache.link.reader.scan_iter(f"{PREFIX}response:*"))


@pytest.mark.parametrize("name", ["templates/marks.html", "templates/badge.svg", "static/site.css", "words.py"])
def test_edition(tmp_path, name):
    """
    A page is kept under all that it is made of, so that no release shows what another one has kept.
    """
    copy = shutil.copytree(FOLDER, tmp_path / "pages")
    before = edition(FOLDER)
    same = edition(copy)
    edition.cache_clear()
    (copy / name).write_text("changed")

    assert before == same
    assert before != edition(copy)
