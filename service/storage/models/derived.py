"""What is worked out from the records and kept beside them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.db import Base
from service.storage.models.words import named
from service.values.vocabulary import ClaimKind, Role, Stance


class Subtotal(Base):
    """What one outlet's claims of one sort add up to: the part of its record that reports of one cell make."""

    __tablename__ = "subtotal"

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(named(Role, "role"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(named(ClaimKind, "kind"), primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    """Empty for a claim without one."""
    stance: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    """Empty where nothing was said in time."""
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 where it is unknown."""
    claims: Mapped[int]
    open: Mapped[int]
    unscored: Mapped[int]
    correct: Mapped[int]
    incorrect: Mapped[int]
    partial: Mapped[int]
    early: Mapped[int]
    backfilled: Mapped[int]
    right: Mapped[int] = mapped_column(sa.BigInteger)
    """In billionths, as are the next three, so that sums are exact."""
    stated: Mapped[int]
    """Scored claims on which a probability was stated."""
    stated_true: Mapped[int] = mapped_column(sa.BigInteger)
    stated_true_squared: Mapped[int] = mapped_column(sa.BigInteger)
    brier: Mapped[int] = mapped_column(sa.BigInteger)
    told: Mapped[int]
    told_true: Mapped[int] = mapped_column(sa.BigInteger)


class Rate(Base):
    """How often claims proved true of which there is a report of one cell, as far as is resolved now."""

    __tablename__ = "rate"

    stance: Mapped[Stance] = mapped_column(named(Stance, "stance"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(named(ClaimKind, "kind"), primary_key=True)
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 where it is unknown."""
    topic: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    """Empty for a claim without one."""
    weight: Mapped[int] = mapped_column(sa.BigInteger)
    """In billionths of a claim; every claim weighs one, shared by all that report it."""
    true: Mapped[int] = mapped_column(sa.BigInteger)
    """How much of the weight proved true."""


class ContextRow(Base):
    """What reports got right on average when it was fitted; only ever added to, so that a score can name it."""

    __tablename__ = "context"

    number: Mapped[int] = mapped_column(primary_key=True)
    kappa: Mapped[float]
    claims: Mapped[int]
    """How many resolved claims it was fitted on."""
    rates: Mapped[list[Any]] = mapped_column(sa.JSON)
    """Each cell, the widest first, with its counts in billionths."""
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)


class LearnerRow(Base):
    """What forecast/1 had learned when it was fitted."""

    __tablename__ = "learner"

    number: Mapped[int] = mapped_column(primary_key=True)
    build: Mapped[str] = mapped_column(sa.String(40))
    """The method with a hash of what its state is made of: another build cannot read it."""
    state: Mapped[dict[str, Any]]
    learned_from: Mapped[str] = mapped_column(sa.String(80))
    """How many rows there were to learn from: as long as there are as many, nothing is new."""
    recorded_at: Mapped[dt.datetime]


class ForecastRow(Base):
    """What was forecast for a claim on a day, so that it can be held against what came."""

    __tablename__ = "forecast"

    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(sa.String(16))
    probability: Mapped[float]
    recorded_at: Mapped[dt.datetime]
