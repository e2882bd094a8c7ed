"""Replies of outlets. They are displayed and never scored."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.base import Base
from service.storage.models.columns import Redacted, enum_column
from service.storage.models.outlets import Outlet
from service.values.ids import new_id
from service.values.vocabulary import Via

_GENERAL = sa.text("claim_id IS NULL AND withdrawn_at IS NULL")


class Reply(Base):
    """A reply of an outlet to its whole record, or to one claim that it reported."""

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
    """The key that filed the reply on behalf of the outlet; None for a reply from the public form."""
    via: Mapped[Via] = mapped_column(enum_column(Via, "via"))
    verified: Mapped[str | None] = mapped_column(sa.Text)
    """An editor's description of the check that a reply from the public form really comes from the outlet."""
    recorded_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    withdrawal_reason: Mapped[str | None] = mapped_column(sa.Text)
    redacted: Mapped[Redacted]

    outlet: Mapped[Outlet] = relationship(lazy="raise")
