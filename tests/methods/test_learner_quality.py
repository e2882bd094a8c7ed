"""The quality of the learner on a sample and on the open data, and of broken learners"""

from __future__ import annotations

import dataclasses
import json
import random

import pytest

from service.backtest import METHODS
from service.backtest.coverage import coverage
from service.backtest.learned import Learned
from service.backtest.shrunk import ShrunkHitRate, ShrunkStanceRate
from service.backtest.simple import BaseRate, HitRate, StanceRate
from service.backtest.timeline import run
from service.methods.beta import logistic
from service.methods.calibration import calibration_error
from service.methods.forecast import Learner
from service.methods.forecast.models import MODELS
from service.methods.scoring import auc
from tests.support.backtest_records import SAMPLE, loss_of, losses, outcomes_of, read, records_of


@pytest.fixture(scope="module")
def sample():
    return records_of(SAMPLE)


def test_learner_beats_simple_methods(sample):
    """
    On a sample of election polls the learner is well ahead of every simple method, for reports and for claims.
    """
    made = run(sample, [method() for method in METHODS.values()])
    reports, *simple_reports = [loss_of(made.reports, method=place) for place in range(len(METHODS))]
    claims, *simple_claims = [loss_of(made.claims, method=place) for place in range(len(METHODS))]

    assert reports < 0.36
    assert reports < min(simple_reports) - 0.05
    assert claims < 0.30
    assert claims < min(simple_claims) - 0.03


class Shuffled(Learned):
    """A learner that is trained on shuffled outcomes."""

    def __init__(self):
        super().__init__()
        self._source = random.Random(3)  # noqa: S311

    def learn(self, reports, *, proved, known_at):
        super().learn(reports, proved=self._source.random() < 0.6, known_at=known_at)


class Flipped(Learned):
    """A learner with the sign of one of its features flipped in every model."""

    def __init__(self, feature):
        super().__init__()
        self._learner = FlippedLearner(feature)


class FlippedLearner(Learner):
    """The learner with the weights of one feature negated."""

    def __init__(self, feature):
        super().__init__()
        self._feature = feature

    @property
    def state(self):
        state = super().state
        models = tuple(
            dataclasses.replace(fitted, weights=tuple(map(self._flip, model.names, fitted.weights)))
            for model, fitted in zip(MODELS, state.models, strict=True)
        )
        return dataclasses.replace(state, models=models)

    def _flip(self, name, weight):
        return -weight if name == self._feature else weight


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Shuffled, id="shuffled truths"),
        pytest.param(lambda: Flipped("agreement"), id="agreement flipped"),
    ],
)
def test_broken_learner_fails_the_limits(broken, sample):
    """
    A learner that is broken in one place misses the limits that the real learner meets.
    """
    reports, claims = losses(sample, broken())

    assert reports > 0.36
    assert claims > 0.30


@pytest.fixture(scope="module")
def polls(open_folder):
    """All polls, evaluated with the learner and with the methods whose figures are in scoring.md."""
    records = records_of(open_folder / "polls538_to2012.ndjson")
    return run(records, [Learned(), BaseRate(), StanceRate(), HitRate(), ShrunkHitRate(), ShrunkStanceRate()])


@pytest.fixture(scope="module")
def viral_news(open_folder):
    records = records_of(open_folder / "emergent_first90claims.ndjson")
    return run(records, [Learned(), BaseRate(), StanceRate(), HitRate(), ShrunkHitRate(), ShrunkStanceRate()])


def test_quality_on_polls(polls):
    """
    The log loss on polls is at most .005 above that of forecast/1 (.2587 for reports, .2608 for claims), and the
    calibration error is at most .06.
    """
    assert loss_of(polls.reports) <= 0.2587 + 0.005
    assert loss_of(polls.claims) <= 0.2608 + 0.005
    assert auc(outcomes_of(polls.reports)) >= 0.945
    assert calibration_error(outcomes_of(polls.reports)) <= 0.06
    assert calibration_error(outcomes_of(polls.claims)) <= 0.06


def test_quality_on_viral_news(viral_news):
    """
    The log loss on viral news is at most .015 above that of forecast/1 (.3533 for reports, .2751 for claims).
    """
    assert loss_of(viral_news.reports) <= 0.3533 + 0.015
    assert loss_of(viral_news.claims) <= 0.2751 + 0.015
    assert auc(outcomes_of(viral_news.reports)) >= 0.9


def test_quality_on_polls_with_margins(open_folder):
    """
    If polls state their margin as a probability, the log loss is better than that of forecast/1 (.3410 for reports,
    .2640 for claims) by at least .06 for reports and .025 for claims.
    """
    lines = [json.loads(line) for line in (open_folder / "polls538_to2012.ndjson").read_text().splitlines()]
    for line in lines:
        line["probability"] = None if line["x"]["margin"] is None else logistic(line["x"]["margin"] / 10)
    reports, claims = losses(read(lines), Learned())

    assert reports <= 0.3410 - 0.06
    assert claims <= 0.2640 - 0.025


def test_quality_on_markets(open_folder):
    """
    The log loss on markets is within .005 of that of forecast/1 (.3535 for reports, .3206 for claims).
    """
    reports, claims = losses(records_of(open_folder / "forecastbench_markets.ndjson"), Learned())

    assert pytest.approx(0.3535, abs=0.005) == reports
    assert pytest.approx(0.3206, abs=0.005) == claims


def test_protocol_reproduces_the_table(polls, viral_news):
    """
    The simple methods get the figures in scoring.md, so that the protocol is the same.
    """
    table = [
        (0.774, 0.806, 0.639, 0.690),
        (0.664, 0.546, 0.417, 0.374),
        (0.668, 0.713, 0.497, 0.446),
        (0.611, 0.556, 0.453, 0.385),
        (0.686, 0.564, 0.414, 0.375),
    ]
    levels = (viral_news.reports, viral_news.claims, polls.reports, polls.claims)
    found = [tuple(loss_of(level, method=method) for level in levels) for method in range(1, 6)]

    for expected, figures in zip(table, found, strict=True):
        assert pytest.approx(expected, abs=0.016) == figures


def test_coverage_on_polls(polls):
    """
    The 90 % intervals of record/2 cover 85 % to 100 % of the later records.
    """
    found = coverage(polls.resolutions)

    assert found.outlets > 50
    assert 0.85 <= found.share <= 1
