from __future__ import annotations

import dataclasses
import datetime as dt
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.backtest_adapter import make
from service.backtest import METHODS, BadRecord, backtest, read_records
from service.backtest.coverage import coverage
from service.backtest.judge import Judged, judge
from service.backtest.learned import Learned
from service.backtest.protocol import run
from service.backtest.simple import BaseRate, HitRate, ShrunkHitRate, ShrunkStanceRate, StanceRate, WilsonBound
from service.calibration import Outcome, auc, brier, calibration_error, log_loss
from service.cli import main
from service.forecast import Learner
from service.forecast.features import NAMES
from service.vocabulary import Stance

SAMPLE = Path(__file__).parent / "data" / "polls_sample.ndjson"
WORDS = {Stance.SUPPORT: "asserts", Stance.DENY: "denies", Stance.COMMENT: "mentions"}


def records_of(path):
    return read_records(json.loads(line) for line in path.read_text().splitlines())


@pytest.fixture(scope="module")
def sample():
    return records_of(SAMPLE)


def losses(records, method, *, burn=0.3):
    """Log loss on reports and on claims."""
    made = run(records, [method])
    return [loss_of(level, burn) for level in (made.reports, made.claims)]


def loss_of(predictions, burn=0.3, method=0):
    return log_loss(outcomes_of(predictions, burn, method))


def outcomes_of(predictions, burn=0.3, method=0):
    judged = predictions[int(len(predictions) * burn) :]
    return [Outcome(made.probabilities[method], made.proved) for made in judged]


def line(outlet="bild", claim="c", published_at="2024-01-01", **given):
    return {"outlet": outlet, "claim_id": claim, "published_at": published_at, **given}


class Watching:
    """A method that notes what it is shown."""

    def __init__(self):
        self.told = []

    def predict(self, reports):
        self.told.append([report.outlet for report in reports])
        return 0.5

    def learn(self, reports, *, proved, known_at):
        self.told.append((proved, known_at.day, len(reports)))


def test_order_of_events():
    """
    A report sees the reports before its instant, a truth counts after the reports of its instant, what comes
    later than the truth is left out, and a claim is predicted when it is resolved, before it is learned.
    """
    watching = Watching()
    outcome = {"outcome": True, "resolved_at": "2024-01-03"}
    run(
        read_records(
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
    run(read_records([line("a", claim="1", **same), line("b", claim="2", **same)]), [watching])

    assert [False, False] == [told[0] for told in watching.told[-2:]]
    assert [["a"], ["b"]] == sorted(watching.told[2:4])


def test_file_without_times():
    """
    Where no record has a time, the order of the file is the time, and a claim's first outcome comes at once.
    """
    watching = Watching()
    lines = [line("a", published_at=None, outcome=1), line("b", published_at=None, outcome=1), line("c", "x", None)]
    run(read_records(lines), [watching])

    assert [["a"], ["a"], (True, 2, 1)] == watching.told


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"outcome": "true"}, True),
        ({"outcome": False}, False),
        ({"outcome": 0.5}, True),
        ({"outcome": 0.4}, False),
        ({"outcome": "0.75"}, True),
    ],
)
def test_outcomes(given, expected):
    """
    An outcome is a word, a truth value or a share; half true counts as true.
    """
    (record,) = read_records([line(**given)])

    assert expected is record.proved
    assert record.resolved_at == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def test_words_of_data_sets():
    """
    A stance may be in the words of this service or of a data set, and a commitment may stand under `x.strength`.
    """
    lines = [line(stance="denies", x={"strength": 3}), line(stance="deny", commitment=3), line()]

    assert [(Stance.DENY, 3), (Stance.DENY, 3), (Stance.SUPPORT, None)] == [
        (record.stance, record.commitment) for record in read_records(lines)
    ]


@pytest.mark.parametrize("wrong", [{"stance": "maybe"}, {"outcome": "perhaps"}, {"published_at": "soon"}])
def test_record_that_cannot_be_read(wrong):
    """
    A record that cannot be read is named by its number.
    """
    with pytest.raises(BadRecord, match="Record 2"):
        read_records([line(), line() | wrong])


def test_simple_methods_by_hand():
    """
    The simple methods after two claims: one that was true, asserted by a and denied by b, and one that was false,
    asserted by a.
    """
    known = [
        line("a", "1", "2024-01-01", outcome=True),
        line("b", "1", "2024-01-01", outcome=True, stance="denies"),
        line("a", "2", "2024-01-02", outcome=False),
    ]
    asked = read_records([line("a", "3", "2024-02-01")])
    methods = [BaseRate(), StanceRate(), HitRate(), WilsonBound(), ShrunkHitRate(), ShrunkStanceRate()]
    run(read_records(known), methods)
    base, stance, hit, wilson, shrunk_hit, shrunk = [method.predict(asked) for method in methods]

    assert 3 / 5 == base
    assert 2 / 4 == stance
    assert 2 / 4 == hit
    assert pytest.approx(0.0945, abs=1e-4) == wilson
    assert 2 / 5 < shrunk_hit < 1 / 2
    assert pytest.approx(1 / 2) == shrunk
    assert 3 / 5 == methods[2].predict([asked[0]._replace(stance=Stance.COMMENT)])
    assert 1 / 2 == methods[3].predict([asked[0]._replace(outlet="new", stance=Stance.DENY)])


def test_adapter_only_passes_on(sample):
    """
    What the adapter answers to another protocol is what the learner answers here.
    """

    class Adapted:
        def __init__(self):
            self._adapter = make()
            self._given = {}

        def predict(self, reports):
            given = [self._as_given(report) for report in reports]
            return self._adapter.predict(given[-1], {"prior": given[:-1], "t": self._days(reports[-1].published_at)})

        def learn(self, reports, *, proved, known_at):
            given = [self._as_given(report) for report in reports]
            self._adapter.on_resolve(reports[0].claim, proved, given, self._days(known_at))

        def _as_given(self, report):
            made = {
                "outlet": report.outlet,
                "claim_id": report.claim,
                "stance": WORDS[report.stance],
                "topic": report.topic,
                "x": {"strength": report.commitment},
            }
            return self._given.setdefault(id(report), made)

        def _days(self, moment):
            return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(days=1)

    made = run(sample[:500], [Learned(), Adapted()])

    assert len(made.reports) > 300
    for prediction in made.reports + made.claims:
        assert prediction.probabilities[0] == pytest.approx(prediction.probabilities[1], abs=1e-12)


def test_learner_beats_simple_methods(sample):
    """
    On a sample of election polls the learner is well ahead of every simple method, on reports and on claims.
    """
    made = run(sample, [method() for method in METHODS.values()])
    reports, *simple_reports = [loss_of(made.reports, method=place) for place in range(len(METHODS))]
    claims, *simple_claims = [loss_of(made.claims, method=place) for place in range(len(METHODS))]

    assert reports < 0.36
    assert reports < min(simple_reports) - 0.05
    assert claims < 0.30
    assert claims < min(simple_claims) - 0.03


class Shuffled(Learned):
    """Learns from truths that are not those of the claims."""

    def __init__(self):
        super().__init__()
        self._source = random.Random(3)  # noqa: S311

    def learn(self, reports, *, proved, known_at):
        super().learn(reports, proved=self._source.random() < 0.6, known_at=known_at)


class Flipped(Learned):
    """Takes what speaks for a claim as speaking against it, in one feature of 23."""

    def __init__(self, feature):
        super().__init__()
        self._learner = FlippedLearner(feature)


class FlippedLearner(Learner):
    """The learner with one weight turned round."""

    def __init__(self, feature):
        super().__init__()
        self._place = NAMES.index(feature)

    @property
    def state(self):
        state = super().state
        weights = list(state.weights)
        weights[self._place] *= -1
        return dataclasses.replace(state, weights=tuple(weights))


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Shuffled, id="shuffled truths"),
        pytest.param(lambda: Flipped("contexts"), id="contexts flipped"),
        pytest.param(lambda: Flipped("likelihood"), id="likelihood flipped"),
    ],
)
def test_broken_learner_fails_the_limits(broken, sample):
    """
    A learner that is broken in one place misses the limits that the learner keeps.
    """
    reports, claims = losses(sample, broken())

    assert reports > 0.36
    assert claims > 0.30


@pytest.fixture(scope="module")
def polls(open_folder):
    """Every poll, judged by the learner and by the methods whose figures scoring.md tells to three places."""
    records = records_of(open_folder / "polls538_to2012.ndjson")
    return run(records, [Learned(), BaseRate(), StanceRate(), HitRate(), ShrunkHitRate(), ShrunkStanceRate()])


@pytest.fixture(scope="module")
def viral_news(open_folder):
    records = records_of(open_folder / "emergent_first90claims.ndjson")
    return run(records, [Learned(), BaseRate(), StanceRate(), HitRate(), ShrunkHitRate(), ShrunkStanceRate()])


def test_quality_on_polls(polls):
    """
    scoring.md: reports at most .270, claims at most .280 (the aim, .255, is not reached), calibrated to .06.
    """
    assert loss_of(polls.reports) <= 0.270
    assert loss_of(polls.claims) <= 0.270
    assert auc(outcomes_of(polls.reports)) >= 0.945
    assert calibration_error(outcomes_of(polls.reports)) <= 0.05
    assert calibration_error(outcomes_of(polls.claims)) <= 0.05


def test_quality_on_viral_news(viral_news):
    """
    scoring.md: reports at most .39, claims at most .335.
    """
    assert loss_of(viral_news.reports) <= 0.375
    assert loss_of(viral_news.claims) <= 0.31
    assert auc(outcomes_of(viral_news.reports)) >= 0.9


def test_quality_on_markets(open_folder):
    """
    Probabilities that markets state are kept: no more than a hundredth is lost on them.
    """
    records = records_of(open_folder / "forecastbench_markets.ndjson")
    made = run(records, [Learned()])
    scored = made.reports[int(len(made.reports) * 0.3) :]
    stated = log_loss([Outcome(one.record.probability, one.proved) for one in scored])

    assert loss_of(made.reports) <= stated + 0.01


def test_protocol_reproduces_the_table(polls, viral_news):
    """
    The simple methods get what scoring.md says, so that ours is judged by the same protocol.
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
    The 90 % intervals of record/1 hold what the outlets did next as often as they say, give or take five in a hundred.
    """
    found = coverage(polls.resolutions)

    assert found.outlets > 50
    assert 0.85 <= found.share <= 0.95


def test_coverage_of_certain_outlets():
    """
    Outlets that go on as they began are covered; those that turn round are not; the short records are not judged.
    """
    lines = []
    for number in range(40):
        when = {"published_at": f"2024-01-01T{number // 4:02}:{number % 4:02}:00", "outcome": True}
        lines += [
            line("steady", f"c{number}", **when),
            line("turning", f"c{number}", stance="asserts" if number < 20 else "denies", **when),
            *([line("short", f"c{number}", **when)] if number < 12 else []),
        ]
    found = coverage(run(read_records(lines), []).resolutions)

    assert (2, 1, 0.5) == (found.outlets, found.inside, found.share)


def test_coverage_of_nothing():
    """
    Without records that are long enough there is no coverage.
    """
    assert coverage([]).share is None


def test_intervals_draw_whole_claims():
    """
    The measures of a draw are those of its claims, each as often as it was drawn; the interval holds the value.
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
    One claim drawn again and again is always the same, and nothing at all has no figures.
    """
    one = judge([Judged("c", 0.8, proved=True)]).log_loss

    assert pytest.approx(one.value) == one.lower == one.upper
    assert judge([]).brier.value is None


def test_command(tmp_path):
    """
    `borneout backtest` prints a table of every method, and the coverage.
    """
    found = CliRunner().invoke(main, ["backtest", str(first(tmp_path, 120))])

    assert 0 == found.exit_code
    assert "forecast/1" in found.stdout
    assert "Coverage of the 90% intervals" in found.stdout
    assert list(METHODS) == [name for name in METHODS if name in found.stdout]


def test_command_as_json(tmp_path):
    """
    `--json` gives the figures, `--predictions` what was predicted, and `--burn 0` judges everything.
    """
    out = tmp_path / "predictions.ndjson"
    path = first(tmp_path, 120)
    found = CliRunner().invoke(main, ["backtest", str(path), "--json", "--burn", "0", "--predictions", str(out)])
    told = json.loads(found.stdout)
    lines = [json.loads(text) for text in out.read_text().splitlines()]
    expected = backtest(records_of(path), burn=0)

    assert list(METHODS) == list(told["methods"])
    assert expected.scores[0].reports.log_loss.value == told["methods"]["forecast/1"]["reports"]["log_loss"]["value"]
    assert 120 == sum(prediction["level"] == "report" for prediction in lines)
    assert set(METHODS) == set(lines[0]["probabilities"])


@pytest.mark.parametrize("text", ["[1]", "{", '{"outlet": "a"}'])
def test_command_on_a_bad_file(tmp_path, text):
    """
    A line that is no record ends the command with a word on which it is.
    """
    path = tmp_path / "bad.ndjson"
    path.write_text(text)
    found = CliRunner().invoke(main, ["backtest", str(path)])

    assert 1 == found.exit_code
    assert "1" in found.stderr


def first(folder, number):
    """A file with the first lines of the sample."""
    path = folder / "first.ndjson"
    path.write_text("".join(f"{text}\n" for text in SAMPLE.read_text().splitlines()[:number]))
    return path
