"""Resolutions of claims, and disputes about them. Rows are never deleted."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.base import Base
from service.storage.models.columns import Redacted, enum_column
from service.values.ids import new_id
from service.values.vocabulary import Precision, Verdict, Via

_OPEN = sa.text("closed_at IS NULL")


class Resolution(Base):
    """A verdict on a claim, with its evidence. A claim's newest resolution is the one in effect (R11)."""

    __tablename__ = "resolution"
    __table_args__ = (sa.UniqueConstraint("claim_id", "position"), sa.Index(None, "known_at", "claim_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    position: Mapped[int]
    """The number of the resolution within its claim, from 1. It is unique, so no history can fork."""
    supersedes_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("resolution.id"), unique=True)
    verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict, "verdict"))
    """The verdict; None for a withdrawal, which reopens the claim."""
    truth: Mapped[float | None]
    """The degree to which the claim was true, 0..1; None for a verdict that is not scored."""
    known_at: Mapped[dt.datetime]
    known_precision: Mapped[Precision] = mapped_column(enum_column(Precision, "known_precision"))
    evidence: Mapped[list[str]]
    note: Mapped[str | None] = mapped_column(sa.Text)
    resolved_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)
    redacted: Mapped[Redacted]

    disputes: Mapped[list[Dispute]] = relationship(
        foreign_keys="Dispute.resolution_id", lazy="raise", back_populates="resolution", order_by="Dispute.id"
    )


class Dispute(Base):
    """An objection to a resolution. It is open until it is closed with a reason or by another resolution."""

    __tablename__ = "dispute"
    # Partial, because every score queries the open disputes and there are few. A key has at most one per resolution.
    __table_args__ = (
        sa.Index(
            "ix_dispute_open", "resolution_id", "filed_by", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resolution_id: Mapped[UUID] = mapped_column(sa.ForeignKey("resolution.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    evidence: Mapped[list[str]]
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    """The key that filed the dispute; None for a dispute from the public form."""
    via: Mapped[Via] = mapped_column(enum_column(Via, "via"))
    recorded_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    closing_reason: Mapped[str | None] = mapped_column(sa.Text)
    closing_resolution_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("resolution.id"))
    """The resolution that closed the dispute by superseding the disputed one."""
    redacted: Mapped[Redacted]

    resolution: Mapped[Resolution] = relationship(foreign_keys=[resolution_id], lazy="raise", back_populates="disputes")
