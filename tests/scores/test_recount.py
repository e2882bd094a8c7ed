from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.recount import recount

EXCERPT = Path(__file__).parents[1] / "data" / "polls_excerpt.ndjson"


def answered(world):
    """Return right and resolved of every outlet from the API, by name."""
    outlets, cursor = {}, {}
    while cursor is not None:
        page = world.get("/v1/outlets", query_string={"limit": 200, **cursor}).json
        outlets |= {outlet["slug"]: outlet["name"] for outlet in page["items"]}
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    records, slugs = {}, list(outlets)
    while slugs:
        batch, slugs = slugs[:200], slugs[200:]
        for score in world.get("/v1/scores", query_string={"outlet": batch}).json["items"]:
            records[outlets[score["outlet"]]] = score["record"]["right"], score["record"]["resolved"]
    return records


def check(path, world, settings):
    loaded = Command(settings)("import", path)
    expected = recount(path)

    assert (0, "") == (loaded.exit_code, loaded.stderr.partition("rejected")[1])
    assert len(expected) > 30
    assert expected == answered(world)


def test_excerpt_equals_its_recount(world, settings):
    """
    R2, R5, R6: right and resolved of every outlet equal an independent count of the file.
    """
    check(EXCERPT, world, settings)


@pytest.mark.parametrize(
    ("database_url", "name"),
    [("sqlite", "polls538_to2012.ndjson"), ("postgresql", "emergent_first90claims.ndjson")],
    indirect=["database_url"],
)
def test_open_data_equal_their_recount(open_folder, name, world, settings):
    """
    R2, R5, R6, R13: right and resolved equal an independent count of each open data set.
    """
    check(open_folder / name, world, settings)
