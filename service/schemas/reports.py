"""Reports over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow.validate import OneOf, Range

from service.identity import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH
from service.schemas.fields import Answer, Body, Instant, Number, Text, WebAddress, one_of, page_shape
from service.schemas.redacted import RedactedOut
from service.vocabulary import Role, Stance


class NamedOutlet(Body):
    name = Text(NAME_LENGTH, required=True)
    domain = Text(DOMAIN_LENGTH, load_default=None, allow_none=True)


_NAMED, _SLUG = NamedOutlet(), Text(SLUG_LENGTH)  # made once, because a file has many of them


class OutletReference(ma.fields.Field[Any]):
    """A slug or id, or an object with a name; without it, the report's url tells."""

    def __init__(self, **kwargs: Any) -> None:
        named = {"$ref": "#/components/schemas/NamedOutlet"}
        one_of_these = [{"type": "string", "minLength": 1}, named, {"type": "null"}]
        description = "slug, id, or name; left out, the outlet on record that publishes at `url`"
        super().__init__(metadata={"oneOf": one_of_these, "description": description}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, Mapping):
            return _NAMED.load(value)
        return _SLUG.deserialize(value, attr, data, **kwargs)


class RelayIn(Body):
    outlet = Text(SLUG_LENGTH, load_default=None, allow_none=True)
    cited_as = Text(NAME_LENGTH, load_default=None, allow_none=True)


class ReportIn(Body):
    outlet = OutletReference(load_default=None, allow_none=True)
    stance = one_of(Stance, load_default=Stance.SUPPORT)
    commitment = ma.fields.Integer(strict=True, load_default=None, allow_none=True, validate=Range(1, 4))
    probability = Number(load_default=None, allow_none=True, validate=Range(0, 1))
    published_at = Instant(required=True)
    url = WebAddress(load_default=None, allow_none=True)
    quote = Text(2000, load_default=None, allow_none=True)
    relays = ma.fields.Nested(RelayIn, load_default=None, allow_none=True)


class RelayOut(Answer):
    outlet = ma.fields.String(required=True, allow_none=True)
    cited_as = ma.fields.String(required=True, allow_none=True)


class WithdrawalIn(Body):
    reason = Text(1000, required=True)


class WithdrawalOut(Answer):
    reason = ma.fields.String(required=True)
    recorded_at = Instant(required=True)


class ReportOut(Answer):
    id = ma.fields.UUID(required=True)
    claim = ma.fields.UUID(required=True)
    outlet = ma.fields.String(required=True)
    stance = one_of(Stance, required=True)
    commitment = ma.fields.Integer(required=True, allow_none=True)
    commitment_source = ma.fields.String(required=True, allow_none=True, validate=OneOf(["stated", "lexicon"]))
    probability = ma.fields.Float(required=True, allow_none=True)
    published_at = Instant(required=True)
    url = ma.fields.String(required=True, allow_none=True)
    quote = ma.fields.String(required=True, allow_none=True)
    relays = ma.fields.Nested(RelayOut, required=True, allow_none=True)
    role = one_of(Role, required=True)
    after_known = ma.fields.Boolean(required=True)
    backfilled = ma.fields.Boolean(required=True)
    withdrawn = ma.fields.Nested(WithdrawalOut, required=True, allow_none=True)
    recorded_at = Instant(required=True)
    redacted = ma.fields.List(ma.fields.Nested(RedactedOut), required=True)


ReportPage = page_shape("ReportPage", ReportOut)
