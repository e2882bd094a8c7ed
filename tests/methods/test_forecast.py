from __future__ import annotations

import dataclasses
from math import exp, log, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.beta import logit
from service.methods.claim import share_of
from service.methods.forecast import ENOUGH, START, StanceCount, forecast
from service.methods.forecast.claim_votes import view
from service.methods.forecast.models import MODELS
from service.methods.forecast.records import cell_of
from service.methods.rates import Rates
from service.values.vocabulary import Stance
from tests.support.synthetic_claims import CLAIM, at, learned, made_up, report, with_weights


def test_nothing_known():
    """
    Without resolved claims the forecast is the base rate, one half, and is not sufficient.
    """
    found = forecast(START, Rates(), {}, CLAIM, [report()])

    assert (0.5, False, 0, ()) == (found.probability, found.sufficient, found.trained_on, found.contributions)
    assert found.lower < 0.1
    assert found.upper > 0.9


def test_too_little_known():
    """
    Under 50 resolved claims the forecast is the base rate, for any reports.
    """
    learner = learned(made_up(ENOUGH - 1))
    found = learner.forecast(CLAIM, [report()], enough=ENOUGH)

    assert not found.sufficient
    assert pytest.approx(learner.state.base_rate) == found.probability
    assert found.lower < found.probability < found.upper


def test_claim_without_reports():
    """
    A claim without reports has the base rate.
    """
    learner = learned(made_up(90))

    assert pytest.approx(learner.state.base_rate) == learner.forecast(CLAIM, []).probability


def test_first_guess_by_hand():
    """
    Without training, the log-odds of a single report follow from the prior weights of the three models.
    """
    found = forecast(START, Rates(), {}, CLAIM, [report(commitment=4)], enough=0)

    # Everything is one half, so that only the report itself speaks: agreement is 1, of weight 0.3 in two models.
    features = {"bias", "stance_support", "commitment_4", "first", "agreement"}
    variances = [sum(term.deviation**2 for term in model.terms if term.name in features) for model in MODELS]
    guesses = [z / sqrt(1 + pi * variance / 8) for z, variance in zip((0.3, 0.3, 0.0), variances, strict=True)]
    mean = sum(guesses) / 3
    deviation = sqrt((sum(variances) + sum((guess - mean) ** 2 for guess in guesses)) / 3)
    assert [1.25, 1.25, 1.0] == variances
    assert pytest.approx(mean) == found.log_odds
    assert pytest.approx(1 / (1 + exp(-mean))) == found.probability
    assert pytest.approx(mean - 1.6448536 * deviation) == found.lower_log_odds
    assert pytest.approx(mean + 1.6448536 * deviation) == found.upper_log_odds


STATE = dataclasses.replace(
    START,
    trained_on=98,
    true=39.0,
    votes=(StanceCount(100, 60), StanceCount(50, 10), StanceCount(), StanceCount(20, 8)),
)
SHARE = {Stance.SUPPORT: 61 / 102, Stance.DENY: 11 / 52}
BASE = logit(40 / 100)


def shift(n, k, m, kappa=16):
    return logit((k + kappa * m) / (n + kappa)) - logit(m)


def test_features_by_hand():
    """
    Every feature of a report with two others matches its definition, in each model.
    """
    counts = {
        ("bild", Stance.SUPPORT): StanceCount(10, 8),
        ("bild", Stance.DENY): StanceCount(4, 1),
        ("marca", Stance.SUPPORT): StanceCount(6, 2),
        ("times", Stance.DENY): StanceCount(5, 1),
    }
    reports = [
        report("marca", 0),
        report("times", 1, Stance.DENY, commitment=4),
        report("bild", 2, Stance.DENY),
        report("bild", 3, commitment=3),
    ]

    def ratio(stance, n, k, all_true, all_false):
        given_true = {Stance.SUPPORT: 61 / 82, Stance.DENY: 11 / 82}[stance]
        given_false = {Stance.SUPPORT: 41 / 96, Stance.DENY: 41 / 96}[stance]
        return log((k + 6 * given_true) / (all_true + 6)) - log((n - k + 6 * given_false) / (all_false + 6))

    expected = {
        "bias": 1,
        "stance_support": 1,
        "commitment_3": 1,
        "base_rate": BASE,
        "contexts": (0 - BASE) * 3 / sqrt(3) * 98 / 108,
        "own_context": 0,
        "own_record": shift(10, 8, SHARE[Stance.SUPPORT]),
        "short_own_record": shift(10, 8, SHARE[Stance.SUPPORT], 4),
        "same_outlet": 1,
        "reports": log(3),
        "agreement": (2 - 1) / sqrt(3),
        "records_support": shift(6, 2, SHARE[Stance.SUPPORT]),
        "records_deny": shift(5, 1, SHARE[Stance.DENY]),
        "short_records_support": shift(6, 2, SHARE[Stance.SUPPORT], 4),
        "short_records_deny": shift(5, 1, SHARE[Stance.DENY], 4),
        "others_support": log(2),
        "others_deny": log(2),
        "others_support_if_support": log(2),
        "others_deny_if_support": log(2),
        "rivals": log(3),
        "likelihood": (
            (ratio(Stance.SUPPORT, 10, 8, 9, 5) + ratio(Stance.SUPPORT, 6, 2, 2, 4)) / sqrt(2)
            + ratio(Stance.DENY, 5, 1, 1, 4)
        ),
    }

    for place, model in enumerate(MODELS):
        found = {name: _feature(place, name, Rates(), counts, reports) for name in model.names}
        assert pytest.approx({name: expected.get(name, 0.0) for name in model.names}) == found


def _feature(place, name, rates, counts, reports):
    """Return a feature of a model: the log-odds with its weight set to three and all others to zero."""
    weights = [[3.0 * (number == place and other == name) for other in one.names] for number, one in enumerate(MODELS)]
    claim = CLAIM._replace(rivals=2)
    return forecast(with_weights(STATE, weights), rates, counts, claim, reports, enough=0).log_odds


def test_features_beside_a_stated_probability_by_hand():
    """
    Beside a stated probability, the contexts and the agreement of all reports are compared, if there are several.
    """
    rates = Rates()
    for _ in range(30):
        rates.add_count(cell_of(CLAIM, report()).lineage, share_of(1.0, among=1))
    contexts = [rates.truth(cell_of(CLAIM, report(stance=stance))) for stance in (Stance.SUPPORT, Stance.DENY)]
    stated = report("bild", 1, probability=0.8)
    together = [report("marca", 0, Stance.DENY), report("times", 0.5, probability=0.6), stated]

    def features(reports, *names):
        return [_feature(0, name, rates, {}, reports) for name in names]

    added = 2 * (logit(contexts[0]) - BASE) + logit(contexts[1]) - BASE
    assert pytest.approx([added / sqrt(3) * 98 / 108, (2 - 1) / sqrt(3)]) == features(
        together, "stated_contexts", "stated_agreement"
    )
    assert [0, 0] == features([stated], "stated_contexts", "stated_agreement")
    assert [0, 0] == features([together[0], report("bild", 1)], "stated_contexts", "stated_agreement")


def test_stated_probability_speaks_for_its_report():
    """
    A stated probability replaces the context of its report; several are averaged in log-odds.
    """
    rates = Rates()
    rates.add_count(cell_of(CLAIM, report()).lineage, share_of(0.0, among=1))

    def stated(*probabilities):
        reports = [report(f"outlet-{n}", n, probability=p) for n, p in enumerate(probabilities)]
        certain = with_weights(START, [model.weights for model in START.models])
        records = {("outlet-0", Stance.SUPPORT): StanceCount(9, 9)}
        return forecast(certain, rates, records, CLAIM, reports, enough=0).log_odds

    assert pytest.approx(logit(0.3)) == stated(0.3)
    assert pytest.approx(logit(0.99)) == stated(1.0)
    assert pytest.approx((logit(0.3) + logit(0.8)) / 2) == stated(0.3, 0.8)


def test_contributions_add_up():
    """
    The base and the contributions, the largest first, sum to the log-odds, and each has words.
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


def test_base_is_what_is_known_before_any_report():
    """
    The base is the base rate with its weight, in the third model as part of the context of the report.
    """
    weights = [[0.8 * (name in {"base_rate", "own_context"}) for name in model.names] for model in MODELS]
    found = forecast(with_weights(STATE, weights), Rates(), {}, CLAIM, [report()], enough=0)
    [part] = found.contributions

    assert pytest.approx(0.8 * BASE) == found.base
    assert ("statement", pytest.approx(0.8 * (0 - BASE) / 3)) == (part.feature, part.log_odds)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([], "no other outlet has reported it"),
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
    The words describe the other outlets that report a claim.
    """
    reports = [report(f"other-{n}", n, stance) for n, stance in enumerate(others)] + [report("bild", 90)]
    state = with_weights(START, [[1.0] * len(model.terms) for model in MODELS])
    found = forecast(state, Rates(), {}, CLAIM, reports, enough=0)

    assert words in {part.words for part in found.contributions}


@given(
    weights=st.tuples(*(st.lists(st.floats(-40, 40), min_size=n, max_size=n) for n in (len(m.terms) for m in MODELS))),
    deviation=st.floats(0, 30),
    level=st.floats(0.01, 0.999),
)
def test_interval_holds_the_probability(weights, deviation, level):
    """
    The interval contains the probability and is within 0..1, for any training data.
    """
    state = with_weights(START, weights, deviation)
    found = forecast(state, Rates(), {}, CLAIM, [report("marca"), report("bild", 1)], level=level, enough=0)

    assert 0 <= found.lower <= found.probability <= found.upper <= 1


def test_relays_are_one_source():
    """
    R8: five papers that relay one outlet do not change the forecast, and two that relay an absent outlet count once.
    """
    learner = learned(made_up(90))
    alone = [report("outlet-9", 0), report("outlet-7", 1)]
    relays = [report(f"paper-{n}", 2 + n, root="outlet-7") for n in range(5)]
    absent = [report(f"paper-{n}", n, root="unknown") for n in range(2)]

    assert learner.forecast(CLAIM, alone) == learner.forecast(CLAIM, alone + relays)
    assert learner.forecast(CLAIM, absent[:1]) == learner.forecast(CLAIM, absent)


def test_root_speaks_for_its_relays():
    """
    The own report of the root counts for its source, whether it is before or after its relays.
    """
    root, relay, other = report("bild", 1), report("paper", 0, root="bild"), report("marca", 2)

    assert [root] == view([relay, root, other]).others
    assert [root] == view([root, relay._replace(published_at=at(1.5)), other]).others


def test_vote_is_the_last_side():
    """
    R6: a later query or comment does not replace a side, and a change of mind does.
    """
    support, comment = report("bild", 0), report("bild", 1, Stance.COMMENT)
    deny, other = report("bild", 2, Stance.DENY), report("marca", 3)

    assert [support] == view([support, comment, other]).others
    assert [deny] == view([support, comment, deny, other]).others
