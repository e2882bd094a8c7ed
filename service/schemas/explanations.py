"""What explains scores, over the wire."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import OneOf, Range

from service.records import Lens
from service.schemas.fields import MAX_PAGE, Answer, Body, Count, Instant, Share, Text, one_of
from service.schemas.scores import (
    STATUSES,
    BrierOut,
    ContextOut,
    IntervalOut,
    LensQuery,
    RatedOut,
    RecordOut,
    ReliabilityOut,
    ScoreQuery,
)
from service.scoring import DEFAULT_LEVEL, LEVELS
from service.vocabulary import Basis, ClaimKind, Stance, Verdict


class ExplanationQuery(ScoreQuery):
    limit = Count(load_default=50, validate=Range(1, MAX_PAGE))
    cursor = Text(2000, load_default=None)

    @ma.post_load
    def make_lens(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {name: data.pop(name) for name in ("limit", "cursor")}
        return {"lens": Lens(**data), **paging}


class HistoryQuery(Body):
    topic = Text(100, load_default=None)
    basis = one_of(Basis, load_default=Basis.RESOLVED)
    level = Share(load_default=DEFAULT_LEVEL, validate=OneOf(LEVELS))

    @ma.post_load
    def make_lens(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"lens": Lens(**data, as_of=None, recorded_by=None)}


class CalibrationQuery(LensQuery):
    basis = one_of(Basis, load_default=Basis.RESOLVED)

    @ma.post_load
    def make_lens(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"lens": Lens(**data, recorded_by=None)}


class PriorOut(Answer):
    kappa = ma.fields.Float(required=True, metadata={"description": "What the average weighs, in claims"})
    m = ma.fields.Float(required=True, metadata={"description": "Share that an average outlet would have got right"})
    weight = ma.fields.Float(required=True, metadata={"description": "kappa m: what it adds to the claims right"})


class SumsOut(Answer):
    n = ma.fields.Integer(required=True, metadata={"description": "Resolved claims that count"})
    k = ma.fields.Float(required=True, metadata={"description": "Of them right"})
    expected = ma.fields.Float(required=True, metadata={"description": "What an average outlet would have got right"})
    mu = ma.fields.Float(required=True, metadata={"description": "(k + kappa m)/(n + kappa)"})
    nu = ma.fields.Float(required=True, metadata={"description": "kappa + n/2"})
    alpha = ma.fields.Float(required=True, metadata={"description": "mu nu, of the beta distribution"})
    beta = ma.fields.Float(required=True, metadata={"description": "(1 - mu) nu, of the beta distribution"})
    reference = ma.fields.Float(required=True, metadata={"description": "b: share right of all scored reports"})
    d = ma.fields.Float(
        required=True, metadata={"description": "logit(mu) - logit(m); the mean is logistic(logit(b) + d)"}
    )


class ContributionOut(Answer):
    claim = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    kind = one_of(ClaimKind, required=True)
    topic = ma.fields.String(required=True, allow_none=True)
    stance = one_of(Stance, required=True)
    commitment = ma.fields.Integer(required=True, allow_none=True)
    published_at = Instant(required=True)
    known_at = Instant(required=True)
    verdict = one_of(Verdict, required=True)
    right = ma.fields.Float(required=True)
    expected = ma.fields.Float(required=True, metadata={"description": "Rate of being right of such reports"})
    log_odds = ma.fields.Float(required=True, metadata={"description": "The claim's share of d"})


class ExplanationOut(RatedOut):
    prior = ma.fields.Nested(PriorOut, required=True, allow_none=True)
    sums = ma.fields.Nested(SumsOut, required=True, allow_none=True)
    formula = ma.fields.List(ma.fields.String(), required=True)
    contributions = ma.fields.List(ma.fields.Nested(ContributionOut), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
    computed_at = Instant(required=True)


class HistoryPointOut(Answer):
    as_of = Instant(required=True)
    status = ma.fields.String(required=True, validate=OneOf(STATUSES))
    reliability = ma.fields.Nested(ReliabilityOut, required=True, allow_none=True)
    record = ma.fields.Nested(RecordOut, required=True)


class HistoryOut(Answer):
    outlet = ma.fields.String(required=True)
    topic = ma.fields.String(required=True, allow_none=True)
    basis = one_of(Basis, required=True)
    method = ma.fields.String(required=True)
    context = ma.fields.Nested(ContextOut, required=True)
    items = ma.fields.List(ma.fields.Nested(HistoryPointOut), required=True)
    computed_at = Instant(required=True)


class BinOut(Answer):
    lower = ma.fields.Float(required=True, metadata={"description": "Of the probabilities in it"})
    upper = ma.fields.Float(required=True, metadata={"description": "Only the last bin holds this one too"})
    n = ma.fields.Integer(required=True)
    mean_probability = ma.fields.Float(required=True)
    share_true = ma.fields.Float(required=True)
    interval = ma.fields.Nested(
        IntervalOut, required=True, metadata={"description": "Of share_true, by Jeffreys' prior"}
    )


class DecompositionOut(Answer):
    reliability = ma.fields.Float(required=True)
    resolution = ma.fields.Float(required=True)
    uncertainty = ma.fields.Float(required=True)
    within_bins = ma.fields.Float(required=True)


class CalibrationOut(Answer):
    outlet = ma.fields.String(required=True)
    topic = ma.fields.String(required=True, allow_none=True)
    basis = one_of(Basis, required=True)
    as_of = Instant(required=True)
    method = ma.fields.String(required=True)
    resolved = ma.fields.Integer(required=True)
    stated = ma.fields.Integer(required=True, metadata={"description": "Resolved claims with a stated probability"})
    brier = ma.fields.Nested(BrierOut, required=True, allow_none=True)
    decomposition = ma.fields.Nested(
        DecompositionOut,
        required=True,
        allow_none=True,
        metadata={"description": "brier.score = reliability - resolution + uncertainty + within_bins"},
    )
    bins = ma.fields.List(ma.fields.Nested(BinOut), required=True)
    computed_at = Instant(required=True)
