"""Search outlets by name, with prefixes, missing accents, words in any order and typing errors.

A search reads a few short ranges of the index of spellings, so its cost does not grow with the number of outlets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.outlets.similar import similar_outlets, together
from service.storage.db import Database
from service.storage.models import Outlet, OutletDomain, OutletSpelling, Report, Subtotal
from service.storage.predicates import counts_as, is_among
from service.values.names import SPELLING_LENGTH, backwards, plain_words
from service.values.vocabulary import OutletKind

_ARTICLES = frozenset({"the", "der", "die", "das", "le", "la", "les", "el", "il", "de", "o"})
_GENERAL = frozenset({"daily", "magazine", "media", "news", "newspaper", "online", "paper", "site", "website"})
"""General words that people add to the names of outlets; ignored if they prevent a match."""
_CANDIDATES = 1000
"""The maximum number of matches of a prefix that are considered for the results."""
_MOST_WORDS = 8
_AFTER_LETTERS = "{"  # the first character after the letters and digits of spellings

# Built once, because building a statement takes as long as running it.
_NAMED, _OTHER = aliased(Outlet), aliased(OutletSpelling)


def exact_matches(whole: sa.ColumnElement[str], backward: sa.ColumnElement[str]) -> sa.Select[UUID]:
    """Select the outlets with exactly this name or alias, given its spelling forwards and backwards."""
    of_same = _OTHER.outlet_id == OutletSpelling.outlet_id
    rows = sa.select(OutletSpelling.outlet_id).where(OutletSpelling.spelling == backward)
    return rows.where(sa.exists().where(of_same, _OTHER.spelling == whole))


@dataclass(frozen=True, slots=True)
class FoundOutlet:
    """An outlet that a search found."""

    slug: str
    name: str
    kind: OutletKind
    domain: str | None
    """Its first domain."""
    claims: int
    """The number of claims that it reported or repeated."""
    topic: str | None
    """The topic of most of these claims."""
    latest_report: dt.datetime | None
    """The time at which its report on the most recently recorded of these claims was published."""
    is_similar: bool
    """Whether only a similar name was found, because no name contains the words."""


def search_outlets(db: Database, *, q: str, limit: int) -> list[FoundOutlet]:
    """Return the outlets whose names contain the searched words, or else those with very similar names.

    An outlet with exactly this name is first. The others are sorted by their numbers of claims, but similar
    names by similarity first.
    """
    words = words_of(q)
    if not words:
        return []
    with db.read() as session:
        rows = session.execute(_described(_matches(words), limit)).all()
        if rows:
            return [FoundOutlet(*row[1:], is_similar=False) for row in rows]
        names = [word for word in words[-1] if word not in _GENERAL]
        if names and names != words[-1] and (rows := session.execute(_described(_matches([names]), limit)).all()):
            return [FoundOutlet(*row[1:], is_similar=True) for row in rows]
        near = similar_outlets(session, words)
        found = session.execute(_described(_listed(session, near), _CANDIDATES)).all()
        similar = sorted(found, key=lambda row: near.get(row[0], 0))
        return [FoundOutlet(*row[1:], is_similar=True) for row in similar[:limit]]


def words_of(text: str) -> list[list[str]]:
    """Return the words of a search in ASCII, and if they begin with an article, also those without it."""
    words = plain_words(text)[:_MOST_WORDS]
    return [words, words[1:]] if len(words) > 1 and words[0] in _ARTICLES else [words] if words else []


def _matches(alternatives: Sequence[Sequence[str]]) -> sa.Subquery:
    """Select the outlets that a search matches, each with 1 for an exact match, else 0."""
    arms: list[sa.Select[UUID, int]] = []
    for words in alternatives:
        whole = together(words)
        begins = _begins(OutletSpelling, whole)
        arms.append(sa.select(OutletSpelling.outlet_id, sa.literal(0)).where(begins).limit(_CANDIDATES))
        arms.append(exact_matches(sa.literal(whole), sa.literal(backwards(whole))).add_columns(sa.literal(1)))
        longest, *others = sorted(words, key=len, reverse=True)
        if others:
            rows = sa.select(OutletSpelling.outlet_id, sa.literal(0)).where(_begins(OutletSpelling, longest))
            for word in others:
                of_same = _OTHER.outlet_id == OutletSpelling.outlet_id
                rows = rows.where(sa.exists().where(of_same, _begins(_OTHER, word)))
            arms.append(rows.limit(_CANDIDATES))
    found = sa.union_all(*(arm.subquery().select() for arm in arms)).subquery()
    return sa.select(found.c[0].label("outlet_id"), found.c[1].label("is_exact")).subquery()


def _begins(spelling: type[OutletSpelling], text: str) -> sa.ColumnElement[bool]:
    text = text[:SPELLING_LENGTH]
    return sa.and_(spelling.spelling >= text, spelling.spelling < text + _AFTER_LETTERS)


def _described(
    matches: sa.Subquery, limit: int
) -> sa.Select[UUID, str, str, OutletKind, str | None, int, str | None, dt.datetime | None]:
    """Select the members of found outlets to show, exact matches first, then by their numbers of claims."""
    matched = sa.select(counts_as(_NAMED).label("id"), sa.func.max(matches.c.is_exact).label("is_exact"))
    matched = matched.join_from(matches, _NAMED, _NAMED.id == matches.c.outlet_id).group_by(counts_as(_NAMED))
    ids = matched.subquery()
    claims = sa.func.sum(Subtotal.claims)
    amount = sa.select(sa.func.coalesce(claims, 0)).where(Subtotal.outlet_id == Outlet.id).scalar_subquery()
    domain = sa.select(OutletDomain.domain).where(OutletDomain.outlet_id == Outlet.id).order_by(OutletDomain.position)
    topic = sa.select(Subtotal.topic).where(Subtotal.outlet_id == Outlet.id, Subtotal.topic != "")
    topic = topic.group_by(Subtotal.topic).order_by(claims.desc(), Subtotal.topic)
    # By claim, because reports have an index by outlet and claim, and the ids of claims are in the order of recording.
    latest = sa.select(Report.published_at).where(Report.outlet_id == Outlet.id).order_by(Report.claim_id.desc())
    first = (each.limit(1).scalar_subquery() for each in (domain, topic, latest))
    columns = (Outlet.id, Outlet.slug, Outlet.name, Outlet.kind, next(first), amount.label("amount"), *first)
    rows = sa.select(*columns).join_from(ids, Outlet, Outlet.id == ids.c.id)
    return rows.order_by(ids.c.is_exact.desc(), sa.desc("amount"), Outlet.slug).limit(limit)


def _listed(session: Session, outlets: Collection[UUID]) -> sa.Subquery:
    """Select outlets by id, as matches that are not exact."""
    rows = sa.select(Outlet.id.label("outlet_id"), sa.literal(0).label("is_exact"))
    return rows.where(is_among(session, Outlet.id, outlets)).subquery()
