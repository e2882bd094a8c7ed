"""The contributions to a forecast in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import NamedTuple

from service.methods.forecast.records import ForecastReport, View
from service.methods.forecast.terms import MODELS
from service.values.vocabulary import Stance

_BASE = ("bias", "base_rate")
_NAMES = tuple(dict.fromkeys(name for model in MODELS for name in model.names))


def _beginning(*prefixes: str) -> tuple[str, ...]:
    return tuple(name for name in _NAMES if name.startswith(prefixes))


_GROUPS = {
    "statement": (*_beginning("stance_", "commitment_"), "contexts", "own_context"),
    "outlet": ("own_record", "short_own_record"),
    "repetition": ("same_outlet",),
    "others": ("first", "reports", "agreement", "stated_agreement", *_beginning("others_")),
    "records": (*_beginning("records_", "short_records_"), "likelihood"),
    "rivals": ("rivals",),
    "probability": ("stated", "is_stated"),
    "precedents": ("stated_contexts",),
}
_COMMITMENTS = {
    1: "stated as interest or speculation",
    2: "stated as under way",
    3: "stated as close",
    4: "stated as agreed",
}
_STANCES = {
    Stance.SUPPORT: "reported as true",
    Stance.DENY: "denied",
    Stance.QUERY: "put as a question",
    Stance.COMMENT: "mentioned without taking a side",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Contribution(NamedTuple):
    """The contribution of one group of features to the log-odds of a claim."""

    feature: str
    words: str
    log_odds: float


def contributions(parts: Mapping[str, float], seen: View, rivals: int) -> tuple[float, tuple[Contribution, ...]]:
    """Return the base in log-odds, and the contributions, the largest first.

    Args:
        parts: The contribution of each feature, by name; a missing one is zero.
        seen: The claim.
        rivals: The number of claims that it excludes.
    """
    base = fsum(parts.get(name, 0.0) for name in _BASE)
    sums = {group: fsum(parts.get(name, 0.0) for name in names) for group, names in _GROUPS.items()}
    found = [
        Contribution(group, _words(group, value, seen, rivals), value) for group, value in sums.items() if value != 0
    ]
    return base, tuple(sorted(found, key=lambda part: (-abs(part.log_odds), part.feature)))


def rival_contribution(number: int, log_odds: float) -> Contribution:
    """Return the contribution of the rivals of a claim, of which at most one can be true with it.

    Args:
        number: The number of open claims in the group, with the claim itself.
        log_odds: The contribution.
    """
    words = f"its rivals: at most one of these {_number(number)} claims can be true"
    return Contribution("its_rivals", words, log_odds)


def _words(group: str, value: float, seen: View, rivals: int) -> str:
    if group == "statement":
        return _statement(seen.own)
    if group == "others":
        return _others(seen.others)
    better = "better" if value > 0 else "worse"
    return {
        "outlet": f"this outlet does {better} than its beat",
        "repetition": "this outlet has reported it before",
        "records": f"the records of its outlets make it {'more' if value > 0 else 'less'} likely",
        "rivals": f"it excludes {_number(rivals)} other {'claim' if rivals == 1 else 'claims'}",
        "probability": "a probability is stated",
        "precedents": f"reports like these prove true {'more' if value > 0 else 'less'} often than others",
    }[group]


def _statement(own: ForecastReport) -> str:
    if own.stance is Stance.SUPPORT and own.commitment is not None:
        return _COMMITMENTS[own.commitment]
    return _STANCES[own.stance]


def _others(others: Sequence[ForecastReport]) -> str:
    support = sum(report.stance is Stance.SUPPORT for report in others)
    deny = sum(report.stance is Stance.DENY for report in others)
    if not others:
        return "no other outlet has reported it"
    if not support + deny:
        return f"{_outlets(len(others))} already {_verb('mention', len(others))} it"
    if not support:
        return f"{_outlets(deny)} {_verb('deny', deny)} it"
    reported = f"{_outlets(support)} already {_verb('report', support)} it"
    return f"{reported}, {_number(deny)} {_verb('deny', deny)} it" if deny else reported


def _outlets(number: int) -> str:
    return f"{_number(number)} independent {'outlet' if number == 1 else 'outlets'}"


def _verb(verb: str, number: int) -> str:
    """Return a verb in the form for a number.

    >>> _verb("deny", 1), _verb("deny", 2)
    ('denies', 'deny')
    """
    if number != 1:
        return verb
    return f"{verb[:-1]}ies" if verb.endswith("y") else f"{verb}s"


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
