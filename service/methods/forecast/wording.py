"""English phrases that describe the contributions to a forecast."""

from __future__ import annotations

from collections.abc import Sequence

from service.methods.forecast.claim_votes import View
from service.methods.forecast.records import ForecastReport
from service.values.vocabulary import Stance

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


def words_for(group: str, value: float, seen: View, rivals: int) -> str:
    """Return the phrase that describes the contribution of a group of features to a forecast."""
    if group == "statement":
        return _statement(seen.own)
    if group == "others":
        return _others(seen.others)
    better = "better" if value > 0 else "worse"
    return {
        "outlet": f"this outlet does {better} than its beat",
        "repetition": "this outlet has reported it before",
        "records": f"the records of its outlets make it {'more' if value > 0 else 'less'} likely",
        "rivals": f"it excludes {number_in_words(rivals)} other {'claim' if rivals == 1 else 'claims'}",
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
    return f"{reported}, {number_in_words(deny)} {_verb('deny', deny)} it" if deny else reported


def _outlets(number: int) -> str:
    return f"{number_in_words(number)} independent {'outlet' if number == 1 else 'outlets'}"


def _verb(verb: str, number: int) -> str:
    """Return a verb in the singular or plural form that fits a number.

    >>> _verb("deny", 1), _verb("deny", 2)
    ('denies', 'deny')
    """
    if number != 1:
        return verb
    return f"{verb[:-1]}ies" if verb.endswith("y") else f"{verb}s"


def number_in_words(number: int) -> str:
    """Return a number as a word, or in digits if it is above twelve."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
