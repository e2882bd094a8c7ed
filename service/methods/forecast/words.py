"""The contributions to a forecast in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service.methods.forecast.features import NAMES
from service.methods.forecast.records import ForecastReport, View
from service.values.vocabulary import Stance

_BASE = ("bias", "base_rate")
_GROUPS = {
    "statement": (
        *(name for name in NAMES if name.startswith(("stance_", "commitment_"))),
        "contexts",
    ),
    "outlet": ("own_record",),
    "repetition": ("same_outlet",),
    "others": ("first", "reports", "agreement"),
    "records": ("records_support", "records_deny", "records_other", "likelihood"),
    "rivals": ("rivals",),
    "probability": ("stated", "is_stated"),
}
_COMMITMENTS = {
    1: "stated as interest or speculation",
    2: "stated as under way",
    3: "stated as close",
    4: "stated as agreed",
}
_STANCES = {
    Stance.SUPPORT: "reported as so",
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
        parts: Weight times feature, by name.
        seen: The claim.
        rivals: The number of claims that it excludes.
    """
    base = sum(parts[name] for name in _BASE)
    sums = {group: sum(parts[name] for name in names) for group, names in _GROUPS.items()}
    found = [
        Contribution(group, _words(group, value, seen, rivals), value) for group, value in sums.items() if value != 0
    ]
    return base, tuple(sorted(found, key=lambda part: (-abs(part.log_odds), part.feature)))


def _words(group: str, value: float, seen: View, rivals: int) -> str:
    if group == "statement":
        return _statement(seen.own)
    if group == "others":
        return _others(seen.others)
    better = "better" if value > 0 else "worse"
    return {
        "outlet": f"this outlet does {better} than its beat",
        "repetition": "this outlet has reported it before",
        "records": f"the records of all who report it speak {'for' if value > 0 else 'against'} it",
        "rivals": f"it excludes {_number(rivals)} other {'claim' if rivals == 1 else 'claims'}",
        "probability": "a probability is stated",
    }[group]


def _statement(own: ForecastReport) -> str:
    if own.stance is Stance.SUPPORT and own.commitment is not None:
        return _COMMITMENTS[own.commitment]
    return _STANCES[own.stance]


def _others(others: Sequence[ForecastReport]) -> str:
    support = sum(report.stance is Stance.SUPPORT for report in others)
    deny = sum(report.stance is Stance.DENY for report in others)
    if not others:
        return "nobody else has reported it"
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
