"""SQL conditions that several areas share."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from service.storage.models import Claim, Dispute, Outlet, Reply, Report, Resolution, Withdrawal
from service.values.vocabulary import Stance

_OTHER = aliased(Resolution)  # created once, because creating an alias takes longer than the rest of a statement
_FILER = aliased(Outlet)


def is_among(
    session: Session, column: InstrumentedAttribute[Any] | sa.ColumnElement[Any], values: Iterable[str] | Iterable[UUID]
) -> sa.ColumnElement[bool]:
    """Return the condition that a column or expression has one of the given values.

    Unlike with IN, the values are sent as one parameter: psycopg needs half a second to send a query with ten thousand
    parameters, and SQLite rejects forty thousand. PostgreSQL sees the values while planning and uses an index or a hash
    table, even with outdated statistics. A subquery might instead be joined row by row.
    """
    if session.get_bind().dialect.name == "postgresql":
        return column == sa.any_(sa.literal([*values], sa.ARRAY(column.type)))
    return _is_in_json(column, json.dumps([value.hex if isinstance(value, UUID) else value for value in values]))


def is_among_parameter(
    dialect: str, column: InstrumentedAttribute[Any] | sa.ColumnElement[Any], name: str
) -> sa.ColumnElement[bool]:
    """Return the condition of `is_among` with a named parameter, for a statement that is built only once."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))
    return _is_in_json(column, sa.bindparam(name, type_=sa.JSON))


def _is_in_json(
    column: InstrumentedAttribute[Any] | sa.ColumnElement[Any], listed: str | sa.BindParameter[str]
) -> sa.ColumnElement[bool]:
    rows = sa.func.json_each(listed).table_valued("value")
    return column.in_(sa.select(rows.c.value))


def in_topic(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], topic: str
) -> sa.ColumnElement[bool]:
    """Return the condition that a column holds a topic or one below it (R21b), as one range of an index."""
    # Sorted by bytes, "a0" follows all texts that begin with "a/". Few others lie in between, such as "a-b".
    return sa.and_(column >= topic, column < f"{topic}0", sa.or_(column == topic, column >= f"{topic}/"))


def by_bytes(session: Session, column: InstrumentedAttribute[str] | sa.Column[str]) -> sa.ColumnElement[str]:
    """Return a column to sort by bytes, which gives the same order on both databases."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return sa.collate(column, "C" if is_postgresql else "BINARY")


def stands(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a resolution and that its newest one meets a condition."""
    # This is one index lookup per claim. PostgreSQL may turn EXISTS into a join, which with outdated statistics
    # compares every claim with every resolution.
    return sa.func.coalesce(_newest(condition), sa.false())


def newest_id(moment: dt.datetime | None, *conditions: sa.ColumnExpressionArgument[bool]) -> sa.ScalarSelect[UUID]:
    """Return the id of the newest of a claim's resolutions that meet the conditions.

    Args:
        moment: A past moment, to ignore later resolutions; None for all.
        conditions: Further conditions on the resolution.
    """
    return _newest(Resolution.id, *conditions, *([] if moment is None else [Resolution.recorded_at <= moment]))


def _newest(column: Any, *conditions: sa.ColumnExpressionArgument[bool]) -> sa.ScalarSelect[Any]:
    rows = sa.select(column).select_from(Resolution).where(Resolution.claim_id == Claim.id, *conditions)
    return rows.order_by(Resolution.position.desc()).limit(1).correlate(Claim).scalar_subquery()


def is_newest() -> sa.ColumnElement[bool]:
    """Return the condition that a resolution is the newest of its claim."""
    last = sa.select(sa.func.max(_OTHER.position)).where(_OTHER.claim_id == Resolution.claim_id)
    return Resolution.position == last.correlate(Resolution).scalar_subquery()


def is_open(moment: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that a dispute is open, or was open at a past moment."""
    if moment is None:
        return Dispute.closed_at.is_(None)
    return sa.and_(Dispute.recorded_at <= moment, sa.or_(Dispute.closed_at.is_(None), Dispute.closed_at > moment))


def disputed_claims(moment: dt.datetime | None = None) -> sa.Select[UUID]:
    """Select the ids of the claims with an open dispute, which is always about the resolution in effect."""
    return sa.select(Resolution.claim_id).join(Dispute, Dispute.resolution_id == Resolution.id).where(is_open(moment))


def general_replies(filing: sa.ColumnElement[bool], moment: dt.datetime | None = None) -> sa.Select[UUID, Reply]:
    """Select replies to whole records, oldest first, each with the id of the outlet of that record.

    Args:
        filing: A condition on `Reply.outlet_id` that selects the outlets.
        moment: A past moment, to select the replies at that time; None for the current ones.
    """
    rows = sa.select(counts_as(_FILER), Reply).join_from(Reply, _FILER, _FILER.id == Reply.outlet_id)
    return rows.where(filing, is_general(moment)).order_by(Reply.id)


def is_general(moment: dt.datetime | None) -> sa.ColumnElement[bool]:
    """Return the condition that a reply concerns a whole record and is not withdrawn, now or at a moment."""
    if moment is None:
        return sa.and_(Reply.claim_id.is_(None), Reply.withdrawn_at.is_(None))
    withdrawn_later = sa.or_(Reply.withdrawn_at.is_(None), Reply.withdrawn_at > moment)
    return sa.and_(Reply.claim_id.is_(None), Reply.recorded_at <= moment, withdrawn_later)


def is_counted(moment: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that a report takes a side and is not withdrawn, now or at a past moment (R15)."""
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id)
    sided = Report.stance.in_([stance for stance in Stance if stance.takes_side])
    if moment is None:
        return sided & ~withdrawn
    return sided & (Report.recorded_at <= moment) & ~withdrawn.where(Withdrawal.recorded_at <= moment)


def is_reported() -> sa.ColumnElement[bool]:
    """Return the condition that a claim has a report that takes a side and is not withdrawn (R15)."""
    counted = sa.select(Report.id).where(Report.claim_id == Claim.id, is_counted()).limit(1)
    return counted.correlate(Claim).scalar_subquery().is_not(None)


def counts_as(row: type[Outlet | Claim]) -> sa.ColumnElement[UUID]:
    """Return the id that an outlet or claim counts as: its own, or that of its merge target (R22, R22a)."""
    return sa.func.coalesce(row.merged_into_id, row.id)


def merged_with(outlet: Outlet) -> sa.CompoundSelect[UUID]:
    """Select the ids of the outlets merged into an outlet, and its own id unless it is merged itself."""
    own = sa.select(Outlet.id).where(Outlet.id == outlet.id, Outlet.merged_into_id.is_(None))
    return own.union_all(sa.select(Outlet.id).where(Outlet.merged_into_id == outlet.id))
