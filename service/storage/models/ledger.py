"""The ledger: what was written, by whom, sealed in a chain; and what was taken out of the record by law."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.db import Base
from service.values.ids import new_id


class Entry(Base):
    """One row that was written: what was there before, and what is there after."""

    __tablename__ = "entry"
    # A row's history has no fork: of two that write it at once, one is told so here and begins anew.
    __table_args__ = (sa.UniqueConstraint("row_key", "table_name", "position"), sa.Index(None, "seal", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    recorded_at: Mapped[dt.datetime]
    actor: Mapped[UUID | None]
    """The API key that wrote it; else `actor_name` says which of our own processes did."""
    actor_name: Mapped[str | None] = mapped_column(sa.String(32))
    request_id: Mapped[str | None] = mapped_column(sa.String(128))
    table_name: Mapped[str] = mapped_column(sa.String(32))
    row_key: Mapped[str] = mapped_column(sa.String(600))
    """The row's primary key, its parts with a space between."""
    position: Mapped[int]
    """1 for a row's first entry, then counting: clocks differ, so no moment says which came last."""
    before: Mapped[str | None] = mapped_column(sa.Text)
    """None where there was no row."""
    after: Mapped[str | None] = mapped_column(sa.Text)
    """None where the row was deleted."""
    salt: Mapped[str | None] = mapped_column(sa.String(32))
    """Hashed with what is not entered in the clear; None once that was redacted, and nobody can try what it was."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """Of everything above but the salt."""
    seal: Mapped[int | None]


class Seal(Base):
    """Some entries that are sealed together, and with everything that was sealed before."""

    __tablename__ = "seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    previous: Mapped[str | None] = mapped_column(sa.String(64))
    """The head of the seal before; None for the first."""
    head: Mapped[str] = mapped_column(sa.String(64), unique=True)
    entries: Mapped[int]
    recorded_at: Mapped[dt.datetime]


class Redaction(Base):
    """Says that members of something on record were taken out of it, and why."""

    __tablename__ = "redaction"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(index=True)
    members: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(sa.Text)
    redacted_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
