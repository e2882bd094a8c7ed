"""Suggest the nearest slugs for an unknown one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.outlets.search import exact_matches, words_of
from service.outlets.similar import similar_outlets, together
from service.storage.models import Outlet
from service.storage.predicates import is_among
from service.values.ids import parse_id
from service.values.names import backwards

_SUGGESTED = 3
_EXACT = exact_matches(sa.bindparam("whole", type_=sa.String), sa.bindparam("backwards", type_=sa.String))


def unknown_slug(session: Session, reference: str) -> str:
    """Return the error detail for an unknown slug or id, with the nearest known slugs."""
    near = nearest_slugs(session, reference)
    return f"No outlet {reference!r} is on record{'; nearest: ' if near else ''}{', '.join(near)}."


def nearest_slugs(session: Session, reference: str) -> list[str]:
    """Return up to three slugs of outlets with this name or alias, or similar ones; none for an id."""
    words = words_of(reference)
    if not words or parse_id(reference) is not None:
        return []
    whole = together(words[0])
    exact = session.scalars(_EXACT, {"whole": whole, "backwards": backwards(whole)}).all()
    near = dict.fromkeys(exact, 0) or similar_outlets(session, words)
    rows = sa.select(Outlet.id, Outlet.slug).where(is_among(session, Outlet.id, near))
    slugs = sorted((near[id_], slug) for id_, slug in session.execute(rows))
    return [slug for _, slug in slugs[:_SUGGESTED]]
