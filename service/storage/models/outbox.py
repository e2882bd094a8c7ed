"""The outbox: tasks that transactions queue for the worker."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.values.ids import new_id


class Invalidation(TypedDict):
    """The payload of a task that invalidates cached scores."""

    outlets: list[str] | None
    """The slugs of the outlets; None for all."""


class Outbox(Base):
    """A task that a transaction queues for the worker, which runs it at least once."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.String(32))
    payload: Mapped[Invalidation] = mapped_column(sa.JSON)
    recorded_at: Mapped[dt.datetime]
