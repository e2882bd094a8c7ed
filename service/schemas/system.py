"""The state of the service over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf

from service.schemas.fields import Answer


class HealthOut(Answer):
    status = ma.fields.String(required=True, validate=OneOf(["ok"]))


class ReadinessOut(Answer):
    status = ma.fields.String(required=True, validate=OneOf(["ok", "degraded"]))
    database = ma.fields.String(required=True, validate=OneOf(["ok"]))
    redis = ma.fields.String(required=True, validate=OneOf(["ok", "away"]))
