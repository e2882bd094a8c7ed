"""Sums over the claims of outlets, and the rates at which claims prove true; derived from the record."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.storage.models.columns import TOPIC, enum_column
from service.values.vocabulary import ClaimKind, Role, Stance


class Subtotal(Base):
    """The sums over an outlet's claims with the same role, kind, topic, stance and commitment."""

    __tablename__ = "subtotal"
    __table_args__ = (sa.Index(None, "topic", "outlet_id"),)

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind, "kind"), primary_key=True)
    topic: Mapped[str] = mapped_column(TOPIC, primary_key=True)
    """The topic; empty for claims without one."""
    stance: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    """The outlet's stance; empty if it took no side before the answer was known."""
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The commitment of the report; 0 if unknown."""
    claims: Mapped[int]
    open: Mapped[int]
    unscored: Mapped[int]
    correct: Mapped[int]
    incorrect: Mapped[int]
    partial: Mapped[int]
    early: Mapped[int]
    backfilled: Mapped[int]
    right: Mapped[int] = mapped_column(sa.BigInteger)
    """The claims that the outlet got right, in billionths like all big integers here, for exact sums."""
    stated: Mapped[int]
    """The number of scored claims with a stated probability."""
    stated_true: Mapped[int] = mapped_column(sa.BigInteger)
    stated_true_squared: Mapped[int] = mapped_column(sa.BigInteger)
    brier: Mapped[int] = mapped_column(sa.BigInteger)
    told: Mapped[int]
    told_true: Mapped[int] = mapped_column(sa.BigInteger)


class Rate(Base):
    """The rate at which resolved claims proved true, for reports with the same values of the key columns."""

    __tablename__ = "rate"

    stance: Mapped[Stance] = mapped_column(enum_column(Stance, "stance"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind, "kind"), primary_key=True)
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The commitment of the report; 0 if unknown."""
    topic: Mapped[str] = mapped_column(TOPIC, primary_key=True)
    """The topic; empty for claims without one."""
    due: Mapped[dt.datetime] = mapped_column(primary_key=True)
    """The due date of claims resolved early, because forecasts use them only from then; else 1970."""
    weight: Mapped[int] = mapped_column(sa.BigInteger)
    """The weight of the claims in billionths: each claim has the weight 1, shared by its outlets."""
    true: Mapped[int] = mapped_column(sa.BigInteger)
    """The part of the weight that proved true."""
