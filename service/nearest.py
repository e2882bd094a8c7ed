"""Which outlets a slug that is not on record may have meant: a few looks into indexes, however many there are."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from itertools import chain
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import is_among
from service.identity import name_key, parse_id, slug_of
from service.models import Outlet, OutletAlias

_SHOWN = 3
_NEIGHBOURS = 50
_LIKENESS = 0.7  # difflib's ratio; below it two short slugs have little in common
_LONGEST = 40  # characters of a slug whose misspellings, 74 for each character, are looked up
_LETTERS = string.ascii_lowercase + string.digits + "-"


def unknown_slug(session: Session, reference: str) -> str:
    """The sentence for a slug or id that is not on record, with the slugs nearest to it."""
    near = nearest_slugs(session, reference)
    return f"No outlet {reference!r} is on record{'; nearest: ' if near else ''}{', '.join(near)}."


def nearest_slugs(session: Session, reference: str) -> list[str]:
    """At most three slugs on record that may have been meant, the nearest first; none for an id, or what no text is.

    They are the slugs of an outlet with this name or alias, and the most alike among those one slip of the
    keyboard away and the next ones in the alphabet.
    """
    meant = slug_of(reference)
    # PostgreSQL takes no NUL, which can stand in a path.
    if not meant or not reference.isprintable() or parse_id(reference) is not None:
        return []
    named = session.scalars(_slugs_named(reference)).all()
    candidates = chain.from_iterable(session.scalars(rows) for rows in _alike(session, meant))
    alike = get_close_matches(meant, sorted(set(candidates)), n=_SHOWN, cutoff=_LIKENESS)
    return list(dict.fromkeys([*named, *alike]))[:_SHOWN]


def ids_named(key: str) -> sa.CompoundSelect[UUID]:
    """The outlets with this key of a name or an alias."""
    # A union, because PostgreSQL reads the whole table for an OR over two tables.
    names = sa.select(Outlet.id).where(Outlet.name_key == key)
    return names.union(sa.select(OutletAlias.outlet_id).where(OutletAlias.name_key == key))


def outlets_named(session: Session, keys: Collection[str]) -> dict[str, list[Outlet]]:
    """The outlets with each of these keys of a name or an alias, for those that some have."""
    names = sa.select(Outlet.name_key, Outlet.id).where(is_among(session, Outlet.name_key, keys))
    aliases = sa.select(OutletAlias.name_key, OutletAlias.outlet_id)
    named = names.union(aliases.where(is_among(session, OutletAlias.name_key, keys))).subquery()
    found: dict[str, list[Outlet]] = {}
    for key, outlet in session.execute(sa.select(named.c.name_key, Outlet).join(named, named.c.id == Outlet.id)):
        found.setdefault(key, []).append(outlet)
    return found


def meant(key: str, outlets: Collection[Outlet]) -> Outlet | None:
    """Which of the outlets with this key is meant: the one so named, and not merged; None when several are (R22)."""
    if len({outlet.surviving.id for outlet in outlets}) != 1:
        return None
    return min(outlets, key=lambda outlet: (outlet.name_key != key, outlet.merged_into is not None, outlet.slug))


def _slugs_named(name: str) -> sa.Select[str]:
    rows = sa.select(Outlet.slug).where(Outlet.id.in_(ids_named(name_key(name))))
    return rows.order_by(Outlet.slug).limit(_SHOWN)


def _alike(session: Session, slug: str) -> Iterator[sa.Select[str]]:
    rows = sa.select(Outlet.slug)
    yield rows.where(Outlet.slug >= slug).order_by(Outlet.slug).limit(_NEIGHBOURS)
    yield rows.where(Outlet.slug < slug).order_by(Outlet.slug.desc()).limit(_NEIGHBOURS)
    if len(slug) <= _LONGEST:
        yield rows.where(is_among(session, Outlet.slug, _slips(slug)))


def _slips(slug: str) -> Iterable[str]:
    """What one slip makes of a slug: a character too many, too few, a wrong one, or two that changed places."""
    for at in range(len(slug) + 1):
        before, after = slug[:at], slug[at:]
        yield from (before + letter + after for letter in _LETTERS)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _LETTERS)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
