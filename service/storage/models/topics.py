"""Renames of topics."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.storage.models.columns import TOPIC
from service.values.ids import new_id


class TopicRename(Base):
    """A rename of a topic and all topics below it. The versions of claims that it replaced refer to it."""

    __tablename__ = "topic_rename"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(TOPIC)
    """The topic that was renamed."""
    into: Mapped[str] = mapped_column(TOPIC)
    claims: Mapped[int]
    """The number of claims that the rename moved."""
    context: Mapped[int]
    """The number of the newest context before the rename; 0 without one. Later contexts use the new names."""
    renamed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    undone_at: Mapped[dt.datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
