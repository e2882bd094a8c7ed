"""What is said against resolutions, and what outlets answer: it counts for nothing, and stands beside its subject."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.db import Base
from service.storage.models.claims import Resolution
from service.storage.models.outlets import Outlet
from service.storage.models.words import Redacted
from service.values.ids import new_id

_OPEN = sa.text("closed_at IS NULL")
_GENERAL = sa.text("claim_id IS NULL AND withdrawn_at IS NULL")


class Dispute(Base):
    """Says that a resolution is wrong, and why; open until a reason or another resolution closes it."""

    __tablename__ = "dispute"
    # Those that are open are few, and every score asks for them; of one key and resolution there is one at most.
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
    recorded_at: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    closing_reason: Mapped[str | None] = mapped_column(sa.Text)
    closing_resolution_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("resolution.id"))
    """What superseded the disputed resolution, where that closed it."""
    redacted: Mapped[Redacted]

    resolution: Mapped[Resolution] = relationship(foreign_keys=[resolution_id], lazy="raise", back_populates="disputes")


class Reply(Base):
    """What an outlet answers: to its record as a whole, or to one claim that it reported."""

    __tablename__ = "reply"
    __table_args__ = (
        sa.Index(None, "outlet_id", "id"),
        sa.Index("ix_reply_general", "outlet_id", sqlite_where=_GENERAL, postgresql_where=_GENERAL),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"))
    claim_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("claim.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    url: Mapped[str | None] = mapped_column(sa.Text)
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    """Whose key vouches that the outlet said so."""
    recorded_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    withdrawal_reason: Mapped[str | None] = mapped_column(sa.Text)
    redacted: Mapped[Redacted]

    outlet: Mapped[Outlet] = relationship(lazy="raise")
