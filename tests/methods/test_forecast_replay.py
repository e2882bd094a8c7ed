"""Training on the whole record, in any order"""

from __future__ import annotations

import datetime as dt
import json
import random
from math import isfinite

import numpy as np
import pytest

from service.methods.forecast import START, Learner, Open, Resolved, State, refit, rivals_before
from service.methods.forecast.columns import ROWS_PER_CLAIM, Columns
from service.methods.forecast.features import design
from service.methods.forecast.likelihood import COPYING
from service.methods.forecast.models import MODELS
from service.methods.forecast.past import Past
from tests.support.learner import rivals, taught
from tests.support.synthetic_claims import CLAIM, START_OF_TIME, at, learned, made_up, report, with_weights


@pytest.mark.parametrize("seed", range(3))
def test_order_of_arrival_does_not_matter(seed):
    """
    The order of the rows does not change the state.
    """
    cases = made_up(100)
    expected = json.dumps(refit(cases).to_json())
    random.Random(seed).shuffle(cases)  # noqa: S311

    assert expected == json.dumps(refit(cases).to_json())


def test_replay_equals_live_feed():
    """
    A refit on everything equals the state learned claim by claim, bit for bit.
    """
    cases = made_up(100)

    assert refit(cases) == learned(cases).state


def test_replay_of_rivals_equals_live_feed():
    """
    With groups and deadlines, a refit on everything equals the state learned claim by claim, bit for bit, in any order.
    """
    known = [one for one in rivals() if one.claim.resolves_by is None or one.claim.resolves_by < at(24 * 365 * 2)]
    learner = taught(known)
    learner.forecast(CLAIM, [], now=at(24 * 365 * 3))
    live = learner.state
    cases = [*taught_cases(known)]
    random.Random(4).shuffle(cases)  # noqa: S311

    assert live == refit(cases)
    assert sum(count.groups for count in live.groups) > 10


def taught_cases(known):
    """Return the claims as the service reads them."""
    opened = {}
    for one in known:
        opened.setdefault(one.claim.group, []).append(one.reports[0].published_at)
    for one in known:
        times = sorted(opened[one.claim.group])
        own = one.reports[0].published_at
        said = [
            report._replace(rivals=rivals_before(times, own, report.published_at))
            for report in one.reports
            if one.known_at is None or report.published_at < one.known_at
        ]
        yield Open(one.claim, said) if one.known_at is None else Resolved(one.claim, said, one.truth, one.known_at)


def test_outcome_is_learned_when_it_is_due():
    """
    An outcome that is known before the deadline is learned at the deadline.
    """
    claim = CLAIM._replace(resolves_by=at(50))
    early, late = Resolved(claim, [], 1.0, at(10)), Resolved(claim, [], 0.0, at(60))

    assert [at(50), at(60)] == [early.learned_at, late.learned_at]

    cases = made_up(60)
    learner = learned(cases)
    before = learner.forecast(CLAIM, [report()])
    end = max(case.known_at for case in cases)
    for number in range(40):
        due = CLAIM._replace(key=f"early {number}", resolves_by=end + dt.timedelta(days=9))
        learner.learn(Resolved(due, [report(f"outlet-{number % 12}")], 1.0, end + dt.timedelta(days=1)))

    def forecast_on(day):
        return learner.forecast(CLAIM, [report()], now=end + dt.timedelta(days=day))

    assert before.probability == forecast_on(9).probability
    assert before.probability < forecast_on(9.1).probability


def test_replay_judges_reports_as_they_were_forecast():
    """
    The features of a refit equal those of the forecast at publication: they use everything earlier and nothing later.
    """
    cases = made_up(80)
    source = random.Random(2)  # noqa: S311
    weights = [[source.gauss(0, 1) for _ in model.terms] for model in MODELS]
    past = Past(Columns(cases))
    replayed = [
        value
        for rows in past.chunks()
        for features, likelihoods in [design(past.seen_by(rows))]
        for value in np.mean(
            [
                model.rows(features, likelihoods[:, COPYING.index(0.5)]) @ np.array(own)
                for model, own in zip(MODELS, weights, strict=True)
            ],
            axis=0,
        )
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
        repeated = one.root is not None and any(vote.source == one.root for vote in _votes(earlier))
        if case.known_at <= fitted_at and not repeated:
            forecasts.append(live.forecast(case.claim, [*earlier, one]).log_odds)

    assert len(forecasts) > 200
    assert pytest.approx(sorted(forecasts), abs=1e-9) == sorted(replayed)


class Weighted(Learner):
    """A learner with given weights, so that the log-odds of a forecast reveal its features."""

    def __init__(self, weights):
        super().__init__()
        self._weights = weights

    @property
    def state(self):
        return with_weights(super().state, self._weights)


def _votes(reports):
    """Return the current report of each outlet, found by a plain search."""
    votes = {}
    for one in reports:
        if one.outlet not in votes or one.stance.takes_side or not votes[one.outlet].stance.takes_side:
            votes[one.outlet] = one
    return votes.values()


def test_truths_of_one_moment_count_together():
    """
    A fit waits for all outcomes of one instant, so that their order does not matter.
    """
    cases = made_up(60)

    assert refit(cases) == refit(sorted(cases, key=lambda case: (case.known_at, case.claim.key[::-1])))
    assert {START_OF_TIME + dt.timedelta(hours=30 * n) for n in range(1, 21)} >= {refit(cases).fitted_at}


def test_state_survives_json():
    """
    A state read from JSON equals the one that was written, and is some kilobytes long.
    """
    state = refit(made_up(80))
    row = json.dumps(state.to_json())

    assert state == State.from_json(json.loads(row))
    assert len(row) < 40_000


def test_state_of_another_version():
    """
    A state with other features is rejected.
    """
    row = START.to_json() | {"terms": ["bias"]}

    with pytest.raises(ValueError, match="Another version"):
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
    The weights are finite for any data.
    """
    state = refit(cases)

    assert all(isfinite(weight) and abs(weight) < 10 for model in state.models for weight in model.weights)
    assert 0 < learned(cases).forecast(CLAIM, [report()]).probability < 1


def test_nothing_to_learn_from():
    """
    Without reports on resolved claims the state is the starting state.
    """
    assert START == refit([])
    assert START == refit([Resolved(CLAIM, [], 1.0, at(1))])


def test_claim_with_very_many_reports():
    """
    Of a claim with very many reports, an even selection is used, with the weight of all of them.
    """
    reports = [report(f"outlet-{n}", n) for n in range(10 * ROWS_PER_CLAIM)]
    past = Past(Columns([Resolved(CLAIM, reports, 1.0, at(10_000))]))

    assert ROWS_PER_CLAIM == len(past.row_case)
    assert pytest.approx(len(reports) ** 0.25) == past.weight[0] * ROWS_PER_CLAIM
