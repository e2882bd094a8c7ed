from __future__ import annotations

import dataclasses
import datetime as dt
import json
import random
from math import exp, isfinite, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from service.beta import logit
from service.forecast import ENOUGH, START, Claim, Count, Learner, Report, Resolved, State, forecast, refit
from service.forecast.columns import ROWS_PER_CLAIM, Columns
from service.forecast.features import COPYING, NAMES, TERMS, design
from service.forecast.fitting import Problem, fit
from service.forecast.past import Past
from service.forecast.records import cell_of, view
from service.rates import Rates
from service.vocabulary import ClaimKind, Stance

START_OF_TIME = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
CLAIM = Claim("alonso", ClaimKind.EVENT, "transfers")


def at(hours):
    return START_OF_TIME + dt.timedelta(hours=hours)


def report(outlet="bild", hours=0.0, stance=Stance.SUPPORT, **given):
    return Report(outlet, stance, at(hours), **given)


def made_up(claims, *, outlets=12, seed=1, truth=None):
    """Resolved claims on which outlets are right as often as their number says, many at one instant."""
    source = random.Random(seed)  # noqa: S311
    cases = []
    for number in range(claims):
        true = source.random() < 0.4 if truth is None else truth
        reports = []
        for hours in sorted(source.choices(range(20), k=source.randint(1, 7))):
            outlet = source.randrange(outlets)
            right = source.random() < 0.5 + 0.4 * outlet / outlets
            stance = Stance.SUPPORT if right == true else source.choice([Stance.DENY, Stance.COMMENT])
            relays = source.random() < 0.2
            reports.append(
                Report(
                    outlet=f"outlet-{outlet}",
                    stance=stance,
                    published_at=at(30 * (number // 3) + hours),
                    commitment=source.choice([None, 1, 2, 3, 4]),
                    probability=source.choice([None, None, None, 0.0, 0.3, 0.9]),
                    root=f"outlet-{source.randrange(outlets)}" if relays else None,
                )
            )
        claim = Claim(
            f"claim-{number}", source.choice(list(ClaimKind)[:2]), source.choice([None, "a", "b"]), number % 4
        )
        cases.append(
            Resolved(claim, reports, source.choice([float(true), 0.5 * true + 0.2]), at(30 * (number // 3 + 1)))
        )
    return cases


def learned(cases):
    learner = Learner()
    for case in cases:
        learner.learn(case)
    return learner


def test_nothing_known():
    """
    Before anything is resolved there is the base rate, one half, and it says that it is not sufficient.
    """
    found = forecast(START, Rates(), {}, CLAIM, [report()])

    assert (0.5, False, 0, ()) == (found.probability, found.sufficient, found.trained_on, found.contributions)
    assert found.lower < 0.1
    assert found.upper > 0.9


def test_too_little_known():
    """
    Under 50 resolved claims a forecast is the base rate, whoever reports the claim.
    """
    learner = learned(made_up(ENOUGH - 1))
    found = learner.forecast(CLAIM, [report()], enough=ENOUGH)

    assert not found.sufficient
    assert pytest.approx(learner.state.base_rate) == found.probability
    assert found.lower < found.probability < found.upper


def test_claim_without_reports():
    """
    A claim that nobody reports has the base rate.
    """
    learner = learned(made_up(90))

    assert pytest.approx(learner.state.base_rate) == learner.forecast(CLAIM, []).probability


def test_first_guess_by_hand():
    """
    Before anything is learned, a single report's log-odds are those that the guessed weights give.
    """
    rates = Rates()
    found = forecast(START, rates, {}, CLAIM, [report(commitment=4)], enough=0)

    # Everything is one half, so that only the report itself speaks: agreement is 1, of weight 0.3.
    assert pytest.approx(0.3) == found.log_odds
    variance = sum(
        term.deviation**2
        for term in TERMS
        if term.name in {"bias", "stance_support", "commitment_4", "first", "agreement"}
    )
    assert pytest.approx(sqrt(variance)) == found.deviation
    assert pytest.approx(1 / (1 + exp(-0.3 / sqrt(1 + pi * variance / 8)))) == found.probability


def test_features_by_hand():
    """
    Every feature of a report with two others beside it, worked out from its definition.
    """
    state = dataclasses.replace(
        START,
        trained_on=98,
        true=39.0,
        delta=0.5,
        votes=(Count(100, 60), Count(50, 10), Count(), Count(20, 8)),
    )
    counts = {
        ("bild", Stance.SUPPORT): Count(10, 8),
        ("bild", Stance.DENY): Count(4, 1),
        ("marca", Stance.SUPPORT): Count(6, 2),
        ("times", Stance.DENY): Count(5, 1),
    }
    reports = [
        report("marca", 0),
        report("times", 1, Stance.DENY, commitment=4),
        report("bild", 2, Stance.DENY),
        report("bild", 3, commitment=3),
    ]
    share = {Stance.SUPPORT: 61 / 102, Stance.DENY: 11 / 52}

    def shift(n, k, m):
        return logit((k + 16 * m) / (n + 16)) - logit(m)

    def ratio(stance, n, k, all_true, all_false):
        given_true = {Stance.SUPPORT: 61 / 82, Stance.DENY: 11 / 82}[stance]
        given_false = {Stance.SUPPORT: 41 / 96, Stance.DENY: 41 / 96}[stance]
        return log((k + 6 * given_true) / (all_true + 6)) - log((n - k + 6 * given_false) / (all_false + 6))

    expected = dict.fromkeys(NAMES, 0.0) | {
        "bias": 1,
        "stance_support": 1,
        "commitment_3": 1,
        "base_rate": logit(40 / 100),
        "contexts": (0 - logit(40 / 100)) * 3 / sqrt(3) * 98 / 108,
        "own_record": shift(10, 8, share[Stance.SUPPORT]),
        "same_outlet": 1,
        "reports": log(3),
        "agreement": (2 - 1) / sqrt(3),
        "records_support": shift(6, 2, share[Stance.SUPPORT]),
        "records_deny": shift(5, 1, share[Stance.DENY]),
        "rivals": log(3),
        "likelihood": (
            (ratio(Stance.SUPPORT, 10, 8, 9, 5) + ratio(Stance.SUPPORT, 6, 2, 2, 4)) / sqrt(2)
            + ratio(Stance.DENY, 5, 1, 1, 4)
        ),
    }

    assert pytest.approx(expected) == {name: _feature(state, name, counts, reports) for name in NAMES}


def _feature(state, name, counts, reports):
    """A feature by itself: the log-odds when its weight is one and the others nought."""
    alone = dataclasses.replace(state, weights=tuple(float(other == name) for other in NAMES))
    return forecast(alone, Rates(), counts, CLAIM._replace(rivals=2), reports, enough=0).log_odds


def test_stated_probability_speaks_for_its_report():
    """
    Where a probability is stated it is believed at first, and not what reports of its stance came to; of
    several outlets that state one it is the mean in log-odds.
    """
    rates = Rates()
    rates.add(cell_of(CLAIM, report()), truth=0.0, among=1)

    def stated(*probabilities):
        reports = [report(f"outlet-{n}", n, probability=p) for n, p in enumerate(probabilities)]
        return forecast(START, rates, {("outlet-0", Stance.SUPPORT): Count(9, 9)}, CLAIM, reports, enough=0).log_odds

    assert pytest.approx(logit(0.3)) == stated(0.3)
    assert pytest.approx(logit(0.99)) == stated(1.0)
    assert pytest.approx((logit(0.3) + logit(0.8)) / 2) == stated(0.3, 0.8)


def test_contributions_add_up():
    """
    The base and the contributions, largest first, add up to the log-odds; each is told in words.
    """
    learner = learned(made_up(90))
    reports = [
        report("outlet-3", 0),
        report("outlet-4", 1, probability=0.8),
        report("outlet-5", 2, Stance.DENY),
        report("outlet-6", 3, commitment=4),
        report("outlet-6", 4, commitment=4),
    ]
    found = learner.forecast(CLAIM._replace(rivals=3), reports)
    sizes = [abs(part.log_odds) for part in found.contributions]
    words = {part.feature: part.words for part in found.contributions}

    assert pytest.approx(found.log_odds, abs=1e-9) == found.base + sum(part.log_odds for part in found.contributions)
    assert sizes == sorted(sizes, reverse=True)
    assert "stated as agreed" == words["statement"]
    assert "two independent outlets already report it, one denies it" == words["others"]
    assert "it excludes three other claims" == words["rivals"]
    assert "this outlet has reported it before" == words["repetition"]


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([], "nobody else has reported it"),
        ([Stance.SUPPORT], "one independent outlet already reports it"),
        ([Stance.SUPPORT] * 3, "three independent outlets already report it"),
        ([Stance.DENY], "one independent outlet denies it"),
        ([Stance.DENY] * 2, "two independent outlets deny it"),
        ([Stance.COMMENT], "one independent outlet already mentions it"),
        ([Stance.SUPPORT] * 13, "13 independent outlets already report it"),
        ([Stance.DENY, Stance.SUPPORT], "one independent outlet already reports it, one denies it"),
    ],
)
def test_words_for_others(others, words):
    """
    Who else reports a claim is told in plain words.
    """
    reports = [report(f"other-{n}", n, stance) for n, stance in enumerate(others)] + [report("bild", 90)]
    state = dataclasses.replace(START, weights=(1.0,) * len(NAMES))
    found = forecast(state, Rates(), {}, CLAIM, reports, enough=0)

    assert words in {part.words for part in found.contributions}


@given(
    weights=st.lists(st.floats(-40, 40), min_size=len(NAMES), max_size=len(NAMES)),
    deviation=st.floats(0, 30),
    level=st.floats(0.01, 0.999),
)
def test_interval_holds_the_probability(weights, deviation, level):
    """
    Whatever is learned, the interval holds the probability, which is within 0..1.
    """
    covariance = tuple((*(0.0,) * place, deviation**2) for place in range(len(NAMES)))
    state = dataclasses.replace(START, weights=tuple(weights), covariance=covariance)
    found = forecast(state, Rates(), {}, CLAIM, [report("marca"), report("bild", 1)], level=level, enough=0)

    assert 0 <= found.lower <= found.probability <= found.upper <= 1


def test_relays_are_one_voice():
    """
    R8: five papers that relay one outlet leave the forecast as it was, and two that relay an absent one are one.
    """
    learner = learned(made_up(90))
    alone = [report("outlet-9", 0), report("outlet-7", 1)]
    relays = [report(f"paper-{n}", 2 + n, root="outlet-7") for n in range(5)]
    absent = [report(f"paper-{n}", n, root="unknown") for n in range(2)]

    assert learner.forecast(CLAIM, alone) == learner.forecast(CLAIM, alone + relays)
    assert learner.forecast(CLAIM, absent[:1]) == learner.forecast(CLAIM, absent)


def test_root_speaks_for_its_relays():
    """
    Of one voice the root's own report counts, whether it came before its relays or after.
    """
    root, relay, other = report("bild", 1), report("paper", 0, root="bild"), report("marca", 2)

    assert [root] == view([relay, root, other]).others
    assert [root] == view([root, relay._replace(published_at=at(1.5)), other]).others


def test_vote_is_the_last_side():
    """
    R6: a later question or comment does not erase a side that was taken; a change of mind does.
    """
    support, comment = report("bild", 0), report("bild", 1, Stance.COMMENT)
    deny, other = report("bild", 2, Stance.DENY), report("marca", 3)

    assert [support] == view([support, comment, other]).others
    assert [deny] == view([support, comment, deny, other]).others


@pytest.mark.parametrize("seed", range(3))
def test_order_of_arrival_does_not_matter(seed):
    """
    The same rows give the same bytes, in whatever order they come.
    """
    cases = made_up(100)
    expected = json.dumps(refit(cases).to_json())
    random.Random(seed).shuffle(cases)  # noqa: S311

    assert expected == json.dumps(refit(cases).to_json())


def test_replay_equals_live_feed():
    """
    What is learned as time goes by is what a refit learns from everything at once, to the last bit.
    """
    cases = made_up(100)

    assert refit(cases) == learned(cases).state


def test_replay_judges_reports_as_they_were_forecast():
    """
    The features that a refit learns from are those of the forecast when the report was published:
    nothing later is looked at, nothing earlier is left out.
    """
    cases = made_up(80)
    source = random.Random(2)  # noqa: S311
    weights = tuple(source.gauss(0, 1) for _ in NAMES)
    past = Past(Columns(cases))
    replayed = [
        value
        for rows in past.chunks()
        for features, likelihoods in [design(*past.seen_by(rows))]
        for value in np.column_stack([features, likelihoods[:, COPYING.index(0.35)]]) @ np.array(weights)
    ]
    live, fitted_at = Weighted(weights), refit(cases).fitted_at
    forecasts = []
    known = iter(cases)
    nearest = next(known)
    pairs = [(one, case) for case in cases for one in case.reports]
    for one, case in sorted(pairs, key=lambda pair: pair[0].published_at):
        while nearest.known_at < one.published_at:
            live.learn(nearest)
            nearest = next(known)
        earlier = [other for other in case.reports if other.published_at < one.published_at]
        echo = one.root is not None and any(vote.voice == one.root for vote in _votes(earlier))
        if case.known_at <= fitted_at and not echo:
            forecasts.append(live.forecast(case.claim, [*earlier, one]).log_odds)

    assert len(forecasts) > 200
    assert pytest.approx(sorted(forecasts), abs=1e-9) == sorted(replayed)


class Weighted(Learner):
    """A learner whose weights are given, so that a forecast's log-odds tell its features."""

    def __init__(self, weights):
        super().__init__()
        self._weights = weights

    @property
    def state(self):
        return dataclasses.replace(super().state, weights=self._weights, delta=0.35)


def _votes(reports):
    """The standing report of each outlet, the plain way."""
    votes = {}
    for one in reports:
        if one.outlet not in votes or one.stance.takes_side or not votes[one.outlet].stance.takes_side:
            votes[one.outlet] = one
    return votes.values()


def test_truths_of_one_moment_count_together():
    """
    A fit waits until everything that became known at that moment is there, so that no order within it matters.
    """
    cases = made_up(60)

    assert refit(cases) == refit(sorted(cases, key=lambda case: (case.known_at, case.claim.key[::-1])))
    assert {START_OF_TIME + dt.timedelta(hours=30 * n) for n in range(1, 21)} >= {refit(cases).fitted_at}


def test_state_survives_json():
    """
    A state read back from JSON is the one that was written, a few kilobytes long.
    """
    state = refit(made_up(80))
    row = json.dumps(state.to_json())

    assert state == State.from_json(json.loads(row))
    assert len(row) < 20_000


def test_state_of_another_version():
    """
    A state whose features are others is refused and not read wrongly.
    """
    row = START.to_json() | {"terms": ["bias"]}

    with pytest.raises(ValueError, match="anew"):
        State.from_json(row)


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(made_up(1), id="one claim"),
        pytest.param(made_up(60, truth=True), id="all true"),
        pytest.param(made_up(60, truth=False), id="all false"),
        pytest.param(made_up(60, outlets=1), id="one outlet"),
        pytest.param([case._replace(known_at=at(10_000)) for case in made_up(60)], id="all at once"),
        pytest.param([case._replace(truth=0.5) for case in made_up(60)], id="all half true"),
    ],
)
def test_any_data_gives_weights(cases):
    """
    However little the data say, there are weights, and they are finite.
    """
    state = refit(cases)

    assert all(isfinite(weight) and abs(weight) < 10 for weight in state.weights)
    assert 0 < learned(cases).forecast(CLAIM, [report()]).probability < 1


def test_nothing_to_learn_from():
    """
    Without reports on resolved claims nothing is learned.
    """
    assert START == refit([])
    assert START == refit([Resolved(CLAIM, [], 1.0, at(1))])


def test_claim_with_very_many_reports():
    """
    Of a claim with very many reports some are learned from, evenly spaced, and weigh as much as all of them would.
    """
    reports = [report(f"outlet-{n}", n) for n in range(10 * ROWS_PER_CLAIM)]
    past = Past(Columns([Resolved(CLAIM, reports, 1.0, at(10_000))]))

    assert ROWS_PER_CLAIM == len(past.row_case)
    assert pytest.approx(len(reports) ** 0.25) == past.weight[0] * ROWS_PER_CLAIM


@given(st.integers(1, 60), st.integers(0, 10**6), st.sampled_from([0.1, 1.0, 30.0, 1e4]))
@settings(max_examples=30)
def test_weights_are_the_most_probable(rows, seed, scale):
    """
    Newton's steps end where scipy's minimiser ends, on features of any size, constant or collinear.
    """
    source = np.random.default_rng(seed)
    features = source.normal(size=(rows, 4)) * scale
    features[:, 1] = 1
    features[:, 2] = features[:, 0]
    problem = Problem(
        features=features,
        truth=source.random(rows).round(),
        weight=source.random(rows),
        mean=np.array([0.3, 0.0, -0.2, 1.0]),
        deviation=np.array([0.5, 0.3, 0.4, 0.5]),
    )

    def cost(weights):
        z = features @ weights
        distance = (weights - problem.mean) / problem.deviation
        return problem.weight @ (np.logaddexp(0, z) - problem.truth * z) + distance @ distance / 2

    found = fit(problem)
    start = optimize.minimize(cost, problem.mean, method="BFGS").fun

    assert np.isfinite(found.weights).all()
    assert cost(found.weights) <= start + 1e-9 * (1 + abs(start))


def test_evidence_of_one_weight():
    """
    The evidence of a single weight agrees with the integral that it approximates.
    """
    source = np.random.default_rng(4)
    features = source.normal(size=(200, 1))
    truth = (source.random(200) < 0.5 + 0.2 * np.sign(features[:, 0])).astype(float)
    mean, deviation = np.array([0.0]), np.array([0.5])
    found = fit(Problem(features, truth, np.ones(200), mean, deviation))
    weights = np.linspace(-3, 4, 4001)
    z = features * weights
    log_density = (truth[:, None] * z - np.logaddexp(0, z)).sum(axis=0) - 2 * weights**2
    peak = log_density.max()
    integral = log(np.trapezoid(np.exp(log_density - peak), weights)) + peak - log(2 * pi) / 2

    assert pytest.approx(integral, abs=0.01) == found.evidence
