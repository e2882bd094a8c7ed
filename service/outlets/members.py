"""Check the slug, domains, parent and aliases that a client sent, and convert them to rows."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import FieldError, InvalidBody, SlugTaken
from service.outlets.domains import Domain, GivenDomain, read_domains
from service.outlets.find import find_outlet
from service.outlets.nearest import unknown_slug
from service.storage.facts import surviving_outlet
from service.storage.models import Outlet, OutletAlias
from service.values.ids import RESERVED_SLUGS, SLUG_LENGTH, is_slug
from service.values.names import name_key, shown_name


def normalise_domains(slug: str | None, given: Sequence[GivenDomain]) -> list[Domain]:
    """Check the slug of an outlet if one is sent, and return its domains in normal form.

    Raises:
        InvalidBody: A domain or the slug is malformed.
    """
    domains, errors = read_domains(given)
    if slug is not None and (not is_slug(slug) or slug in RESERVED_SLUGS):
        detail = (
            f"A slug is lower-case words joined by hyphens, at most {SLUG_LENGTH} characters, not an id and not a "
            "reserved word."
        )
        errors.insert(0, FieldError(pointer="/slug", detail=detail, code="invalid"))
    if errors:
        raise InvalidBody(
            "You sent an outlet with a malformed slug or domain. Correct the members that `errors` lists.",
            errors=errors,
        )
    return domains


def parent_named(session: Session, reference: str) -> Outlet:
    """Return the outlet that a client named as a parent, or the one that it was merged into.

    Raises:
        InvalidBody: No outlet has this slug or id.
    """
    if (parent := find_outlet(session, reference)) is None:
        raise InvalidBody.at("/parent", unknown_slug(session, reference), "unknown-outlet")
    return surviving_outlet(parent)


def check_free(session: Session, slug: str) -> str:
    """Check that no outlet has a slug, and return it."""
    if session.scalar(sa.select(sa.exists().where(Outlet.slug == slug))):
        raise SlugTaken(
            f"You sent the slug {slug!r}, which another outlet has. Send another slug, or none to derive it from the "
            "name."
        )
    return slug


def alias_rows(names: Sequence[str]) -> list[OutletAlias]:
    """Return the rows of the aliases of an outlet."""
    return [
        OutletAlias(position=position, name=shown_name(name), name_key=name_key(name))
        for position, name in enumerate(names)
    ]
