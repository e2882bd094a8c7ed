"""Lines of an import file."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Range

from service.identity import NAME_LENGTH
from service.schemas.fields import Body, DateOrInstant, Number, Text, WebAddress
from service.vocabulary import Stance

_STANCES = {stance.value: stance for stance in Stance} | {
    "asserts": Stance.SUPPORT,
    "denies": Stance.DENY,
    "mentions": Stance.COMMENT,
}


class StanceWord(ma.fields.Field[Stance]):
    """A stance, or the word that a data set has for it."""

    default_error_messages = {"stance": f"Must be one of: {', '.join(_STANCES)}."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Stance:
        if not isinstance(value, str) or value not in _STANCES:
            raise self.make_error("stance")
        return _STANCES[value]


class Outcome(ma.fields.Field[float]):
    """How much of a claim proved true: true, false, or a number from 0 to 1."""

    default_error_messages = {"outcome": "Must be true, false, or a number from 0 to 1."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        word = value.strip().lower() if isinstance(value, str) else value
        try:
            truth = float({"true": 1, "false": 0}.get(word, word))
        except (TypeError, ValueError, OverflowError) as exc:
            raise self.make_error("outcome") from exc
        if not 0 <= truth <= 1:
            raise self.make_error("outcome")
        return truth


class FlatLine(Body):
    """One report with its claim and outcome, as data sets keep them. What stands under `x` is theirs and not read."""

    outlet = Text(NAME_LENGTH, required=True)
    claim_id = Text(200, required=True)
    claim = Text(2000, required=True)
    stance = StanceWord(load_default=Stance.SUPPORT)
    published_at = DateOrInstant(required=True)
    url = WebAddress(load_default=None, allow_none=True)
    topic = Text(100, load_default=None, allow_none=True)
    probability = Number(load_default=None, allow_none=True, validate=Range(0, 1))
    commitment = ma.fields.Integer(strict=True, load_default=None, allow_none=True, validate=Range(1, 4))
    outcome = Outcome(load_default=None, allow_none=True)
    resolved_at = DateOrInstant(load_default=None, allow_none=True)
    x = ma.fields.Raw(load_default=None, allow_none=True)
