"""Domains that outlets have for a limited time, and accounts in other spellings"""

from __future__ import annotations

import pytest

from tests.support.load_lines import load
from tests.support.world import assert_problem, report

OUTLETS, LOOKUP = "/v1/outlets", "/v1/outlets/lookup"
OLD = {"domain": "WWW.Joe.example", "to": "2022-03-01"}
NEW = {"domain": "joe.example", "from": "2022-03-01T00:00:00Z"}
SHOWN_OLD = {"domain": "joe.example", "from": None, "to": "2022-03-01T00:00:00Z"}


@pytest.fixture
def passed_on(world):
    """A domain that passed from one outlet to another."""
    world.outlet("Old Joe", domains=[OLD])
    world.outlet("New Joe", domains=[NEW, "newjoe.example"])
    return world


def found(world, url, **query):
    response = world.get(LOOKUP, query_string={"url": url, **query})
    assert response.status_code in (200, 404), response.text
    return response.json["outlet"]["slug"] if response.status_code == 200 else None


def test_shown_as_sent(passed_on):
    """
    R21: a domain with dates is returned as an object with both, and one without dates as a string.
    """
    assert [SHOWN_OLD] == passed_on.get(f"{OUTLETS}/old-joe").json["domains"]
    assert [{"domain": "joe.example", "from": "2022-03-01T00:00:00Z", "to": None}, "newjoe.example"] == passed_on.get(
        f"{OUTLETS}/new-joe"
    ).json["domains"]


@pytest.mark.parametrize(
    ("at", "slug"),
    [
        ("2022-02-28", "old-joe"),
        ("2022-02-28T23:59:59.999999Z", "old-joe"),
        ("2022-03-01", "new-joe"),
        ("2022-03-01T01:00:00+01:00", "new-joe"),
        ("2030-01-01", "new-joe"),
        (None, "new-joe"),
    ],
)
def test_lookup_at(passed_on, at, slug):
    """
    R21: a page belongs to the outlet that had the domain at the moment; `from` is included, `to` is not.
    """
    [item] = passed_on.post(LOOKUP, {"urls": ["https://joe.example/a"], "at": at}).json["items"]

    assert slug == found(passed_on, "https://m.joe.example/a", **({} if at is None else {"at": at}))
    assert slug == item["outlet"]["slug"]


def test_report_without_outlet(passed_on):
    """
    R21: a report without an outlet, or with a host as its name, belongs to the outlet of its day.
    """
    days = "2022-02-01", "2022-04-01"
    by_url = [{"outlet": None, "url": "https://joe.example/a", "published_at": day} for day in days]
    by_host = [{"outlet": {"name": "Joe.example"}, "published_at": day} for day in days]
    by_both = [{"outlet": {"name": "Joe", "domain": "joe.example"}, "published_at": day} for day in days]

    for reports in (by_url, by_host, by_both):
        assert ["old-joe", "new-joe"] == [one["outlet"] for one in passed_on.record(*reports)["reports"]]


def test_host_at_a_moment_without_outlet(world):
    """
    R21: a host that outlets have only at other times is no new outlet.
    """
    world.outlet("Old Joe", domains=[OLD])
    response = world.post("/v1/claims", {"text": "a", "reports": [report("joe.example", "2023-01-01T00:00:00Z")]})

    assert_problem(response, 422, "invalid-body", "/reports/0/outlet/name")
    assert found(world, "joe.example") is None


@pytest.mark.parametrize(
    ("domain", "taken"),
    [
        ("joe.example", True),
        ({"domain": "joe.example"}, True),
        ({"domain": "joe.example", "from": "2022-02-28"}, True),
        ({"domain": "joe.example", "to": "2022-03-01"}, True),
        ({"domain": "joe.example", "from": "2022-03-01"}, False),
        ({"domain": "joe.example", "to": "2020-01-01"}, False),
        ({"domain": "joe.example", "from": "2020-06-01", "to": "2020-07-01"}, True),
    ],
)
def test_overlap(world, domain, taken):
    """
    R21: a domain belongs to one outlet at a time; one that overlaps is rejected with the other outlet.
    """
    world.outlet("Joe", domains=[{"domain": "joe.example", "from": "2020-01-01", "to": "2022-03-01"}])
    response = world.post(OUTLETS, {"name": "Other", "domains": [domain]})

    if taken:
        assert_problem(response, 409, "domain-taken")
        assert "'joe'" in response.json["detail"]
    else:
        assert 201 == response.status_code


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("domains", "pointer"),
    [
        ([{"domain": "joe.example", "from": "2022-01-01", "to": "2022-01-01"}], "/domains/0"),
        (["joe.example", {"domain": "joe.example", "from": "2022-01-01"}], "/domains/1"),
        ([{"from": "2022-01-01"}], "/domains/0/domain"),
        ([{"domain": "no domain"}], "/domains/0"),
        ([{"domain": "joe.example", "from": "yesterday"}], "/domains/0/from"),
        ([{"domain": "joe.example", "since": "2022-01-01"}], "/domains/0/since"),
        ([5], "/domains/0"),
    ],
)
def test_bad_period(world, domains, pointer):
    """
    An empty period, two of one domain at one time, and wrong members are rejected at their place.
    """
    assert_problem(world.post(OUTLETS, {"name": "Joe", "domains": domains}), 422, "invalid-body", pointer)


def test_change_and_send_back(passed_on):
    """
    R21: domains that are sent back as they were returned change nothing, and a change keeps the earlier version.
    """
    before = passed_on.get(f"{OUTLETS}/old-joe")
    same = passed_on.patch(f"{OUTLETS}/old-joe", {"domains": before.json["domains"]}, headers={"If-Match": "*"})
    moved = passed_on.patch(f"{OUTLETS}/old-joe", {"domains": ["oldjoe.example"]}, headers={"If-Match": "*"})
    clash = passed_on.patch(f"{OUTLETS}/old-joe", {"domains": ["joe.example"]}, headers={"If-Match": "*"})

    assert (before.headers["ETag"], ["oldjoe.example"]) == (same.headers["ETag"], moved.json["domains"])
    assert_problem(clash, 409, "domain-taken")
    assert found(passed_on, "joe.example", at="2020-01-01") is None
    assert b"joe.example (until 1" in passed_on.get("/outlets/old-joe").data


def test_merged_outlet(passed_on):
    """
    R22: the domain of a merged outlet leads to the outlet it was merged into, at the same times.
    """
    passed_on.post(f"{OUTLETS}/old-joe/merge", {"into": "new-joe"})
    assert "new-joe" == found(passed_on, "joe.example", at="2020-01-01")

    passed_on.delete(f"{OUTLETS}/old-joe/merge", headers={"If-Match": "*"})
    assert "old-joe" == found(passed_on, "joe.example", at="2020-01-01")


def test_outlet_line_with_dates(world):
    """
    A line of an export with a dated domain is loaded, and loaded again without a change.
    """
    line = {"type": "outlet", "slug": "joe", "name": "Joe", "domains": [SHOWN_OLD, "new.example"]}
    results = [load(world.runtime.db, world.runtime.cache, [line])[0].status for _ in range(2)]

    assert (["created", "unchanged"], line["domains"]) == (results, world.get(f"{OUTLETS}/joe").json["domains"])


HANDLES = [
    ("https://x.com/fabrizioromano/status/1", "fabrizio-romano"),
    ("https://twitter.com/FABRIZIOROMANO", "fabrizio-romano"),
    ("https://mobile.twitter.com/FabrizioRomano", "fabrizio-romano"),
    ("https://www.youtube.com/@skysportsnews/videos", "sky-yt"),
    ("https://x.com/somebody", None),
    ("https://x.com/BBC", "upper"),
    ("https://x.com/bbc", "lower"),
    ("https://x.com/Bbc", None),
]


def test_accounts(world):
    """
    R21: an account is found in any case and on any host of its platform; the exact spelling comes first.
    """
    world.outlet("Fabrizio Romano", domains=["x.com/FabrizioRomano"])
    world.outlet("Sky YT", domains=["youtube.com/@SkySportsNews"])
    world.outlet("Upper", domains=["x.com/BBC"])
    world.outlet("Lower", domains=["x.com/bbc"])

    assert HANDLES == [(url, found(world, url)) for url, _ in HANDLES]


def test_account_named_in_a_report(world):
    """
    R21: the domain of a report is found in any spelling of the account.
    """
    world.outlet("Fabrizio Romano", domains=["x.com/FabrizioRomano"])
    named = {"name": "Romano", "domain": "twitter.com/fabrizioromano"}

    assert "fabrizio-romano" == world.record(report() | {"outlet": named})["reports"][0]["outlet"]
