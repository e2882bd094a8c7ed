"""The addresses of all pages about outlets, claims and topics, each with the time of its last change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.storage.models import Claim, Outlet, Report, Resolution
from service.values.topics import MAX_NAMES, lineage

MOST = 50_000
"""The largest number of addresses in one sitemap (https://www.sitemaps.org/protocol.html)."""

_TOPICS = MOST - 100
"""The largest number of topics in a sitemap, which also lists the pages that always exist."""
_STREAMED = {"yield_per": 1000}


class PageAddress(NamedTuple):
    """The path of a page, and the time of its last change."""

    path: str
    changed_at: dt.datetime


def count_pages(session: Session) -> int:
    """Return an upper bound on the number of pages about outlets, claims and topics."""
    outlets, claims = (sa.select(sa.func.count(table.id)).scalar_subquery() for table in (Outlet, Claim))
    topics = sa.select(sa.func.count(sa.distinct(Claim.topic))).scalar_subquery()
    known = session.execute(sa.select(outlets, claims, topics)).one()
    return int(known[0] + known[1] + MAX_NAMES * known[2])  # every ancestor of a topic also has a page


def part_starts(session: Session, table: type[Claim | Outlet]) -> Iterator[UUID]:
    """Yield the first id of each sitemap of claims or outlets.

    Merged rows are counted too, because the query then needs only the index.
    """
    number = sa.func.row_number().over(order_by=table.id).label("number")
    rows = sa.select(table.id, number).subquery()
    yield from session.scalars(sa.select(rows.c.id).where(rows.c.number % MOST == 1).order_by(rows.c.id))


def claim_pages(session: Session, start: UUID | None) -> Iterator[PageAddress]:
    """Yield the claim pages of the sitemap that starts at an id; None starts at the first claim."""
    reported = sa.select(sa.func.max(Report.recorded_at)).where(Report.claim_id == Claim.id)
    resolved = sa.select(sa.func.max(Resolution.recorded_at)).where(Resolution.claim_id == Claim.id)
    rows = _part(Claim, start).add_columns(
        Claim.id, Claim.recorded_at, reported.scalar_subquery(), resolved.scalar_subquery()
    )
    for claim_id, *moments in session.execute(rows, execution_options=_STREAMED):
        yield PageAddress(f"/claims/{claim_id}", max(moment for moment in moments if moment))


def outlet_pages(session: Session, start: UUID | None) -> Iterator[PageAddress]:
    """Yield the outlet pages of the sitemap that starts at an id; None starts at the first outlet."""
    reported = sa.select(sa.func.max(Report.recorded_at)).where(Report.outlet_id == Outlet.id)
    resolved = (
        sa.select(sa.func.max(Resolution.recorded_at))
        .join(Report, Report.claim_id == Resolution.claim_id)
        .where(Report.outlet_id == Outlet.id)
    )
    rows = _part(Outlet, start).add_columns(
        Outlet.slug, Outlet.recorded_at, reported.scalar_subquery(), resolved.scalar_subquery()
    )
    for slug, *moments in session.execute(rows, execution_options=_STREAMED):
        yield PageAddress(f"/outlets/{slug}", max(moment for moment in moments if moment))


def topic_pages(session: Session) -> Iterator[PageAddress]:
    """Yield the topic pages, at most as many as fit into one sitemap."""
    newest = sa.func.max(Claim.recorded_at)
    rows = sa.select(Claim.topic, newest).where(Claim.topic.is_not(None), Claim.merged_into_id.is_(None))
    changed: dict[str, dt.datetime] = {}
    for topic, changed_at in session.execute(rows.group_by(Claim.topic).order_by(Claim.topic).limit(_TOPICS)):
        for path in () if topic is None else lineage(topic):
            changed[path] = max(changed_at, changed.get(path, changed_at))
    for path, changed_at in list(changed.items())[:_TOPICS]:
        yield PageAddress(f"/topics/{quote(path)}", changed_at)


def _part(table: type[Claim | Outlet], start: UUID | None) -> sa.Select[()]:
    """Select the claims or outlets of one sitemap, except the merged ones."""
    one = aliased(table)
    ids = sa.select(one.id).order_by(one.id).limit(MOST)
    part = ids if start is None else ids.where(one.id >= start)
    return sa.select().where(table.id.in_(part), table.merged_into_id.is_(None)).order_by(table.id)
