"""Claims over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.identity import SLUG_LENGTH
from service.schemas.fields import Answer, Body, Instant, PageQuery, Text, one_of
from service.schemas.reports import ReportIn, ReportOut
from service.schemas.resolutions import ResolutionOut
from service.vocabulary import ClaimKind, ClaimStatus, Verdict

MAX_REPORTS = 100


class ClaimIn(Body):
    text = Text(2000, required=True)
    kind = one_of(ClaimKind, load_default=ClaimKind.FACT)
    topic = Text(100, load_default=None, allow_none=True)
    tags = ma.fields.List(Text(50), load_default=list, validate=Length(max=20))
    resolves_by = Instant(load_default=None, allow_none=True)
    group = Text(200, load_default=None, allow_none=True)
    external_id = Text(200, load_default=None, allow_none=True)
    reports = ma.fields.List(ma.fields.Nested(ReportIn), required=True, validate=Length(1, MAX_REPORTS))


class ClaimSummary(Answer):
    id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    kind = one_of(ClaimKind, required=True)
    topic = ma.fields.String(required=True, allow_none=True)
    tags = ma.fields.List(ma.fields.String(), required=True)
    resolves_by = Instant(required=True, allow_none=True)
    group = ma.fields.String(required=True, allow_none=True)
    external_id = ma.fields.String(required=True, allow_none=True)
    recorded_at = Instant(required=True)
    status = one_of(ClaimStatus, required=True)
    resolution = ma.fields.Nested(ResolutionOut, required=True, allow_none=True)


class ClaimOut(ClaimSummary):
    independent_roots = ma.fields.Integer(required=True)
    reports = ma.fields.List(ma.fields.Nested(ReportOut), required=True)


class ClaimPage(Answer):
    items = ma.fields.List(ma.fields.Nested(ClaimSummary), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)


class ClaimQuery(PageQuery):
    status = one_of(ClaimStatus)
    verdict = one_of(Verdict)
    outlet = Text(SLUG_LENGTH)
    topic = Text(100)
    resolves_before = Instant()
