"""Merges of claims, and pairs of claims that an editor found to be different."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.values.ids import new_id

_IN_EFFECT = sa.text("undone_at IS NULL")


class MovedRows(TypedDict):
    """The ids of the rows that a merge moved to the other claim."""

    reports: list[str]
    resolutions: list[str]
    replies: list[str]


class ClaimMerge(Base):
    """A merge of a claim into another one. Undoing it moves the same rows back (R22a)."""

    __tablename__ = "claim_merge"
    __table_args__ = (
        sa.Index(
            "ix_claim_merge_in_effect", "claim_id", unique=True, sqlite_where=_IN_EFFECT, postgresql_where=_IN_EFFECT
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    into_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), index=True)
    moved: Mapped[MovedRows] = mapped_column(sa.JSON)
    merged_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    undone_at: Mapped[dt.datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))


class DistinctClaims(Base):
    """Two claims that an editor found to be different, so they are not suggested for a merge again."""

    __tablename__ = "distinct_claims"

    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), primary_key=True)
    """The claim with the lower id."""
    other_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), primary_key=True, index=True)
    decided_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
