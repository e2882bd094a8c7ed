"""The outbox of the worker."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.values.ids import new_id


class Outbox(Base):
    """A task that a transaction queues for the worker, which runs it at least once."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.String(32))
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[dt.datetime]
