"""The pages of GET /v1/scores while the record changes"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cache.invalidation import invalidate_all_scores
from service.claims.resolve import NewResolution, resolve_claim
from service.outlets.track_record import Lens
from service.scores.places import RankingCriteria
from service.scores.ranking_page import ranking_page
from service.scores.standings import update_standings
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.models import ContextRow
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR, Basis, Verdict
from tests.support.contexts import fitted_contexts
from tests.support.examples import costly
from tests.support.world import assert_problem, report

URL = "/v1/scores"
QUERY = {"min_resolved": 1, "limit": 2}
LENS = Lens(topic=None, basis=Basis.MATURED, as_of=None, recorded_by=None, level=0.9)
CRITERIA = RankingCriteria(min_resolved=1)
OF_A_REQUEST = ("as_of", "computed_at", "ledger")


class Record:
    """Claims of five outlets, with writes that move the outlets."""

    def __init__(self, world):
        self.world = world
        self.claims = []
        for outlet, verdicts in (("A", "ttt"), ("B", "t"), ("C", "ttff"), ("D", "f"), ("E", "tf")):
            for verdict in verdicts:
                self.resolve(self.world.record(report(outlet), topic="a"), verdict)

    def resolve(self, claim, verdict):
        resolution = self.world.resolve(claim, {"t": "true", "f": "false"}[verdict])
        self.claims.append({**self.world.claim(claim), "resolution": resolution})

    def ranking(self, **query):
        return without_times(self.world.get(URL, query_string={"min_resolved": 1, **query}).json["items"])

    def add(self, outlet, verdict):
        """A further claim of an outlet is resolved; the outlets F and G are new."""
        self.resolve(self.world.record(report(outlet), report("B", stance="deny")), verdict)

    def reverse(self, number):
        claim = self.claims[number % len(self.claims)]
        current = self.world.claim(claim)["resolution"]
        if current is not None:
            verdict = "false" if current["verdict"] == "true" else "true"
            self.world.resolve(claim, verdict, supersedes=current["id"])

    def reopen(self, number):
        claim = self.claims[number % len(self.claims)]
        if (current := self.world.claim(claim)["resolution"]) is not None:
            self.world.resolve(claim, None, supersedes=current["id"])

    def withdraw(self, number):
        filed = self.claims[number % len(self.claims)]["reports"][0]
        self.world.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Filed twice."})

    def report_again(self, number):
        """Another outlet reports a claim, in time."""
        claim = self.claims[number % len(self.claims)]
        self.world.post(f"/v1/claims/{claim['id']}/reports", report("G", stance="deny"))

    def correct(self, number):
        """The report of a claim is corrected to the other side."""
        filed = self.claims[number % len(self.claims)]["reports"][0]
        current = self.world.get(f"/v1/reports/{filed['id']}").json
        body = {"stance": "deny" if current["stance"] == "support" else "support"}
        changed = self.world.patch(f"/v1/reports/{filed['id']}", body, headers={"If-Match": "*"})
        assert changed.status_code == 200 or current["withdrawn"], changed.text

    def store(self, _number):
        """The worker updates the stored order."""
        update_standings(self.world.runtime.db, now=utc_now())

    def change(self, number):
        claim = self.claims[number % len(self.claims)]
        body = {"topic": "b", "resolves_by": "2999-01-01T00:00:00Z"}
        self.world.patch(f"/v1/claims/{claim['id']}", body, headers={"If-Match": "*"})


numbers = st.integers(0, 20)
WRITES = st.one_of(
    st.tuples(st.just("add"), st.sampled_from("ABCDEFG"), st.sampled_from("tf")),
    st.tuples(
        st.sampled_from(["reverse", "reopen", "withdraw", "report_again", "correct", "change", "store"]), numbers
    ),
)


def without_times(items):
    return [{name: value for name, value in item.items() if name not in OF_A_REQUEST} for item in items]


def slugs(response):
    return [item["outlet"] for item in response.json["items"]]


@pytest.fixture
def standing(world):
    return Record(world)


@costly
@given(
    writes=st.lists(st.lists(WRITES, min_size=1, max_size=4), max_size=5),
    limit=st.integers(1, 3),
    query=st.sampled_from(
        [
            {},
            {"sort": "resolved", "order": "asc"},
            {"basis": "resolved", "level": 0.5},
            {"topic": "a"},
            {"kind": "website", "min_resolved": 2},
            {"as_of": "2026-10-01T00:00:00Z"},
        ]
    ),
)
def test_pages_show_the_ranking_of_the_first(standing, writes, limit, query):
    """
    Together the pages are the ranking as it was at the first page, whatever is recorded in between.
    """
    whole = standing.ranking(**query)
    seen = []
    for page in standing.world.pages(URL, **{"min_resolved": 1, "limit": limit, **query}):
        seen += without_times(page)
        for name, *arguments in writes.pop() if writes else ():
            getattr(standing, name)(*arguments)

    assert whole == seen


def test_write_in_flight(standing):
    """
    A write that began before the first page and ends after it does not move an outlet between the pages.
    """
    world, db = standing.world, standing.world.runtime.db
    claims = [world.record(report("D"), report("A", stance="deny")) for _ in range(9)]
    whole = standing.ranking()
    with db.write():
        for claim in claims:
            new = NewResolution(
                verdict=Verdict.TRUE, truth=None, known_at=None, evidence=[], note="Seen.", supersedes=None
            )
            resolve_claim(db, world.runtime.cache, UUID(claim["id"]), resolution=new, caller=OPERATOR, now=utc_now())
        pages = world.pages(URL, **QUERY)
        seen = next(pages)

    for page in pages:
        seen += page

    assert whole == without_times(seen)
    assert "d" == standing.ranking()[0]["outlet"]


def test_refit_between_pages(standing):
    """
    All pages compare with the context of the first page.
    """
    world = standing.world
    pages = world.pages(URL, **QUERY)
    seen = next(pages)
    with world.runtime.db.write() as session:
        session.add(ContextRow(number=1, contexts=fitted_contexts(kappa=9.0), recorded_at=utc_now()))
        invalidate_all_scores(session, world.runtime.cache, now=utc_now())

    assert {"start"} == {item["context"]["id"] for page in [seen, *pages] for item in page}
    assert {"ctx_1"} == {item["context"]["id"] for item in standing.ranking()}


def test_pages_have_one_moment(standing):
    """
    Every page is as of the moment of the first page.
    """
    items = [item for page in standing.world.pages(URL, **QUERY) for item in page]

    assert 5 == len(items)
    assert 1 == len({item["as_of"] for item in items})


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 400)])
def test_lifetime(standing, minutes, status):
    """
    A cursor is good for 15 minutes after the first page; then the client has to start again.
    """
    then = utc_now() - dt.timedelta(minutes=minutes)
    page = ranking_page(standing.world.runtime.db, CRITERIA, lens=LENS, cursor=None, limit=2, now=then)

    response = standing.world.get(URL, query_string=QUERY | {"cursor": page.next_cursor})

    assert status == response.status_code
    if status == 400:
        assert_problem(response, 400, "cursor-expired")
    assert 200 == standing.world.get("/problems/cursor-expired").status_code


@pytest.mark.parametrize("change", [{"kind": "agency"}, {"scorable": False}, {"into": "b"}])
def test_outlet_that_moves(standing, change):
    """
    R22: if an outlet is merged or reclassified between pages, the earlier ranking cannot be shown, and the problem says
    so; a new name changes nothing.
    """
    world = standing.world
    first = world.get(URL, query_string=QUERY)
    query = QUERY | {"cursor": first.json["next_cursor"]}
    world.patch("/v1/outlets/c", {"name": "Courier"}, headers={"If-Match": "*"})
    assert ["c", "e"] == slugs(world.get(URL, query_string=query))
    if "into" in change:
        assert 201 == world.post("/v1/outlets/c/merge", change).status_code
    else:
        assert 200 == world.patch("/v1/outlets/c", change, headers={"If-Match": "*"}).status_code

    assert_problem(world.get(URL, query_string=query), 400, "cursor-expired")


def test_cached_pages(standing):
    """
    R20: a page is cached, and a write ends it, but its cursor still continues the earlier ranking.
    """
    world = standing.world
    first = world.get(URL, query_string=QUERY)
    again = world.get(URL, query_string=QUERY)
    standing.add("D", "t")
    changed = world.get(URL, query_string=QUERY)

    hits = [each.headers["Cache-Status"] for each in (first, again, changed)]

    assert ["borneout; fwd=miss", "borneout; hit", "borneout; fwd=miss"] == hits
    assert first.json == again.json
    assert first.json["next_cursor"] != changed.json["next_cursor"]


BOUND = ["ranking", CRITERIA, None, "matured", None, 0.9]


def forged(world, **parts):
    """Return a cursor with some parts replaced and a valid checksum."""
    cursor = world.get(URL, query_string=QUERY).json["next_cursor"]
    names = ("value", "slug", "moment", "context", "state")
    return encode_cursor(tuple((dict(zip(names, decode_cursor(cursor, BOUND), strict=True)) | parts).values()), BOUND)


IMPOSSIBLE = [{"value": "x"}, {"moment": "x"}]
IMPOSSIBLE += [{"context": name} for name in ("", "ctx_", "ctx_x", "ctx_-1", "ctx_9999999999")]
IMPOSSIBLE += [{"state": state} for state in ("", "-1", "9" * 19, "5:1:", "0:1:", "1:9:3,2", "1:9:9")]
IMPOSSIBLE += [{"state": f"1:{'9' * 19}:"}, {"state": "1:2:1;DROP TABLE claim"}]
PAST = [{"moment": moment} for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")] + [{"context": "ctx_9"}]
MOST = "9" * 18


def test_forged_cursor(standing):
    """
    A cursor with an impossible part causes a 400, as does one of a moment or a context that cannot be shown.
    """
    world = standing.world
    for parts in IMPOSSIBLE:
        response = world.get(URL, query_string=QUERY | {"cursor": forged(world, **parts)})
        assert_problem(response, 400, "invalid-query", "/cursor")
    for parts in PAST:
        assert_problem(world.get(URL, query_string=QUERY | {"cursor": forged(world, **parts)}), 400, "cursor-expired")


def test_forged_state(standing):
    """
    A cursor with any possible state of the database, also of the other kind of database, causes no 500.
    """
    for state in ("0", "1", MOST, "1:1:", "1:9:1,2,8", f"1:{MOST}:", f"{MOST}:{MOST}:"):
        cursor = forged(standing.world, state=state)
        assert standing.world.get(URL, query_string=QUERY | {"cursor": cursor}).status_code in (200, 400)
