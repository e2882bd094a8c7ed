"""Outlets in requests and responses."""

from __future__ import annotations

from collections.abc import Mapping

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas import shown
from service.schemas.fields import Answer, Body, Data, Flag, PageQuery, Text, one_of
from service.schemas.moments import published_moment
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH
from service.values.vocabulary import OutletKind

_NAME = {"description": "The name by which readers know the outlet."}
_DOMAINS = {
    "description": "The hosts at which the outlet publishes, each with an optional path, such as `bild.de` or "
    "`bild.de/sport`. An object adds the period for which the outlet has the domain. A domain belongs to "
    "only one outlet at a time."
}
_ALIASES = {"description": "Other names of the outlet."}
_PARENT = {"description": "The slug or id of the outlet or organisation that owns this one."}
_SCORABLE = {"description": "Whether the outlet gets a score; false for placeholders, such as an unknown publisher."}


class DatedDomain(Body):
    """A domain that an outlet has for a limited time."""

    domain = Text(
        DOMAIN_LENGTH, required=True, metadata={"description": "The host, with an optional path, such as `bild.de`."}
    )
    starts_at = published_moment(
        "The first moment at which the outlet has the domain; null for always.", load_default=None, allow_none=True
    )
    ends_at = published_moment(
        "The first moment at which the outlet no longer has the domain; null for never.",
        load_default=None,
        allow_none=True,
    )
    starts_at.data_key, ends_at.data_key = "from", "to"


class DatedDomainOut(Answer):
    """A domain that an outlet has for a limited time."""

    domain = shown.text("The host, with an optional path, in normal form.")
    starts_at = shown.instant("The first moment at which the outlet has the domain; null for always.", allow_none=True)
    ends_at = shown.instant(
        "The first moment at which the outlet no longer has the domain; null for never.", allow_none=True
    )
    starts_at.data_key, ends_at.data_key = "from", "to"


_DOMAIN, _DATED_DOMAIN = Text(DOMAIN_LENGTH), DatedDomain()  # created once, not for each domain of a file


class DomainReference(ma.fields.Field[object]):
    """A domain: a host with an optional path, or an object that adds a period."""

    def __init__(self, schema: type[ma.Schema]) -> None:
        alternatives = [{"type": "string", "minLength": 1}, {"$ref": f"#/components/schemas/{schema.__name__}"}]
        super().__init__(metadata={"oneOf": alternatives})

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> object:
        if isinstance(value, Mapping):
            return _DATED_DOMAIN.load(value)
        return _DOMAIN.deserialize(value, attr, data, **kwargs)


class OutletIn(Body):
    """An outlet to record."""

    name = Text(NAME_LENGTH, required=True, metadata=_NAME)
    slug = Text(
        SLUG_LENGTH,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The short name for use in paths: lower-case ASCII letters, digits and single hyphens. "
            "If left out, it is derived from the name."
        },
    )
    kind = one_of(OutletKind, "The kind of publisher.", load_default=OutletKind.WEBSITE)
    domains = ma.fields.List(
        DomainReference(DatedDomain),
        load_default=None,
        allow_none=False,
        validate=Length(max=100),
        metadata={"description": f"{_DOMAINS['description']} The default is the name, if it is a host."},
    )
    aliases = ma.fields.List(Text(NAME_LENGTH), load_default=list, validate=Length(max=100), metadata=_ALIASES)
    parent = Text(SLUG_LENGTH, load_default=None, allow_none=True, metadata=_PARENT)
    scorable = Flag(load_default=True, metadata=_SCORABLE)


class OutletPatch(Body):
    """The members of an outlet to change (a JSON merge patch, RFC 7396).

    Members that are left out do not change. Send null to remove the parent, and `[]` to remove all domains or
    aliases.
    """

    name = Text(NAME_LENGTH, metadata=_NAME)
    kind = one_of(OutletKind, "The kind of publisher.")
    domains = ma.fields.List(DomainReference(DatedDomain), validate=Length(max=100), metadata=_DOMAINS)
    aliases = ma.fields.List(Text(NAME_LENGTH), validate=Length(max=100), metadata=_ALIASES)
    parent = Text(SLUG_LENGTH, allow_none=True, metadata=_PARENT)
    scorable = Flag(metadata=_SCORABLE)


class OutletOut(Answer):
    """An outlet: a publisher whose reports are recorded."""

    id = shown.identifier("The outlet's id.")
    slug = shown.text("The outlet's short name, used in paths and in other objects.")
    name = shown.text("The name by which readers know the outlet.")
    kind = shown.choice(OutletKind, "The kind of publisher.")
    domains = ma.fields.List(
        DomainReference(DatedDomainOut),
        required=True,
        metadata={
            "description": "The hosts at which the outlet publishes, each with an optional path, in normal form. "
            "Each is a string or, if the outlet has it for a limited time, an object as in requests."
        },
    )
    aliases = shown.texts("Other names of the outlet.")
    parent = shown.text("The slug of the outlet that owns this one; null if none does.", allow_none=True)
    scorable = shown.flag("Whether the outlet gets a score.")
    recorded_at = shown.recorded_at()


class OutletQuery(PageQuery):
    """Filter and paging parameters for the list of outlets."""

    q = Text(
        NAME_LENGTH,
        metadata={
            "description": "Only outlets with this text in their name, an alias or the slug. Case is ignored, and "
            "so are accents in a name from which the slug was derived."
        },
    )
    kind = one_of(OutletKind, "Only outlets of this kind.")
    parent = Text(SLUG_LENGTH, metadata={"description": "Only outlets owned by the outlet with this slug or id."})


OutletPage = shown.page_of("OutletPage", OutletOut, "outlets")
