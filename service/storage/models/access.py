"""API keys, and stored responses to calls with an Idempotency-Key."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.values.ids import NAME_LENGTH, new_id


class ApiKey(Base):
    """An API key. Only a hash of its secret is stored."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    handle: Mapped[str] = mapped_column(sa.String(16), index=True)
    """The first characters of the hash, to find the row without comparing the whole hash in SQL."""
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[list[str]]
    recorded_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    """The time of the last use, updated at most once an hour."""
    revoked_at: Mapped[dt.datetime | None]


class FormerSecret(Base):
    """The previous secret of a rotated key, which stays valid until `ends_at`."""

    __tablename__ = "former_secret"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    handle: Mapped[str] = mapped_column(sa.String(16), index=True)
    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"))
    ends_at: Mapped[dt.datetime]


class StoredResponse(Base):
    """The response to a call with an Idempotency-Key, returned again when the call is retried."""

    __tablename__ = "kept_answer"

    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    """The hash of the method, path and body of the request."""
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    body: Mapped[bytes]
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)
