"""Which pages are cached, and under which key"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service import pages
from service.pages.layout import edition

pytestmark = pytest.mark.sqlite_alone  # the cache does not depend on the database

FOLDER = Path(pages.__file__).parent
USUAL = ["/", "/?kind=website&basis=resolved", "/?topic=roads", "/topics/roads", "/outlets/herald?topic=roads"]
UNUSUAL = [
    "/?as_of=2026-01-01T00:00:00.000001Z",
    "/?min_resolved=19",
    "/?from=2",
    "/?from=51",
    "/?topic=nothing",
    "/outlets/herald?as_of=2026-01-01",
    "/outlets/herald?topic=nothing",
]


@pytest.mark.parametrize(("path", "expected"), [(path, 1) for path in USUAL] + [(path, 0) for path in UNUSUAL])
def test_which_pages_are_cached(world, cache, path, expected):
    """
    Pages that others link to are cached. Pages with arbitrary parameters are not, so that they evict nothing.
    """
    world.resolve(world.record(topic="roads"), "true")

    assert 200 == world.client.get(path).status_code
    assert expected == sum(1 for _ in cache.link.reader.scan_iter(f"{cache.link.prefix}*response:*"))


@pytest.mark.parametrize("name", ["templates/macros.html", "templates/badge.svg", "static/site.css", "phrases.py"])
def test_edition(tmp_path, name):
    """
    The cache key of pages depends on the files that they are made of, so that releases do not share cached pages.
    """
    copy = shutil.copytree(FOLDER, tmp_path / "pages")
    before = edition(FOLDER)
    same = edition(copy)
    edition.cache_clear()
    (copy / name).write_text("changed")

    assert before == same
    assert before != edition(copy)


def test_new_name_of_a_parent(world):
    """
    The cached page of an outlet shows a new name of its parent, or of the outlet that its parent was merged into.
    """
    for name in ("Herald", "Bulletin"):
        world.outlet(name)
        world.outlet(f"{name} Sport", parent=name.lower())
    assert 201 == world.post("/v1/outlets/bulletin/merge", {"into": "herald"}).status_code
    paths = ("/outlets/herald-sport", "/outlets/bulletin-sport")
    before = [world.client.get(path).text for path in paths]
    assert 200 == world.patch("/v1/outlets/herald", {"name": "The New Herald"}, headers={"If-Match": "*"}).status_code

    assert [False, False] == ["The New Herald" in page for page in before]
    assert [True, True] == ["The New Herald" in world.client.get(path).text for path in paths]
