"""The ranking as people read it: in groups that can be told apart, with trends, and who has too few claims for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.context import Context
from service.methods.tally import add_up, difference, tally
from service.outlets.sums import having_resolved
from service.outlets.track_record import Lens, OutletRecord, read_records
from service.scores.contexts import context_of
from service.scores.contributions import Scored, grow, month_ends, read_scored_of
from service.scores.describe import describe_score
from service.storage.db import Database
from service.storage.models import Claim, Outlet, Resolution
from service.values.instants import format_instant
from service.values.vocabulary import OutletKind, Role

WAITING = 50
"""How many of those with too few claims are shown."""
_YEAR = dt.timedelta(days=365)
_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Table:
    """A part of the ranking."""

    groups: list[dict[str, Any]]
    """Each with its `number`, the `leader` and `rows`; a row has `place`, `slug`, `name`, `kind`, `score`, `trend`."""
    ranked: int
    """How many are ranked in all."""
    waiting: list[dict[str, Any]]
    """Of those with too few claims the ones with the most, each with `slug`, `name`, `kind` and `counts`."""
    unranked: int
    """How many have too few claims in all."""
    changes_at: dt.datetime | None
    """When it changes by the passing of time alone."""


def rank_outlets(
    db: Database,
    *,
    lens: Lens,
    kind: OutletKind | None,
    min_resolved: int,
    start: int,
    limit: int,
    now: dt.datetime,
) -> Table:
    """The outlets by the lower bound of their scores, the highest first, in groups.

    A group is led by its first outlet, and holds those whose intervals overlap with the leader's.

    Args:
        db: The database.
        lens: How to look at the records.
        kind: Only outlets of this kind; None for all.
        min_resolved: From how many resolved claims an outlet is ranked.
        start: How many to leave out at the top.
        limit: How many to show.
        now: The moment of the call.

    Raises:
        InvalidQuery: A moment lies ahead.
    """
    lens.refuse_future(now)
    with db.read() as session:
        chosen = sa.and_(having_resolved(session, 0), *([] if kind is None else [Outlet.kind == kind]))
        context = context_of(session, lens.recorded_by)
        known = {row.slug: row for row in session.execute(sa.select(Outlet.id, *_NAMED).where(chosen))}
        records = {record.slug: record for record in read_records(session, chosen, lens, now=now)}
        counts = {slug: _resolved(record) for slug, record in records.items()}
        ranked = [describe_score(records[s], context, lens, now=now) for s in counts if counts[s] >= min_resolved]
        ranked.sort(key=_place)
        rows = list(_numbered(ranked))[start : start + limit]
        few = sorted((slug for slug in counts if counts[slug] < min_resolved), key=lambda slug: (-counts[slug], slug))
        trends = _trends(session, {row["slug"]: known[row["slug"]].id for row in rows}, records, context, lens, now=now)
    for row in rows:
        row |= {**_named(known[row["slug"]]), "trend": trends[row["slug"]]}
    changes = [record.changes_at for record in records.values() if record.changes_at is not None]
    return Table(
        groups=_grouped(rows, known),
        ranked=len(ranked),
        waiting=[_named(known[slug]) | {"counts": _counts(records[slug])} for slug in few[:WAITING]],
        unranked=len(few),
        changes_at=min(changes, default=None),
    )


def _grouped(rows: list[dict[str, Any]], known: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"number": number, "leader": _named(known[leader]), "rows": list(of_group)}
        for (number, leader), of_group in groupby(rows, key=lambda row: (row["group"], row["leader"]))
    ]


_NAMED = (Outlet.slug, Outlet.name, Outlet.kind)


def _named(row: Any) -> dict[str, Any]:
    return {"slug": row.slug, "name": row.name, "kind": row.kind}


def _resolved(record: OutletRecord) -> int:
    return tally(record.parts, Role.OWN, scorable=record.scorable).resolved


def _counts(record: OutletRecord) -> dict[str, int]:
    own = tally(record.parts, Role.OWN, scorable=record.scorable)
    return {"claims": own.total.claims, "resolved": own.resolved}


def _place(score: dict[str, Any]) -> tuple[float, str]:
    return -score["reliability"]["lower"], score["outlet"]


def _numbered(ranked: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each with its place, and the number of its group."""
    group, leader = 0, None
    for place, score in enumerate(ranked, 1):
        if leader is None or score["reliability"]["upper"] < leader["reliability"]["lower"]:
            group, leader = group + 1, score
        yield {"place": place, "group": group, "leader": leader["outlet"], "slug": score["outlet"], "score": score}


def _trends(
    session: Session,
    ids: dict[str, UUID],
    records: dict[str, OutletRecord],
    context: Context,
    lens: Lens,
    *,
    now: dt.datetime,
) -> dict[str, list[dict[str, Any]]]:
    """The estimates at the ends of the last twelve months and now; what was known earlier is not looked at again."""
    last = lens.moment(now)
    first = last - min(_YEAR, last - _EARLIEST)  # the calendar has no year before the first
    moments = [*month_ends(first, last), last]
    began = sa.or_(Resolution.known_at > first, Claim.resolves_by > first)
    scored = read_scored_of(session, ids.values(), lens, began, now=now)
    return {slug: _trend(records[slug], scored[outlet_id], moments, context, lens) for slug, outlet_id in ids.items()}


def _trend(
    record: OutletRecord, recent: list[Scored], moments: list[dt.datetime], context: Context, lens: Lens
) -> list[dict[str, Any]]:
    before = difference(record.parts, add_up((one.slot, one.amounts) for one in recent))
    points: list[dict[str, Any]] = []
    mean: float | None = None
    for moment, parts in grow(before, recent, moments, lens.basis):
        if parts is not None:
            held = replace(record, parts=parts)
            found = tally(held.parts, Role.OWN, scorable=True).reliability(context, topic=lens.topic, level=lens.level)
            mean = None if found is None else found.mean
        points.append({"as_of": format_instant(moment), "mean": mean})
    return points
