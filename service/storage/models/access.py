"""Who may call, and what a call was answered."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.db import Base
from service.values.ids import NAME_LENGTH, new_id


class ApiKey(Base):
    """A key that may call the API; of its secret only a hash is kept."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    handle: Mapped[str] = mapped_column(sa.String(16), index=True)
    """The start of the hash: enough to find the row, too little to be the secret's check."""
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[list[str]]
    recorded_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    """To the hour."""
    revoked_at: Mapped[dt.datetime | None]


class FormerSecret(Base):
    """The secret that a key had until it was given another one, and that opens as much for a while yet."""

    __tablename__ = "former_secret"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    handle: Mapped[str] = mapped_column(sa.String(16), index=True)
    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"))
    ends_at: Mapped[dt.datetime]


class KeptAnswer(Base):
    """What a call with an Idempotency-Key was answered, so that it can be answered the same again."""

    __tablename__ = "kept_answer"

    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    """Method, path and body of the request, hashed."""
    status: Mapped[int] = mapped_column(default=0)
    """0 only until its own transaction ends."""
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(default=b"")
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)
