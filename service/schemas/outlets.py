"""Outlets over the wire."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.identity import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH
from service.schemas.fields import Answer, Body, Flag, Instant, PageQuery, Text, one_of, page_shape
from service.vocabulary import OutletKind


class OutletIn(Body):
    name = Text(NAME_LENGTH, required=True)
    slug = Text(SLUG_LENGTH, load_default=None, allow_none=True)
    kind = one_of(OutletKind, load_default=OutletKind.WEBSITE)
    domains = ma.fields.List(Text(DOMAIN_LENGTH), load_default=list, validate=Length(max=100))
    aliases = ma.fields.List(Text(NAME_LENGTH), load_default=list, validate=Length(max=100))
    parent = Text(SLUG_LENGTH, load_default=None, allow_none=True)
    scorable = Flag(load_default=True)


class OutletPatch(Body):
    """A merge patch (RFC 7396): the members that change; null for no parent, [] for no domains or aliases."""

    name = Text(NAME_LENGTH)
    kind = one_of(OutletKind)
    domains = ma.fields.List(Text(DOMAIN_LENGTH), validate=Length(max=100))
    aliases = ma.fields.List(Text(NAME_LENGTH), validate=Length(max=100))
    parent = Text(SLUG_LENGTH, allow_none=True)
    scorable = Flag()


class OutletOut(Answer):
    id = ma.fields.UUID(required=True)
    slug = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    kind = one_of(OutletKind, required=True)
    domains = ma.fields.List(ma.fields.String(), required=True)
    aliases = ma.fields.List(ma.fields.String(), required=True)
    parent = ma.fields.String(required=True, allow_none=True)
    scorable = ma.fields.Boolean(required=True)
    recorded_at = Instant(required=True)


class MergeIn(Body):
    into = Text(SLUG_LENGTH, required=True)


class MergeOut(Answer):
    outlet = ma.fields.String(required=True)
    into = ma.fields.String(required=True)
    merged_at = Instant(required=True)


class OutletQuery(PageQuery):
    q = Text(NAME_LENGTH)
    kind = one_of(OutletKind)
    parent = Text(SLUG_LENGTH)


OutletPage = page_shape("OutletPage", OutletOut)
