"""The ledger over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from service.canonical import entered_tables
from service.schemas.fields import Answer, Body, Instant, PageQuery, Text, one_of, page_shape
from service.vocabulary import Action

_TABLES = [table.name for table in entered_tables()]
_HASHED = "Texts, addresses and secrets are not said: `sha256:` and the hash of `salt` and the text, or its JSON"


class TrailQuery(PageQuery):
    subject = ma.fields.UUID(
        metadata={"description": "The id of a claim, report, outlet and so on; what belongs to it comes along"}
    )


class AuditQuery(TrailQuery):
    actor = ma.fields.UUID(metadata={"description": "The id of an API key"})
    table = ma.fields.String(validate=OneOf(_TABLES))
    action = one_of(Action)
    since = Instant()


class TrailEntryOut(Answer):
    id = ma.fields.UUID(required=True)
    recorded_at = Instant(required=True)
    table = ma.fields.String(required=True)
    row = ma.fields.String(required=True, metadata={"description": "The row's primary key"})
    position = ma.fields.Integer(required=True, metadata={"description": "1 for the first entry of the row"})
    action = one_of(Action, required=True)
    before = ma.fields.Dict(required=True, allow_none=True, metadata={"description": _HASHED})
    after = ma.fields.Dict(required=True, allow_none=True, metadata={"description": _HASHED})
    salt = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "null once what it hashes was redacted"}
    )
    digest = ma.fields.String(required=True, metadata={"description": "What seals are made of"})
    seal = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "The number of its seal; null for a second or so"}
    )


TrailPage = page_shape("TrailPage", TrailEntryOut)


class ActorOut(Answer):
    key = ma.fields.UUID(required=True, allow_none=True, metadata={"description": "The API key"})
    name = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Where no key was used: which process it was"}
    )


class EntryOut(TrailEntryOut):
    actor = ma.fields.Nested(ActorOut, required=True)
    request_id = ma.fields.String(required=True, allow_none=True)


EntryPage = page_shape("EntryPage", EntryOut)


class SealOut(Answer):
    number = ma.fields.Integer(required=True)
    head = ma.fields.String(required=True, metadata={"description": "Note it: `borneout verify --head` asks for it"})
    previous = ma.fields.String(required=True, allow_none=True)
    entries = ma.fields.Integer(required=True, metadata={"description": "How many it seals"})
    recorded_at = Instant(required=True)


SealPage = page_shape("SealPage", SealOut)


class RedactionIn(Body):
    subject = ma.fields.UUID(
        required=True, metadata={"description": "The id of a claim, report, resolution, dispute or reply"}
    )
    members = ma.fields.List(
        ma.fields.String(validate=OneOf(["text", "url", "quote", "cited_as", "note", "evidence", "reason"])),
        required=True,
        validate=Length(1, 7),
    )
    reason = Text(2000, required=True, metadata={"description": "Shown with what was redacted"})


class RedactionOut(Answer):
    id = ma.fields.UUID(required=True)
    subject = ma.fields.UUID(required=True)
    members = ma.fields.List(ma.fields.String(), required=True)
    reason = ma.fields.String(required=True)
    recorded_at = Instant(required=True)
