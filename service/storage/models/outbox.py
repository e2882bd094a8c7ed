"""What a transaction leaves behind."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.db import Base
from service.values.ids import new_id


class Outbox(Base):
    """Work that a transaction leaves behind for the worker, which does it at least once."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.String(32))
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[dt.datetime]
