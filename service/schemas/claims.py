"""Claims over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.identity import SLUG_LENGTH
from service.schemas.fields import Answer, Body, Instant, PageQuery, Text, one_of, page_shape
from service.schemas.redacted import RedactedOut
from service.schemas.reports import ReportIn, ReportOut
from service.schemas.resolutions import ResolutionOut
from service.schemas.talk import DisputeOut, ReplyOut
from service.vocabulary import ClaimKind, ClaimOrder, ClaimStatus, Verdict

MAX_REPORTS = 100
EXTERNAL_ID_LENGTH = 400  # in a file, a claim_id of 200 with the name of its feed before it


class ClaimIn(Body):
    text = Text(2000, required=True)
    kind = one_of(ClaimKind, load_default=ClaimKind.FACT)
    topic = Text(100, load_default=None, allow_none=True)
    tags = ma.fields.List(Text(50), load_default=list, validate=Length(max=20))
    resolves_by = Instant(load_default=None, allow_none=True)
    group = Text(200, load_default=None, allow_none=True)
    external_id = Text(EXTERNAL_ID_LENGTH, load_default=None, allow_none=True)
    reports = ma.fields.List(ma.fields.Nested(ReportIn), required=True, validate=Length(1, MAX_REPORTS))


class ClaimPatch(Body):
    """A merge patch (RFC 7396): the members that change; null where there may be none and is to be, [] for no tags."""

    text = Text(2000)
    topic = Text(100, allow_none=True)
    tags = ma.fields.List(Text(50), validate=Length(max=20))
    group = Text(200, allow_none=True)
    resolves_by = Instant(allow_none=True)


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
    disputed = ma.fields.Boolean(
        required=True, metadata={"description": "Whether somebody disputes the resolution, and waits for an answer"}
    )
    redacted = ma.fields.List(ma.fields.Nested(RedactedOut), required=True)


class ClaimOut(ClaimSummary):
    independent_roots = ma.fields.Integer(required=True)
    reports = ma.fields.List(ma.fields.Nested(ReportOut), required=True)
    disputes = ma.fields.List(ma.fields.Nested(DisputeOut), required=True)
    replies = ma.fields.List(ma.fields.Nested(ReplyOut), required=True)


ClaimPage = page_shape("ClaimPage", ClaimSummary)


class ClaimQuery(PageQuery):
    status = one_of(ClaimStatus)
    verdict = one_of(Verdict)
    outlet = Text(SLUG_LENGTH)
    topic = Text(100)
    external_id = Text(EXTERNAL_ID_LENGTH)
    q = Text(200, metadata={"description": "Words that all stand in the text"})
    resolves_before = Instant()
    disputed = ma.fields.Boolean(truthy={"true"}, falsy={"false"})
    sort = one_of(ClaimOrder, load_default=ClaimOrder.NEWEST)


class StakeOut(Answer):
    reports = ma.fields.Integer(required=True)
    outlets = ma.fields.List(ma.fields.String(), required=True)
    independent_roots = ma.fields.Integer(required=True)


class DueClaim(ClaimSummary):
    at_stake = ma.fields.Nested(StakeOut, required=True)
    supersedes = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "What a resolution of it has to supersede: the withdrawal that opened it again"},
    )


Queue = page_shape("Queue", DueClaim)
