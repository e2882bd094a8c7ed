"""The methods over the wire."""

from __future__ import annotations

import marshmallow as ma

from service.schemas.fields import Answer, Instant


class ParameterOut(Answer):
    name = ma.fields.String(required=True)
    value = ma.fields.Raw(required=True, metadata={"description": "A number, several, or several by name"})
    words = ma.fields.String(required=True)


class ExplainedOut(Answer):
    title = ma.fields.String(required=True)
    words = ma.fields.List(ma.fields.String(), required=True)
    parameters = ma.fields.List(ma.fields.Nested(ParameterOut), required=True)
    sources = ma.fields.List(ma.fields.String(), required=True)


class MethodOut(ExplainedOut):
    name = ma.fields.String(required=True)


class FittedContextOut(Answer):
    id = ma.fields.String(required=True)
    as_of = Instant(required=True, allow_none=True)
    kappa = ma.fields.Float(required=True)
    claims = ma.fields.Integer(required=True, metadata={"description": "Resolved claims it was fitted to"})


class ContextsOut(ExplainedOut):
    starting = ma.fields.Nested(FittedContextOut, required=True)
    newest = ma.fields.Nested(FittedContextOut, required=True)


class MethodologyOut(Answer):
    methods = ma.fields.List(ma.fields.Nested(MethodOut), required=True)
    contexts = ma.fields.Nested(ContextsOut, required=True)
