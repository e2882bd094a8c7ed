"""The ledger: an entry for each write, seals that chain the entries, and redactions."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.values.ids import new_id


class Entry(Base):
    """A write of a row, with its canonical text before and after."""

    __tablename__ = "entry"
    # Unique, so that the history of a row cannot fork: of two concurrent writers one fails here and is retried.
    __table_args__ = (sa.UniqueConstraint("row_key", "table_name", "position"), sa.Index(None, "seal", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    recorded_at: Mapped[dt.datetime]
    actor: Mapped[UUID | None]
    """The API key that wrote the row; None if it was one of our processes, which `actor_name` names."""
    actor_name: Mapped[str | None] = mapped_column(sa.String(32))
    request_id: Mapped[str | None] = mapped_column(sa.String(128))
    table_name: Mapped[str] = mapped_column(sa.String(32))
    row_key: Mapped[str] = mapped_column(sa.String(600))
    """The primary key of the row, its columns joined by spaces."""
    position: Mapped[int]
    """The number of the entry within its row, from 1. Times cannot order entries, because clocks differ."""
    before: Mapped[str | None] = mapped_column(sa.Text)
    """The canonical text of the row before the write; None for a new row."""
    after: Mapped[str | None] = mapped_column(sa.Text)
    """The canonical text of the row after the write; None for a deleted row."""
    salt: Mapped[str | None] = mapped_column(sa.String(32))
    """The salt of hashed columns; None after a redaction, so that redacted values cannot be guessed."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """The hash of all columns above except the salt."""
    seal: Mapped[int | None]
    written_in: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The transaction id, set by PostgreSQL; None on SQLite, where row numbers show the order of commits."""


class Seal(Base):
    """A link of the hash chain: a hash of some entries and of the previous seal."""

    __tablename__ = "seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous: Mapped[str | None] = mapped_column(sa.String(64))
    """The head of the previous seal; None for the first."""
    head: Mapped[str] = mapped_column(sa.String(64), unique=True)
    entries: Mapped[int]
    recorded_at: Mapped[dt.datetime]


class Redaction(Base):
    """A redaction of members of a row, with its reason."""

    __tablename__ = "redaction"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(index=True)
    members: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(sa.Text)
    redacted_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
