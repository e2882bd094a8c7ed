"""/claims and /claims.csv"""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from urllib.parse import parse_qsl

import pytest

from tests.support.world import HOSTILE

pytestmark = pytest.mark.sqlite_alone  # tests of the API run on both databases

QUERIES = [
    "",
    "status=resolved&sort=oldest",
    "topic=roads&verdict=false",
    "outlet=herald&sort=decided",
    "kind=opinion",
    "disputed=false&verdict=true&sort=due",
    "q=bridge+7",
]


def shown(html):
    """Return the ids of the claims that a page lists, in order."""
    return re.findall(r'<li><a href="/claims/([^"]+)">', html)


def next_page(html):
    """Return the address of the next page; None on the last one."""
    found = re.search(r'<a rel="next" href="([^"]+)"', html)
    return found and unescape(found[1])


@pytest.mark.parametrize("query", QUERIES)
def test_claims_of_the_api(site, query):
    """
    The page lists the claims that the API lists for the same query, in the same order, and the CSV has all of them.
    """
    listed = site.get(f"/v1/claims?{query}&limit=50").json["items"]
    rows = list(csv.DictReader(io.StringIO(site.client.get(f"/claims.csv?{query}").data.decode("utf-8-sig"))))
    everything = [claim for page in site.pages("/v1/claims", **dict(parse_qsl(query)), limit=200) for claim in page]

    assert [claim["id"] for claim in listed] == shown(site.html(f"/claims?{query}"))
    assert [(claim["id"], claim["text"].lstrip("="), claim["status"]) for claim in everything] == [
        (row["id"], row["text"].lstrip("'="), row["status"]) for row in rows
    ]


def test_pages_of_claims(site):
    """
    The links to next pages lead through all claims, each once, and keep the filters.
    """
    path, found = "/claims?topic=roads&limit=10", []
    while path:
        html = site.html(path)
        found += shown(html)
        path = next_page(html)

    assert [claim["id"] for page in site.pages("/v1/claims", topic="roads") for claim in page] == found


def test_chips(site):
    """
    Each filter is a chip whose link leads to the list without it, and the title and the preview name all filters.
    """
    html = site.html("/claims?topic=roads&verdict=false&outlet=herald")
    addresses = [unescape(address) for address in re.findall(r'<li><a href="([^"]+)">[^<]+<span class="hidden">', html)]

    title = "False claims on roads reported by Herald"
    assert f"<title>{title} · Borneout</title>" in html
    assert f'<meta property="og:description" content="{title}, ' in html
    assert [
        "/claims?topic=roads&outlet=herald",
        "/claims?verdict=false&outlet=herald",
        "/claims?verdict=false&topic=roads",
    ] == addresses
    assert 'href="/claims">Clear all' in html


def test_table_of_claims(site):
    """
    A CSV begins with a byte order mark, and has no cell that a spreadsheet evaluates as a formula.
    """
    site.record(text="=1+1", topic="spreadsheets", external_id="=2+2")
    response = site.client.get("/claims.csv?topic=spreadsheets")
    [row] = csv.DictReader(io.StringIO(response.data.decode("utf-8-sig")))

    assert "text/csv; charset=utf-8" == response.content_type
    assert response.data.startswith("\ufeffid,text,".encode())
    assert ("'=1+1", "'=2+2") == (row["text"], row["external_id"])


@pytest.mark.parametrize(
    "query", ["status=x", "outlet=zzyzx", "cursor=x", "sort=best", "disputed=perhaps", "topic=%00", "limit=0"]
)
def test_invalid_filter(site, query):
    """
    An invalid filter is a 400 page that names it, also for the CSV if it has that filter.
    """
    name = query.split("=", maxsplit=1)[0]
    for path in ["/claims"] if name in ("cursor", "limit") else ["/claims", "/claims.csv"]:
        response = site.client.get(f"{path}?{query}", headers={"Accept": "text/html"})
        assert (400, "text/html; charset=utf-8") == (response.status_code, response.content_type)
        assert name in response.text


def test_hostile_filters(site):
    """
    A filter is shown as text, and never as HTML.
    """
    found, nothing = (
        site.client.get("/claims", query_string={"topic": HOSTILE, "q": q}).text for q in (HOSTILE, f"{HOSTILE} no")
    )

    assert "<script>alert" not in found + nothing
    assert [1, 0] == [len(shown(html)) for html in (found, nothing)]
    assert "No claim matches these filters" in nothing
