"""Suggest the known slugs nearest to an unknown one, with a few index lookups."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Outlet, OutletAlias
from service.storage.predicates import is_among
from service.values.ids import parse_id
from service.values.names import name_key, slug_of

_SHOWN = 3
_NEIGHBOURS = 50
_MIN_SIMILARITY = 0.7  # difflib's ratio; below it two short slugs have little in common
_LONGEST = 40  # characters of a slug whose misspellings are looked up, about 74 per character
_LETTERS = string.ascii_lowercase + string.digits + "-"


def unknown_slug(session: Session, reference: str) -> str:
    """Return the error detail for an unknown slug or id, with the nearest known slugs."""
    near = nearest_slugs(session, reference)
    return f"No outlet {reference!r} is on record{'; nearest: ' if near else ''}{', '.join(near)}."


def nearest_slugs(session: Session, reference: str) -> list[str]:
    """Return at most three similar known slugs, the nearest first; none for an id.

    They belong to the outlets with this name or alias, and to the most similar ones among the slugs one typing error
    away and the neighbours in the alphabet.
    """
    slug = slug_of(reference)
    if not slug or parse_id(reference) is not None:
        return []
    named = session.scalars(_slugs_named(name_key(reference))).all()
    candidates = chain.from_iterable(session.scalars(rows) for rows in _similar(session, slug))
    similar = get_close_matches(slug, sorted(set(candidates)), n=_SHOWN, cutoff=_MIN_SIMILARITY)
    return list(dict.fromkeys([*named, *similar]))[:_SHOWN]


def _slugs_named(key: str) -> sa.Select[str]:
    """Select the slugs of the outlets whose name or alias has this key."""
    # A union, because PostgreSQL scans the whole table for an OR over two tables.
    names = sa.select(Outlet.id).where(Outlet.name_key == key)
    named = names.union(sa.select(OutletAlias.outlet_id).where(OutletAlias.name_key == key))
    return sa.select(Outlet.slug).where(Outlet.id.in_(named)).order_by(Outlet.slug).limit(_SHOWN)


def _similar(session: Session, slug: str) -> Iterator[sa.Select[str]]:
    rows = sa.select(Outlet.slug)
    yield rows.where(Outlet.slug >= slug).order_by(Outlet.slug).limit(_NEIGHBOURS)
    yield rows.where(Outlet.slug < slug).order_by(Outlet.slug.desc()).limit(_NEIGHBOURS)
    if len(slug) <= _LONGEST:
        yield rows.where(is_among(session, Outlet.slug, _misspellings(slug)))


def _misspellings(slug: str) -> Iterable[str]:
    """Return a slug with one character inserted, deleted, replaced or swapped with the next."""
    for at in range(len(slug) + 1):
        before, after = slug[:at], slug[at:]
        yield from (before + letter + after for letter in _LETTERS)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _LETTERS)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
