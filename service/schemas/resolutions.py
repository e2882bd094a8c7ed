"""Resolutions over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas.fields import Answer, Body, Instant, Number, Text, WebAddress, one_of, page_shape
from service.schemas.redacted import RedactedOut
from service.vocabulary import Verdict


class ResolutionIn(Body):
    verdict = one_of(Verdict, required=True, allow_none=True)
    truth = Number(load_default=None, allow_none=True)
    known_at = Instant(load_default=None, allow_none=True)
    evidence = ma.fields.List(WebAddress(), load_default=list, validate=Length(max=20))
    note = Text(5000, load_default=None, allow_none=True)
    supersedes = ma.fields.UUID(load_default=None, allow_none=True)


class ResolutionOut(Answer):
    id = ma.fields.UUID(required=True)
    claim = ma.fields.UUID(required=True)
    verdict = one_of(Verdict, required=True, allow_none=True)
    truth = ma.fields.Float(required=True, allow_none=True)
    known_at = Instant(required=True)
    evidence = ma.fields.List(ma.fields.String(), required=True)
    note = ma.fields.String(required=True, allow_none=True)
    supersedes = ma.fields.UUID(required=True, allow_none=True)
    recorded_at = Instant(required=True)
    redacted = ma.fields.List(ma.fields.Nested(RedactedOut), required=True)


ResolutionPage = page_shape("ResolutionPage", ResolutionOut)
