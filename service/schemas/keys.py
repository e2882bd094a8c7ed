"""API keys over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.identity import NAME_LENGTH
from service.schemas.fields import Answer, Body, Instant, Text, one_of, page_shape
from service.vocabulary import Scope

_DAY = 24 * 60 * 60


class KeyIn(Body):
    name = Text(NAME_LENGTH, required=True)
    scopes = ma.fields.List(one_of(Scope), required=True, validate=Length(1, len(Scope)))
    expires_at = Instant(load_default=None, allow_none=True)


class KeyPatch(Body):
    """A merge patch (RFC 7396): the members that change; null where there is to be none."""

    name = Text(NAME_LENGTH)
    expires_at = Instant(allow_none=True)


class RotationIn(Body):
    overlap = ma.fields.Integer(
        strict=True,
        load_default=_DAY,
        validate=Range(0, 90 * _DAY),
        metadata={"description": "For how many seconds the secrets that the key has had go on"},
    )


class KeyOut(Answer):
    id = ma.fields.UUID(required=True)
    name = ma.fields.String(required=True)
    scopes = ma.fields.List(one_of(Scope), required=True)
    recorded_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    last_used_at = Instant(required=True, allow_none=True, metadata={"description": "To the minute or so"})
    revoked_at = Instant(required=True, allow_none=True)


class NewKeyOut(KeyOut):
    secret = ma.fields.String(metadata={"description": "What to send as `Bearer`; shown this once, and in no replay"})


KeyPage = page_shape("KeyPage", KeyOut)
