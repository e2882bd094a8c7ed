"""GET /v1/claims/{id}/forecast"""

from __future__ import annotations

import datetime as dt
from math import fsum, log
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.claims.daily_forecasts import keep_forecasts
from service.claims.forecast import forecast_claim
from service.claims.learner import refit_learner
from service.methods.forecast import BUILD, Learner, Resolved
from service.storage.models import LearnerRow
from tests.support.learner import claims_in, day, outcomes, rivals, taught
from tests.support.load_lines import load_all
from tests.support.unjournaled import unjournaled
from tests.support.world import assert_problem, report

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def url(claim_id):
    return f"/v1/claims/{claim_id}/forecast"


@pytest.fixture(scope="module")
def lines():
    return outcomes()


def teach(world, lines):
    """Load claims into a world and train the model."""
    load_all(world.runtime.db, world.runtime.cache, lines, now=NOW)
    assert refit_learner(world.runtime.db, now=NOW)
    return world


@pytest.fixture
def loaded(world, lines):
    return teach(world, lines)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is worked out of the same rows as the tests that ask `standing`, which is on both."""


@pytest.fixture(scope="module")
def standing(shared_world, lines):
    """The same data for tests that only read."""
    return teach(shared_world, lines)


def open_claims(world):
    items, cursor = [], None
    while True:
        page = world.get(
            "/v1/claims", query_string={"status": "open", "limit": 200} | ({"cursor": cursor} if cursor else {})
        )
        items += page.json["items"]
        if (cursor := page.json["next_cursor"]) is None:
            return {item["external_id"]: item["id"] for item in items}


def test_forecast_equals_that_of_the_learner_alone(standing, lines):
    """
    The forecast of the service equals that of the learner of the backtest on the same rows, to 1e-9.
    """
    learner = Learner()
    cases = [
        Resolved(claim, reports, float(line["outcome"]), day(line["resolved_at"]))
        for claim, reports, line in claims_in(lines)
        if line["outcome"] is not None
    ]
    for case in sorted(cases, key=lambda case: case.known_at):
        learner.learn(case)
    ids = open_claims(standing)
    expected = {
        claim.key: learner.forecast(claim, reports).probability
        for claim, reports, line in claims_in(lines)
        if line["outcome"] is None
    }

    assert 15 == len(expected)
    assert expected.keys() == ids.keys()
    answered = {key: standing.get(url(ids[key])).json["probability"] for key in expected}
    assert pytest.approx(expected, abs=1e-9) == answered


@pytest.fixture(scope="module")
def known_rivals():
    return rivals()


@pytest.fixture
def cup(world, known_rivals):
    return teach(world, [one.line for one in known_rivals])


def test_forecasts_of_rivals_equal_those_of_the_learner_alone(cup, known_rivals):
    """
    R3: in groups, with deadlines of which some are not over yet, the forecasts of the service equal those of the
    learner of the backtest, to 1e-9.
    """
    learner = taught(known_rivals)
    open_claims_ = [one for one in known_rivals if one.known_at is None]
    expected = {
        one.claim.key: None
        if learner.is_decided(one.claim)
        else learner.forecast(one.claim, one.reports, now=NOW).probability
        for one in open_claims_
    }
    ids = open_claims(cup)
    answered = {key: cup.get(url(ids[key])).json["probability"] for key in expected}

    assert {one for one in expected.values() if one is None} == {None}
    assert 20 < len(expected)
    assert 3 < len(learner.state.groups) or 15 < sum(count.groups for count in learner.state.groups)
    assert pytest.approx(expected, abs=1e-9) == answered


def test_forecasts_of_a_group_sum_to_one_at_most(cup, known_rivals):
    """
    R3: the forecasts of the open claims of a group sum to at most 1, and their contributions, with that of the rivals,
    sum to the log-odds of the probability. A claim alone in its group has no such contribution.
    """
    ids = open_claims(cup)
    answered = {key: cup.get(url(claim_id)).json for key, claim_id in ids.items()}
    groups = {}
    for one in known_rivals:
        if one.known_at is None and answered[one.claim.key]["status"] != "decided":
            groups.setdefault(one.claim.group, []).append(answered[one.claim.key])

    assert {1, 2, 3, 4} == {len(members) for members in groups.values()}
    for members in groups.values():
        assert sum(made["probability"] for made in members) <= 1 + 1e-12
        for made in members:
            parts = {part["feature"]: part["log_odds"] for part in made["contributions"]}
            stated = log(made["probability"] / (1 - made["probability"]))
            assert pytest.approx(stated, abs=1e-9) == made["base"] + sum(parts.values())
            assert made["interval"]["lower"] < made["probability"] < made["interval"]["upper"]
            assert (len(members) > 1) is ("its_rivals" in parts)


def test_group_of_one_is_unchanged(cup):
    """
    R3: the forecast of a claim that is alone in its group equals that of the same claim without a group.
    """
    alone, without = (
        cup.record(report("Paper 1"), report("Paper 2", stance="deny"), text=text, **members)
        for text, members in (("Rovers win.", {"group": "alone"}), ("Rovers win again.", {}))
    )
    one, other = (cup.get(url(claim["id"])).json for claim in (alone, without))

    assert "rated" == one["status"]
    assert one | {"claim": None} == other | {"claim": None}


def test_little_known_of_rivals(world):
    """
    R3: also where too few claims are resolved, the forecasts of a group sum to at most 1.
    """
    claims = [world.record(report(f"Paper {n}"), text=f"Team {n} wins.", group="cup") for n in range(4)]
    found = [world.get(url(claim["id"])).json for claim in claims]

    # Each alone has the odds 1, and one of the group is true with the chance 1/2.
    theta = (1 / 2) / (1 - 1 / 8)
    assert [pytest.approx(1 / (theta + 4))] * 4 == [made["probability"] for made in found]
    assert ["its_rivals"] == [part["feature"] for part in found[0]["contributions"]]
    assert "its rivals: at most one of these four claims can be true" == found[0]["contributions"][0]["words"]


def test_early_outcome_is_learned_when_it_is_due(loaded):
    """
    An outcome that is known before the deadline changes no forecast until the deadline has passed.
    """
    claim_id = next(iter(open_claims(loaded).values()))

    def forecast_at(now):
        refit_learner(loaded.runtime.db, now=now)
        found = forecast_claim(loaded.runtime.db, UUID(claim_id), level=0.9, now=now)
        return found.probability, found.trained_on

    before = forecast_at(NOW)
    deadline = NOW + dt.timedelta(days=30)
    for number in range(20):
        text = f"The bridge {number} opens."
        claim = loaded.record(
            *(report(f"Paper {n}", published_at="2026-01-01T00:00:00Z") for n in range(10)),
            text=text,
            resolves_by=deadline.isoformat(),
        )
        loaded.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")

    assert before == forecast_at(NOW)
    assert before == forecast_at(deadline - dt.timedelta(seconds=1))
    probability, trained_on = forecast_at(deadline)
    assert before[0] != probability
    assert (52, 80) == (before[1], trained_on)  # fits are due when the reports have grown by a tenth


def test_contributions_add_up(standing):
    """
    R19: the base and the contributions sum to the log-odds, and their points to the change of the probability.
    """
    for claim_id in list(open_claims(standing).values())[:10]:
        made = standing.get(url(claim_id)).json
        log_odds = made["base"] + sum(part["log_odds"] for part in made["contributions"])
        stated = log(made["probability"] / (1 - made["probability"]))

        assert "rated" == made["status"]
        assert made["interval"]["lower"] < made["probability"] < made["interval"]["upper"]
        assert 0 <= stated / log_odds <= 1 + 1e-9
        sizes = [abs(part["log_odds"]) for part in made["contributions"]]
        assert sorted(sizes, reverse=True) == sizes
        assert all(part["words"] for part in made["contributions"])
        points = fsum(part["points"] for part in made["contributions"])
        assert pytest.approx(100 * (made["probability"] - made["base_probability"]), abs=1e-9) == points


def test_little_known(world):
    """
    Under 50 resolved claims the forecast is the base rate, with the status insufficient.
    """
    claim = world.record()

    made = world.get(url(claim["id"])).json

    assert ("insufficient", 0.5, 0, []) == (
        made["status"],
        made["probability"],
        made["trained_on"],
        made["contributions"],
    )


def test_resolved_claims_and_opinions_have_none(loaded):
    """
    Resolved claims and opinions have no forecast, but their stored forecasts.
    """
    claim = loaded.record(report("Herald"))
    assert keep_forecasts(loaded.runtime.db, after=None, now=dt.datetime(2026, 10, 1, tzinfo=dt.UTC))
    before = loaded.get(url(claim["id"])).json
    loaded.resolve(claim, "true")
    opinion = loaded.record(report("Herald"), kind="opinion", text="A fine bridge.")

    closed = loaded.get(url(claim["id"])).json
    assert ("closed", None, None) == (closed["status"], closed["probability"], closed["interval"])
    assert [{"day": "2026-10-01", "probability": pytest.approx(before["probability"])}] == closed["kept"]
    assert "closed" == loaded.get(url(opinion["id"])).json["status"]


def test_forecasts_are_kept_once_a_day(loaded):
    """
    One forecast of each open claim is stored per day.
    """
    db, ids = loaded.runtime.db, list(open_claims(loaded).values())

    def keep(now):
        after = None
        while (after := keep_forecasts(db, after=after, now=now)) is not None:
            pass

    keep(NOW)
    keep(NOW + dt.timedelta(hours=1))
    keep(NOW + dt.timedelta(days=1))

    kept = [loaded.get(url(claim_id)).json["kept"] for claim_id in (ids[0], ids[-1])]
    assert [["2026-11-01", "2026-11-02"]] * 2 == [[one["day"] for one in days] for days in kept]


@on_sqlite
def test_relays_of_one_source_are_one_voice(loaded):
    """
    R8: five relays of one report do not change the forecast.
    """
    own = report("Herald", published_at="2026-01-01T00:00:00Z")
    relays = [
        report(f"Paper {n}", published_at="2026-01-02T00:00:00Z", relays={"outlet": "herald", "cited_as": "Herald"})
        for n in range(5)
    ]
    alone = loaded.record(own, text="Alone.")
    passed_on = loaded.record(own, *relays, text="Passed on.")

    one, six = (loaded.get(url(claim["id"])).json for claim in (alone, passed_on))

    assert pytest.approx(one["probability"], abs=1e-12) == six["probability"]
    assert 1 == six["independent_roots"]


def state_of(world):
    with world.runtime.db.read() as session:
        return session.scalars(sa.select(LearnerRow.state)).one()


def test_nothing_new_to_learn(standing):
    """
    Training again on the same rows stores no new state.
    """
    before = state_of(standing)

    assert not refit_learner(standing.runtime.db, now=NOW)
    assert before == state_of(standing)


@on_sqlite
def test_whatever_is_added_is_learned_from(loaded):
    """
    R11: changes that alter no rate also cause a new training: the time of an answer, rivals, another report of the same
    outlet, a merge of outlets.
    """
    claim = loaded.get("/v1/claims", query_string={"external_id": "claim 1"}).json["items"][0]
    resolution = claim["resolution"]
    told = report("Paper 3", published_at="2024-01-05T00:00:00Z", probability=0.9)

    def resolve_later():
        loaded.resolve(claim, resolution["verdict"], known_at="2024-02-02T00:00:00Z", supersedes=resolution["id"])

    def put_in_a_group():
        for number in (1, 2):
            [one] = loaded.get("/v1/claims", query_string={"external_id": f"claim {number}"}).json["items"]
            path = f"/v1/claims/{one['id']}"
            loaded.patch(path, {"group": "g"}, headers={"If-Match": loaded.get(path).headers["ETag"]})

    def merge_outlets():
        assert 201 == loaded.post("/v1/outlets/paper-4/merge", {"into": "paper-5"}).status_code

    def file_another_report():
        loaded.post(f"/v1/claims/{claim['id']}/reports", told)

    for change in (resolve_later, put_in_a_group, file_another_report, merge_outlets):
        before = state_of(loaded)
        change()
        assert refit_learner(loaded.runtime.db, now=NOW)
        assert before != state_of(loaded)


@on_sqlite
def test_what_another_build_has_learned_is_not_read(loaded):
    """
    After an upgrade that changes the method, old states are ignored until the next training.
    """
    claim_id = next(iter(open_claims(loaded).values()))
    before = loaded.get(url(claim_id)).json
    with unjournaled(loaded.runtime.db) as session:
        session.execute(sa.update(LearnerRow).values(build="forecast/0", number=57, state={}))
        session.commit()

    assert "insufficient" == loaded.get(url(claim_id)).json["status"]
    assert refit_learner(loaded.runtime.db, now=NOW)
    assert before == loaded.get(url(claim_id)).json
    with loaded.runtime.db.read() as session:  # where the other build may still be running
        assert {"forecast/0", BUILD} == set(session.scalars(sa.select(LearnerRow.build)))


@on_sqlite
def test_claim_whose_reports_are_withdrawn(loaded):
    """
    A claim whose reports were withdrawn has the base rate as its forecast, with the status insufficient.
    """
    claim = loaded.record(report("Paper 1"))
    loaded.post(f"/v1/reports/{claim['reports'][0]['id']}/withdrawal", {"reason": "Another claim."})

    made = loaded.get(url(claim["id"])).json

    assert ("insufficient", []) == (made["status"], made["contributions"])
    assert 0.2 < made["probability"] < 0.6


def test_same_forecast_has_the_same_tag(standing):
    """
    A conditional request gets 304 while the forecast is unchanged.
    """
    path = url(next(iter(open_claims(standing).values())))
    tag = standing.get(path).headers["ETag"]

    assert 304 == standing.get(path, headers={"If-None-Match": tag}).status_code


@pytest.mark.parametrize("path", ["00000000-0000-7000-8000-000000000000", "not-an-id"])
def test_unknown_claim(world, path):
    """
    An unknown claim causes a 404.
    """
    assert_problem(world.get(url(path)), 404, "not-found")


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("query", ["level=2", "level=0.7", "x=1", "level=0.9&level=0.8"])
def test_bad_query(world, query):
    """
    Unknown parameters and levels are rejected with their names.
    """
    claim = world.record()

    assert_problem(world.get(f"{url(claim['id'])}?{query}"), 400, "invalid-query", "/" + query.partition("=")[0])


def test_rivals_of_a_true_claim_are_decided(world):
    """
    R3: once a claim of a group is true, the others have no forecast, and the reason, until it is no longer true.
    """
    winner, rival = (world.record(report("Herald"), text=text, group="cup") for text in ("Rovers win.", "City win."))
    opinion = world.record(report("Herald"), kind="opinion", text="A fine cup.", group="cup")
    world.record(report("Herald"), text="Another.", group="other")

    def forecasts():
        return [world.get(url(claim["id"])).json for claim in (winner, rival, opinion)]

    before = forecasts()
    first = world.resolve(winner, "false")
    is_false = forecasts()
    second = world.resolve(winner, "true", supersedes=first["id"])
    decided = forecasts()
    world.resolve(winner, None, supersedes=second["id"])
    reopened = forecasts()

    statuses = [[made["status"] for made in found] for found in (before, is_false, decided, reopened)]
    assert ["insufficient", "insufficient", "closed"] == statuses[0] == statuses[3]
    assert [["closed", "insufficient", "closed"], ["closed", "decided", "closed"]] == statuses[1:3]
    assert [None, winner["id"], None] == [made["decided_by"] for made in decided]
    without = ("probability", "interval", "trained_on", "base", "base_probability")
    assert [None] * 5 == [decided[1][name] for name in without]
    assert ([], decided[0]["roots"]) == (decided[1]["contributions"], decided[1]["roots"])
    assert before == reopened


def test_decided_claim_keeps_no_new_forecast(loaded):
    """
    R3: no forecast of the day is stored for a claim whose rival is true.
    """
    claims = [
        loaded.record(report("Paper 1"), text=text, group="cup") for text in ("Rovers win.", "City win.", "Draw.")
    ]
    after = None
    while (after := keep_forecasts(loaded.runtime.db, after=after, now=NOW)) is not None:
        pass
    loaded.resolve(claims[0], "true")
    while (after := keep_forecasts(loaded.runtime.db, after=after, now=NOW + dt.timedelta(days=1))) is not None:
        pass

    kept = [loaded.get(url(claim["id"])).json for claim in claims[1:]]
    assert [["2026-11-01"]] * 2 == [[one["day"] for one in made["kept"]] for made in kept]
    assert {"decided"} == {made["status"] for made in kept}
