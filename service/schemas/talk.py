"""Disputes and replies over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas.fields import Answer, Body, Instant, PageQuery, Text, WebAddress, one_of, page_shape
from service.schemas.redacted import RedactedOut
from service.schemas.reports import WithdrawalOut
from service.vocabulary import DisputeStatus


class DisputeIn(Body):
    reason = Text(2000, required=True)
    evidence = ma.fields.List(WebAddress(), load_default=list, validate=Length(max=20))


class ClosureIn(Body):
    reason = Text(2000, required=True, metadata={"description": "Why the resolution stands; everybody can read it"})


class ClosureOut(Answer):
    reason = ma.fields.String(required=True, allow_none=True)
    resolution = ma.fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "The resolution that superseded the disputed one, where that closed the dispute"},
    )
    recorded_at = Instant(required=True)


class DisputeOut(Answer):
    id = ma.fields.UUID(required=True)
    claim = ma.fields.UUID(required=True)
    resolution = ma.fields.UUID(required=True, metadata={"description": "The resolution that is said to be wrong"})
    status = one_of(DisputeStatus, required=True)
    reason = ma.fields.String(required=True)
    evidence = ma.fields.List(ma.fields.String(), required=True)
    closure = ma.fields.Nested(ClosureOut, required=True, allow_none=True)
    recorded_at = Instant(required=True)
    redacted = ma.fields.List(ma.fields.Nested(RedactedOut), required=True)


DisputePage = page_shape("DisputePage", DisputeOut)


class DisputeQuery(PageQuery):
    status = one_of(DisputeStatus)


class ReplyIn(Body):
    text = Text(2000, required=True, metadata={"description": "What the outlet says, which you have verified"})
    url = WebAddress(load_default=None, allow_none=True, metadata={"description": "Where it says so"})
    claim = ma.fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "A claim that the outlet reported; without one the reply is to its whole record"},
    )


class ReplyOut(Answer):
    id = ma.fields.UUID(required=True)
    outlet = ma.fields.String(required=True)
    claim = ma.fields.UUID(required=True, allow_none=True)
    text = ma.fields.String(required=True)
    url = ma.fields.String(required=True, allow_none=True)
    withdrawn = ma.fields.Nested(WithdrawalOut, required=True, allow_none=True)
    recorded_at = Instant(required=True)
    redacted = ma.fields.List(ma.fields.Nested(RedactedOut), required=True)


ReplyPage = page_shape("ReplyPage", ReplyOut)
