"""Forecasts over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf

from service.schemas.fields import Answer, Body, Share
from service.schemas.scores import IntervalOut
from service.scoring import DEFAULT_LEVEL, LEVELS


class ForecastQuery(Body):
    level = Share(load_default=DEFAULT_LEVEL, validate=OneOf(LEVELS))


class ForecastPartOut(Answer):
    feature = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    log_odds = ma.fields.Float(required=True)


class KeptForecastOut(Answer):
    day = ma.fields.Date(required=True)
    probability = ma.fields.Float(required=True)


class ForecastOut(Answer):
    claim = ma.fields.UUID(required=True)
    status = ma.fields.String(
        required=True,
        validate=OneOf(["rated", "insufficient", "closed"]),
        metadata={
            "description": "insufficient: too few claims are resolved to say more than their base rate, or no report "
            "of this one counts; "
            "closed: the claim is resolved, or an opinion"
        },
    )
    probability = ma.fields.Float(required=True, allow_none=True)
    interval = ma.fields.Nested(IntervalOut, required=True, allow_none=True)
    trained_on = ma.fields.Integer(required=True, allow_none=True)
    independent_roots = ma.fields.Integer(required=True)
    base = ma.fields.Float(
        required=True, allow_none=True, metadata={"description": "Log-odds before any of it is known"}
    )
    contributions = ma.fields.List(
        ma.fields.Nested(ForecastPartOut),
        required=True,
        metadata={"description": "What moves it, the largest first; with base they add up to its log-odds"},
    )
    kept = ma.fields.List(
        ma.fields.Nested(KeptForecastOut), required=True, metadata={"description": "What was forecast on past days"}
    )
    method = ma.fields.String(required=True)
