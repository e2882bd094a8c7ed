"""Typed lines that are rejected."""

from __future__ import annotations

import pytest

from tests.support.bad_lines import ID
from tests.support.tables import rows
from tests.support.typed_lines import (
    CLAIM,
    OUTLET,
    REPORT,
    RESOLUTION,
    Loader,
    claims,
    problems,
    report,
    slugs,
    statuses,
    typed,
)


@pytest.fixture
def load(settings, tmp_path):
    return Loader(settings, tmp_path)


REFUSED = [
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}, {**REPORT, "published_at": "2999-01-01T00:00:00Z"}]},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "kind": "event"},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "resolution": {"verdict": "true"}},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "resolution": {**RESOLUTION, "supersedes": ID}},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "kind": "opinion", "resolution": RESOLUTION},
    CLAIM | {"reports": [{**REPORT, "outlet": {"name": "New"}}], "external_id": None},
    CLAIM | {"external_id": "there", "reports": [{**REPORT, "outlet": {"name": "New"}}]},
    report("there", outlet={"name": "New"}, relays={"outlet": "nobody"}),
    report("there", outlet={"name": "New"}, published_at="2999-01-01T00:00:00Z"),
    typed("resolution", claim="there", verdict="partial", truth=0.5),
    typed("outlet", name="New", aliases=["Newer"], domains=["new.example.org", "bild.de"]),
]


def test_rejected_lines_leave_nothing_behind(world, load):
    """
    A line that breaks a rule records neither an outlet nor a claim nor a report.
    """
    load(OUTLET | {"domains": ["bild.de"]}, CLAIM | {"external_id": "there"})
    before = rows(world.runtime.db)

    assert ["rejected"] * len(REFUSED) == statuses(load(*REFUSED))
    assert before == rows(world.runtime.db)


def test_rejected_line_reserves_no_name(world, load):
    """
    The slug and the domain of a rejected line are free for the next line.
    """
    refused = CLAIM | {
        "reports": [
            {**REPORT, "outlet": {"name": "Joe", "domain": "joe.co.uk"}},
            {**REPORT, "published_at": "2999-01-01T00:00:00Z"},
        ]
    }
    told = load(
        OUTLET,
        refused,
        report(outlet="joe"),
        CLAIM | {"reports": [{**REPORT, "outlet": {"name": "Joe."}}]},
        typed("outlet", name="J.O.E.", slug="joe-uk", domains=["joe.co.uk"]),
        report(outlet={"name": "Joe", "domain": "joe.co.uk"}),
    )

    assert ["created", "rejected", "rejected", "created", "created", "created"] == statuses(told)
    assert ["bild", "joe", "joe-uk"] == slugs(world)
    assert {"joe", "joe-uk"} == {one["outlet"] for one in claims(world)["a"]["reports"]}


def test_lines_that_are_of_no_type(world, load):
    """
    A line with an unknown or missing type is an error at this member.
    """
    told = load(*map(typed, ("verdict", None, 5, ["claim"], "Claim")), typed("claim", text="A."), OUTLET)
    of_no_type = dict.fromkeys(range(1, 6), ("invalid-body", "/type"))

    assert of_no_type | {6: ("invalid-body", "/external_id")} == problems(told)
    assert ["bild"] == slugs(world)
