"""Fields for stances, outcomes and whole numbers in the notations of import files."""

from __future__ import annotations

from typing import TypeAlias

import marshmallow as ma

from service.schemas.fields import Data
from service.values.vocabulary import Stance, Verdict

_STANCES = {stance.value: stance for stance in Stance} | {
    "asserts": Stance.SUPPORT,
    "denies": Stance.DENY,
    "mentions": Stance.COMMENT,
}
Outcome: TypeAlias = tuple[Verdict, float | None]
"""A verdict, and the part of the claim that proved true, which is None unless the verdict is partial."""
_OUTCOMES: dict[str, Outcome] = {
    "true": (Verdict.TRUE, None),
    "false": (Verdict.FALSE, None),
    "partial": (Verdict.PARTIAL, 0.5),
    "void": (Verdict.VOID, None),
    "unverifiable": (Verdict.UNVERIFIABLE, None),
}


class StanceWord(ma.fields.Field[Stance | None]):
    """A stance, or a synonym of one that data sets use; blank to derive it from the probability."""

    default_error_messages = {"stance": f"Must be one of: {', '.join(_STANCES)}."}

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> Stance | None:
        word = value.strip().lower() if isinstance(value, str) else value
        if word == "":
            return None
        if not isinstance(word, str) or word not in _STANCES:
            raise self.make_error("stance")
        return _STANCES[word]


class OutcomeWord(ma.fields.Field[Outcome | None]):
    """A verdict, or the part of a claim that proved true, from 0 to 1; empty if unknown.

    `partial` without a number means one half.
    """

    default_error_messages = {"outcome": f"Must be {', '.join(_OUTCOMES)}, or a number from 0 to 1."}

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> Outcome | None:
        word = value.strip().lower() if isinstance(value, str) else value
        if word == "":
            return None
        if isinstance(word, str) and word in _OUTCOMES:
            return _OUTCOMES[word]
        if not isinstance(word, str | int | float):
            raise self.make_error("outcome")
        try:
            truth = float(word)
        except (ValueError, OverflowError) as exc:
            raise self.make_error("outcome") from exc
        if not 0 <= truth <= 1:
            raise self.make_error("outcome")
        return {0.0: _OUTCOMES["false"], 1.0: _OUTCOMES["true"]}.get(truth, (Verdict.PARTIAL, truth))


class WholeNumber(ma.fields.Integer):
    """A whole number, also in the notation 3.0, which some programs write."""

    default_error_messages = {"whole": "Must be a whole number, such as 3."}

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            raise self.make_error("whole")
        return int(value)
