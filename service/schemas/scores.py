"""Scores over the wire."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf, Range

from service.identity import SLUG_LENGTH
from service.records import Lens
from service.schemas.fields import MAX_PAGE, Answer, Body, Count, Instant, Share, Text, one_of, page_shape
from service.schemas.redacted import RedactedOut
from service.scores import Ranking
from service.scoring import DEFAULT_LEVEL, LEVELS, RATED_FROM
from service.vocabulary import Basis, Order, OutletKind, RankBy

MAX_BATCH = 200
STATUSES = ("insufficient", "provisional", "rated")


class LensQuery(Body):
    topic = Text(100, load_default=None)
    as_of = Instant(load_default=None)
    level = Share(load_default=DEFAULT_LEVEL, validate=OneOf(LEVELS))


class ScoreQuery(LensQuery):
    basis = one_of(Basis, load_default=Basis.RESOLVED)
    recorded_by = Instant(load_default=None)

    @ma.post_load
    def make_lens(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"lens": Lens(**data)}


class ScoresQuery(LensQuery):
    """Some outlets in the order asked, or, without any, the ranking."""

    outlet = ma.fields.List(Text(SLUG_LENGTH), validate=Length(1, MAX_BATCH))
    basis = one_of(Basis, metadata={"description": "By default matured for the ranking, resolved for outlets by name"})
    min_resolved = Count(validate=Range(1), metadata={"description": f"By default {RATED_FROM}"})
    sort = one_of(RankBy)
    order = one_of(Order)
    kind = one_of(OutletKind, metadata={"description": "Only outlets of this kind"})
    limit = Count(validate=Range(1, MAX_PAGE))
    cursor = Text(2000)

    @ma.validates_schema
    def refuse_ranking_of_named(self, data: dict[str, Any], **_: Any) -> None:
        if "outlet" in data and (given := sorted(_RANKING.keys() & data.keys())):
            raise ma.ValidationError({name: ["Only for the ranking, not with outlet."] for name in given})

    @ma.post_load
    def make_question(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        outlets = data.get("outlet")
        basis = data.get("basis", Basis.MATURED if outlets is None else Basis.RESOLVED)
        return {
            "outlets": outlets,
            "lens": Lens(topic=data["topic"], basis=basis, as_of=data["as_of"], recorded_by=None, level=data["level"]),
            "ranking": Ranking(**{name: data.get(name, default) for name, default in _RANKING.items()}),
        }


_RANKING: dict[str, Any] = {
    "min_resolved": RATED_FROM,
    "sort": RankBy.LOWER,
    "order": Order.DESC,
    "kind": None,
    "limit": 50,
    "cursor": None,
}


class IntervalOut(Answer):
    lower = ma.fields.Float(required=True)
    upper = ma.fields.Float(required=True)
    level = ma.fields.Float(required=True)


class ReliabilityOut(Answer):
    mean = ma.fields.Float(required=True)
    lower = ma.fields.Float(required=True)
    upper = ma.fields.Float(required=True)
    level = ma.fields.Float(required=True)


class RecordOut(Answer):
    right = ma.fields.Float(required=True)
    expected = ma.fields.Float(required=True)
    reference = ma.fields.Float(required=True)
    resolved = ma.fields.Integer(required=True)


class ContextOut(Answer):
    id = ma.fields.String(required=True)
    as_of = Instant(required=True, allow_none=True)


class RelayRecordOut(Answer):
    reliability = ma.fields.Nested(ReliabilityOut, required=True, allow_none=True)
    resolved = ma.fields.Integer(required=True)
    correct = ma.fields.Integer(required=True)


# Not a class body, because a field named `partial` would hide an attribute of every schema.
CountsOut = Answer.from_dict(
    {
        name: ma.fields.Integer(required=True)
        for name in (
            "claims",
            "open",
            "resolved",
            "correct",
            "incorrect",
            "partial",
            "unscored",
            "support",
            "deny",
            "early",
            "backfilled",
            "disputed",
        )
    },
    name="CountsOut",
)


class BrierOut(Answer):
    score = ma.fields.Float(required=True)
    skill = ma.fields.Float(required=True, allow_none=True)
    resolved = ma.fields.Integer(required=True)


class ScoreReplyOut(Answer):
    id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    url = ma.fields.String(required=True, allow_none=True)
    recorded_at = Instant(required=True)
    redacted = ma.fields.List(ma.fields.Nested(RedactedOut), required=True)


class RatedOut(Answer):
    """What a score and its explanation both say."""

    outlet = ma.fields.String(required=True)
    topic = ma.fields.String(required=True, allow_none=True)
    basis = one_of(Basis, required=True)
    as_of = Instant(required=True)
    method = ma.fields.String(required=True)
    status = ma.fields.String(required=True, validate=OneOf(STATUSES))
    reliability = ma.fields.Nested(ReliabilityOut, required=True, allow_none=True)
    record = ma.fields.Nested(RecordOut, required=True)
    context = ma.fields.Nested(ContextOut, required=True)


class ScoreOut(RatedOut):
    relay = ma.fields.Nested(RelayRecordOut, required=True)
    counts = ma.fields.Nested(CountsOut, required=True)
    brier = ma.fields.Nested(BrierOut, required=True, allow_none=True)
    reply = ma.fields.Nested(
        ScoreReplyOut,
        required=True,
        allow_none=True,
        metadata={"description": "What the outlet answers to its record, the newest"},
    )
    ledger = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The last head of the chain of all writes when it was computed; null before the first"
        },
    )
    computed_at = Instant(required=True)


ScorePage = page_shape("ScorePage", ScoreOut)
