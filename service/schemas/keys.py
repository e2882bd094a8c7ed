"""API keys in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.schemas import shown
from service.schemas.fields import Answer, Body, Text, one_of
from service.schemas.moments import moment
from service.values.ids import NAME_LENGTH
from service.values.vocabulary import Scope

_DAY = 24 * 60 * 60
_NAME = {"description": "A name by which people recognise the key."}
_SCOPE = "One permission of the key."


class KeyIn(Body):
    """An API key to create."""

    name = Text(NAME_LENGTH, required=True, metadata=_NAME)
    scopes = ma.fields.List(
        one_of(Scope, _SCOPE),
        required=True,
        validate=Length(1, len(Scope)),
        metadata={"description": "The permissions of the key."},
    )
    expires_at = moment(
        "When the key stops working, in the future; null if it does not expire.", load_default=None, allow_none=True
    )


class KeyPatch(Body):
    """The members of an API key to change (a JSON merge patch, RFC 7396).

    Members that are left out do not change.
    """

    name = Text(NAME_LENGTH, metadata=_NAME)
    expires_at = moment("When the key stops working, in the future; null if it does not expire.", allow_none=True)


class RotationIn(Body):
    """The replacement of an API key's secret."""

    overlap = ma.fields.Integer(
        strict=True,
        load_default=_DAY,
        validate=Range(0, 90 * _DAY),
        metadata={"description": "The number of seconds for which the previous secret keeps working."},
    )


class KeyOut(Answer):
    """An API key, without its secret."""

    id = shown.identifier("The key's id.")
    name = shown.text("A name by which people recognise the key.")
    scopes = ma.fields.List(
        one_of(Scope, _SCOPE), required=True, metadata={"description": "The permissions of the key."}
    )
    recorded_at = shown.instant("When the key was created.")
    expires_at = shown.instant("When the key stops working; null if it does not expire.", allow_none=True)
    last_used_at = shown.instant(
        "When the key was last used, accurate to about an hour; null if never.", allow_none=True
    )
    revoked_at = shown.instant("When the key was revoked; null if it was not.", allow_none=True)


class MeOut(Answer):
    """The API key with which the request was sent."""

    id = shown.identifier("The key's id.")
    name = shown.text("A name by which people recognise the key.")
    scopes = ma.fields.List(
        one_of(Scope, _SCOPE), required=True, metadata={"description": "The permissions of the key."}
    )
    expires_at = shown.instant("When the key stops working; null if it does not expire.", allow_none=True)


class NewKeyOut(KeyOut):
    """An API key with its secret, which is returned only once."""

    secret = ma.fields.String(
        metadata={
            "description": "The secret to send as `Authorization: Bearer`. It is returned once, is not stored, and is "
            "missing when the response is replayed for an `Idempotency-Key`."
        }
    )


KeyPage = shown.page_of("KeyPage", KeyOut, "API keys")
