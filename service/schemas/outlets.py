"""Outlets over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.identity import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH
from service.schemas.fields import Answer, Body, Flag, Instant, PageQuery, Text, one_of
from service.vocabulary import OutletKind


class OutletIn(Body):
    name = Text(NAME_LENGTH, required=True)
    slug = Text(SLUG_LENGTH, load_default=None, allow_none=True)
    kind = one_of(OutletKind, load_default=OutletKind.WEBSITE)
    domains = ma.fields.List(Text(DOMAIN_LENGTH), load_default=list, validate=Length(max=100))
    aliases = ma.fields.List(Text(NAME_LENGTH), load_default=list, validate=Length(max=100))
    parent = Text(SLUG_LENGTH, load_default=None, allow_none=True)
    scorable = Flag(load_default=True)


class OutletOut(Answer):
    id = ma.fields.UUID(required=True)
    slug = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    kind = one_of(OutletKind, required=True)
    domains = ma.fields.List(ma.fields.Pluck("OwnedDomain", "domain"), required=True)
    aliases = ma.fields.List(ma.fields.Pluck("AlsoNamed", "name"), required=True)
    parent = ma.fields.Pluck("ParentOutlet", "slug", required=True, allow_none=True)
    scorable = ma.fields.Boolean(required=True)
    recorded_at = Instant(required=True)


class OwnedDomain(Answer):
    domain = ma.fields.String(required=True)


class AlsoNamed(Answer):
    name = ma.fields.String(required=True)


class ParentOutlet(Answer):
    slug = ma.fields.String(required=True)


class OutletQuery(PageQuery):
    q = Text(NAME_LENGTH)
    kind = one_of(OutletKind)
    parent = Text(SLUG_LENGTH)


class OutletPage(Answer):
    items = ma.fields.List(ma.fields.Nested(OutletOut), required=True)
    next_cursor = ma.fields.String(required=True, allow_none=True)
