"""The audit log, the ledger and redactions in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length, OneOf, Range

from service.schemas import shown
from service.schemas.fields import Answer, Body, PageQuery, Text, one_of
from service.schemas.moments import moment
from service.storage.journaled import journaled_tables
from service.values.vocabulary import Action

_TABLES = [table.name for table in journaled_tables()]
_REDACTABLE = ("text", "reviews", "url", "quote", "cited_as", "note", "evidence", "reason", "verified")
_HASHED = (
    "Each text, address and secret is replaced by `sha256:` and a hash of `salt` and the text (or the value as JSON)."
)


class TrailQuery(PageQuery):
    """Filter and paging parameters for the public list of writes."""

    subject = ma.fields.UUID(
        metadata={
            "description": "Only writes to the object with this id, such as a claim or an outlet, and to the "
            "objects that belong to it, such as its reports."
        }
    )


class AuditQuery(TrailQuery):
    """Filter and paging parameters for the audit log."""

    actor = ma.fields.UUID(metadata={"description": "Only writes made with the API key with this id."})
    table = ma.fields.String(validate=OneOf(_TABLES), metadata={"description": "Only writes to this table."})
    action = one_of(Action, "Only writes of this kind.")
    since = moment("Only writes at or after this moment.")


def _content(when: str, otherwise: str) -> ma.fields.Dict:
    """Return the field for the content of a row before or after a write."""
    description = f"The row {when} the write; null if it was {otherwise}. {_HASHED}"
    return ma.fields.Dict(required=True, allow_none=True, metadata={"description": description})


class TrailEntryOut(Answer):
    """One write to one row of the database."""

    id = shown.identifier("The entry's id.")
    recorded_at = shown.instant("When the row was written.")
    table = shown.text("The name of the table.")
    row = shown.text("The primary key of the row.")
    position = ma.fields.Integer(
        required=True,
        validate=Range(1),
        metadata={"description": "The position of the write in the history of the row; 1 for the first."},
    )
    action = shown.choice(Action, "The kind of write.")
    before = _content("before", "created")
    after = _content("after", "deleted")
    salt = shown.text("The random string with which each text is hashed; null after a redaction.", allow_none=True)
    digest = shown.text("The SHA-256 digest of the entry, in hexadecimal. The seal is calculated from it.")
    seal = shown.count(
        "The number of the seal that covers the entry; null for the first second or so.", allow_none=True
    )


TrailPage = shown.page_of("TrailPage", TrailEntryOut, "writes")


class ActorOut(Answer):
    """The API key or the process that wrote a row."""

    key = shown.identifier("The id of the API key; null if no key was used.", allow_none=True)
    name = shown.text(
        "The name of the process that wrote the row, if no key was used; otherwise null.", allow_none=True
    )


class EntryOut(TrailEntryOut):
    """One write to one row of the database, with its author."""

    actor = shown.part(ActorOut, "The API key or the process that wrote the row.")
    request_id = shown.text("The `X-Request-ID` of the request; null if there was no request.", allow_none=True)


EntryPage = shown.page_of("EntryPage", EntryOut, "writes")


class SealOut(Answer):
    """A seal: one link of the hash chain over all writes."""

    number = ma.fields.Integer(
        required=True, validate=Range(1), metadata={"description": "The number of the seal; 1 for the first."}
    )
    head = shown.text(
        "The SHA-256 hash of the chain up to this seal, in hexadecimal. Keep a copy: with `borneout verify "
        "--head` you can check later that no earlier entry was changed."
    )
    previous = shown.text("The head of the previous seal; null for the first.", allow_none=True)
    entries = shown.count("The number of writes that the seal covers.")
    recorded_at = shown.instant("When the seal was made.")


SealPage = shown.page_of("SealPage", SealOut, "seals")


class RedactionIn(Body):
    """A request to remove content for legal reasons."""

    subject = ma.fields.UUID(
        required=True, metadata={"description": "The id of a claim, report, resolution, dispute or reply."}
    )
    members = ma.fields.List(
        ma.fields.String(validate=OneOf(_REDACTABLE)),
        required=True,
        validate=Length(1, len(_REDACTABLE)),
        metadata={"description": "The names of the members whose content to remove."},
    )
    reason = Text(2000, required=True, metadata={"description": "The public reason for the removal."})


class RedactionOut(Answer):
    """The removal of content for legal reasons."""

    id = shown.identifier("The redaction's id.")
    subject = shown.identifier("The id of the object whose content was removed.")
    members = shown.texts("The names of the members whose content was removed.")
    reason = shown.text("The reason for the removal.")
    recorded_at = shown.instant("When it was removed.")
