from __future__ import annotations

import datetime as dt
import random

import pytest

from service.backtest.judge import judge
from service.backtest.learned import Learned
from service.backtest.sample import Judged
from service.backtest.shrunk import ShrunkHitRate, ShrunkStanceRate
from service.backtest.simple import BaseRate, HitRate, StanceRate, WilsonBound
from service.backtest.timeline import run
from service.methods.calibration import calibration_error
from service.methods.scoring import Outcome, auc, brier, log_loss
from service.values.vocabulary import Stance
from tests.support.backtest_records import SAMPLE, line, loss_of, read, records_of
from tests.support.learner_adapter import make

WORDS = {Stance.SUPPORT: "asserts", Stance.DENY: "denies", Stance.COMMENT: "mentions"}


@pytest.fixture(scope="module")
def sample():
    return records_of(SAMPLE)


class Watching:
    """A method that records its input."""

    def __init__(self):
        self.told = []

    def predict(self, reports):
        self.told.append([report.outlet for report in reports])
        return 0.5

    def learn(self, reports, *, proved, known_at):
        self.told.append((proved, known_at.day, len(reports)))


def test_order_of_events():
    """
    Reports of one instant are predicted without each other, outcomes are learned after the reports of their instant,
    later reports are left out, and a claim is predicted at its resolution before it is learned.
    """
    watching = Watching()
    outcome = {"outcome": True, "resolved_at": "2024-01-03"}
    run(
        read(
            [
                line("late", published_at="2024-01-04"),
                line("first", **outcome),
                line("second", published_at="2024-01-02", **outcome),
                line("third", published_at="2024-01-02", **outcome),
                line("last", published_at="2024-01-03", **outcome),
                line("open", claim="other", published_at="2024-01-01"),
            ]
        ),
        [watching],
    )

    assert [
        ["first"],
        ["first", "second"],
        ["first", "third"],
        ["first", "second", "third", "last"],
        ["first", "second", "third", "last"],
        (True, 3, 4),
    ] == watching.told


def test_truths_of_one_instant_are_not_known_to_each_other():
    """
    All claims that are resolved at one instant are predicted before any of them is learned.
    """
    watching = Watching()
    same = {"outcome": False, "resolved_at": "2024-01-03T10:00:00+02:00"}
    run(read([line("a", claim="1", **same), line("b", claim="2", **same)]), [watching])

    assert [False, False] == [told[0] for told in watching.told[-2:]]
    assert [["a"], ["b"]] == sorted(watching.told[2:4])


def test_file_without_times():
    """
    Without times, the order of the file is the time, and a claim is resolved after its first report.
    """
    watching = Watching()
    lines = [line("a", published_at=None, outcome=1), line("b", published_at=None, outcome=1), line("c", "x", None)]
    run(read(lines), [watching])

    assert [["a"], ["a"], (True, 2, 1)] == watching.told


def test_claim_that_is_resolved_twice():
    """
    The first resolution of a claim counts, and later ones change nothing.
    """
    first, later = ({"outcome": True, "resolved_at": "2024-02-01"}, {"outcome": False, "resolved_at": "2024-03-01"})
    for lines in ([line("a", **first), line("b", **later)], [line("b", **later), line("a", **first)]):
        [resolution] = run(read(lines), []).resolutions

        assert (True, 2) == (resolution.proved, resolution.known_at.month)


def test_simple_methods_by_hand():
    """
    The simple methods match a calculation by hand after a true claim, asserted by a and denied by b, and a false claim,
    asserted by a.
    """
    known = [
        line("a", "1", "2024-01-01", outcome=True),
        line("b", "1", "2024-01-01", outcome=True, stance="denies"),
        line("a", "2", "2024-01-02", outcome=False),
    ]
    asked = read([line("a", "3", "2024-02-01")])
    methods = [BaseRate(), StanceRate(), HitRate(), WilsonBound(), ShrunkHitRate(), ShrunkStanceRate()]
    run(read(known), methods)
    base, stance, hit, wilson, shrunk_hit, shrunk = [method.predict(asked) for method in methods]

    assert 3 / 5 == base
    assert 2 / 4 == stance
    assert 2 / 4 == hit
    assert pytest.approx(0.0945, abs=1e-4) == wilson
    assert 2 / 5 < shrunk_hit < 1 / 2
    assert pytest.approx(1 / 2) == shrunk
    assert 3 / 5 == methods[2].predict([asked[0]._replace(stance=Stance.COMMENT)])
    assert 1 / 2 == methods[3].predict([asked[0]._replace(outlet="new", stance=Stance.DENY)])


class Adapted:
    """The adapter for another protocol, driven by this one."""

    def __init__(self):
        self._adapter = make()
        self._given = {}
        self._now = None

    def watch(self, claims, *, now):
        self._now = now
        for report in (report for reports in claims for report in reports if report.published_at == now):
            self._adapter.on_report(self._as_given(report))

    def predict(self, reports):
        given = [self._as_given(report) for report in reports]
        context = {"prior": given[:-1], "t": _days(reports[-1].published_at)}
        if self._now is not None and self._now >= reports[-1].published_at:
            return self._adapter.predict_claim(given, context | {"t": _days(self._now)})
        return self._adapter.predict(given[-1], context)

    def learn(self, reports, *, proved, known_at):
        given = [self._as_given(report) for report in reports]
        self._adapter.on_resolve(reports[0].claim, proved, given, _days(known_at))

    def _as_given(self, report):
        made = {
            "outlet": report.outlet,
            "claim_id": report.claim,
            "stance": WORDS[report.stance],
            "topic": report.topic,
            "group": report.group,
            "rivals": report.rivals,
            "resolves_by": None if report.resolves_by is None else report.resolves_by.isoformat(),
            "x": {"strength": report.commitment},
        }
        return self._given.setdefault(id(report), made)


def _days(moment):
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(days=1)


def test_adapter_only_passes_on(sample, contests):
    """
    The adapter for another protocol returns the forecasts of the learner, also for rivals with deadlines.
    """
    for records in (sample[:500], read(contests)):
        made = run(records, [Learned(), Adapted()])

        assert len(made.reports) > 300
        for prediction in made.reports + made.claims:
            assert prediction.probabilities[0] == pytest.approx(prediction.probabilities[1], abs=1e-9)


@pytest.fixture(scope="module")
def contests():
    """Records on groups of three rival claims, each with a deadline, of which at most one proves true."""
    source = random.Random(7)  # noqa: S311 - reproducible
    lines = []
    for contest in range(40):
        winner = source.choice([0, 1, 2, None])
        start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=contest)
        for place in range(3):
            true = place == winner
            known_at = start + dt.timedelta(days=5 if true else 10)
            for outlet in source.sample(range(8), 3):
                right = source.random() < 0.55 + outlet / 20
                lines.append(
                    line(
                        f"outlet {outlet}",
                        f"{contest}/{place}",
                        (start + dt.timedelta(hours=source.randrange(90))).isoformat(),
                        stance="asserts" if true is right else "denies",
                        group=f"contest {contest}",
                        resolves_by=(start + dt.timedelta(days=10)).isoformat(),
                        outcome=true,
                        resolved_at=known_at.isoformat(),
                    )
                )
    return lines


def test_forecasts_of_rivals_in_a_backtest(contests):
    """
    R3: the forecasts of rivals at one time sum to at most 1, and those after one of them is true are 0. Because they
    are a choice, they are better than those of the same claims without groups.
    """
    made, apart = (
        run(read(lines), [Learned()]) for lines in (contests, [given | {"group": None} for given in contests])
    )
    decided = {f"contest {one.record.claim.split('/')[0]}" for one in made.claims if one.proved}
    late = [one for one in made.claims if not one.proved and one.record.group in decided]

    assert 40 < len(late)
    assert {0.0} == {one.probabilities[0] for one in late}
    last = {}
    for one in made.reports:
        last.setdefault(one.record.group, {})[one.record.claim] = one.probabilities[0]
    assert all(0 < sum(probabilities.values()) < 3 for probabilities in last.values())
    assert loss_of(made.reports) < loss_of(apart.reports)


def test_early_outcomes_wait_in_a_backtest(contests):
    """
    An outcome that is known before the deadline of its claim is not used before it.
    """
    cut = dt.datetime(2024, 1, 11, tzinfo=dt.UTC)
    unlike = [
        given | {"outcome": not given["outcome"]} if given["claim_id"] in {"0/0", "0/1", "1/0"} else given
        for given in contests
    ]
    for lines in (contests, unlike):
        for given in lines:
            assert given["resolves_by"] >= given["resolved_at"]
    before, changed = (
        [
            one.probabilities
            for one in run(read([given | {"group": None} for given in lines]), [Learned()]).reports
            if one.record.published_at <= cut
        ]
        for lines in (contests, unlike)
    )

    assert 20 < len(before)
    assert before == changed


def test_intervals_draw_whole_claims():
    """
    The measures of a draw are those of its claims, each with its multiplicity, and the interval contains the value.
    """
    source = random.Random(5)  # noqa: S311
    judged = [Judged(f"c{n // 3}", round(source.random(), 1), source.random() < 0.5) for n in range(60)]
    outcomes = [Outcome(one.probability, one.proved) for one in judged]
    verdict = judge(judged)

    for name, measure in [("log_loss", log_loss), ("brier", brier), ("auc", auc), ("ece", calibration_error)]:
        figure = getattr(verdict, name)
        assert pytest.approx(measure(outcomes)) == figure.value
        assert figure.lower < figure.upper
    assert verdict.auc.lower < verdict.auc.value < verdict.auc.upper
    assert verdict == judge(list(reversed(judged)))


def test_interval_of_one_claim():
    """
    The interval of one claim has no width, and without predictions there are no figures.
    """
    one = judge([Judged("c", 0.8, proved=True)]).log_loss

    assert pytest.approx(one.value) == one.lower == one.upper
    assert judge([]).brier.value is None
