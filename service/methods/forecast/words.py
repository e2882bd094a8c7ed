"""The contributions to a forecast, summed by group of features, for display."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import NamedTuple

from service.methods.forecast.claim_votes import View
from service.methods.forecast.models import MODELS
from service.methods.forecast.wording import number_in_words, words_for

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


class Contribution(NamedTuple):
    """The contribution of one group of features to the forecast of a claim, in log-odds."""

    feature: str
    words: str
    log_odds: float


def contributions(parts: Mapping[str, float], seen: View, rivals: int) -> tuple[float, tuple[Contribution, ...]]:
    """Return the base of a forecast in log-odds, and the contributions to it, the largest first.

    Args:
        parts: The contribution of each feature, by name; a missing one is zero.
        seen: The latest report of the claim, with the other votes.
        rivals: The number of claims that the claim excludes.
    """
    base = fsum(parts.get(name, 0.0) for name in _BASE)
    sums = {group: fsum(parts.get(name, 0.0) for name in names) for group, names in _GROUPS.items()}
    found = [
        Contribution(group, words_for(group, value, seen, rivals), value) for group, value in sums.items() if value != 0
    ]
    return base, tuple(sorted(found, key=lambda part: (-abs(part.log_odds), part.feature)))


def rival_contribution(number: int, log_odds: float) -> Contribution:
    """Return the contribution of a claim's open rivals to its forecast, with its words.

    Args:
        number: The number of open claims in the group, including the claim itself.
        log_odds: The contribution in log-odds.
    """
    words = f"its rivals: at most one of these {number_in_words(number)} claims can be true"
    return Contribution("its_rivals", words, log_odds)
