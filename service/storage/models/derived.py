"""Values derived from the record: sums, contexts, model states and daily forecasts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.storage.models.columns import SLUG, TOPIC, enum_column
from service.values.vocabulary import Basis, ClaimKind, OutletKind, Role, Stance

_IN_RANKING = "topic", "basis"
_SORTED_BY = "lower", "mean", "share"


class Subtotal(Base):
    """The sums of an outlet's claims in one cell: role, kind, topic, stance and commitment."""

    __tablename__ = "subtotal"
    __table_args__ = (sa.Index(None, "topic", "outlet_id"),)

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind, "kind"), primary_key=True)
    topic: Mapped[str] = mapped_column(TOPIC, primary_key=True)
    """Empty for claims without a topic."""
    stance: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    """Empty if the outlet took no side before the answer was known."""
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 if unknown."""
    claims: Mapped[int]
    open: Mapped[int]
    unscored: Mapped[int]
    correct: Mapped[int]
    incorrect: Mapped[int]
    partial: Mapped[int]
    early: Mapped[int]
    backfilled: Mapped[int]
    right: Mapped[int] = mapped_column(sa.BigInteger)
    """In billionths, as all big integers here, so that sums are exact."""
    stated: Mapped[int]
    """The number of scored claims with a stated probability."""
    stated_true: Mapped[int] = mapped_column(sa.BigInteger)
    stated_true_squared: Mapped[int] = mapped_column(sa.BigInteger)
    brier: Mapped[int] = mapped_column(sa.BigInteger)
    told: Mapped[int]
    told_true: Mapped[int] = mapped_column(sa.BigInteger)


class Standing(Base):
    """The place of an outlet in the rankings of one topic: the parts of its current score that they are sorted by.

    An outlet has a row for each basis and each topic on which it has claims of its own. The worker updates the rows;
    until then, the outbox names the outlets whose scores have changed.
    """

    __tablename__ = "standing"
    __table_args__ = (
        *(sa.Index(f"ix_standing_{name}", *_IN_RANKING, name, "slug", "resolved", "kind") for name in _SORTED_BY),
        sa.Index("ix_standing_resolved", *_IN_RANKING, "resolved", "claims", "slug", "kind"),
        *(sa.Index(None, "basis", name) for name in ("computed_at", "valid_until")),
    )

    slug: Mapped[str] = mapped_column(SLUG, primary_key=True)
    basis: Mapped[Basis] = mapped_column(enum_column(Basis, "basis"), primary_key=True)
    topic: Mapped[str] = mapped_column(TOPIC, primary_key=True)
    """The topic, with all topics below it; empty for all claims."""
    kind: Mapped[OutletKind] = mapped_column(enum_column(OutletKind, "kind"))
    claims: Mapped[int]
    """The number of its own claims; 0 if it will have some when they fall due."""
    resolved: Mapped[int]
    """The number of its own resolved claims. If it is 0, so are the following columns."""
    lower: Mapped[float] = mapped_column(sa.Double)
    """The lower bound of the adjusted reliability at the default level, 0..1."""
    upper: Mapped[float] = mapped_column(sa.Double)
    mean: Mapped[float] = mapped_column(sa.Double)
    share: Mapped[float] = mapped_column(sa.Double)
    """The share of its resolved claims that proved right, 0..1."""
    computed_at: Mapped[dt.datetime | None]
    """The time of the computation; null on the rows of topics, as is the next column."""
    valid_until: Mapped[dt.datetime | None]
    """The moment at which its next claim falls due, which changes the score on the basis `matured`."""


class Rate(Base):
    """The rate at which the resolved claims with a report in one cell proved true."""

    __tablename__ = "rate"

    stance: Mapped[Stance] = mapped_column(enum_column(Stance, "stance"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind, "kind"), primary_key=True)
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 if unknown."""
    topic: Mapped[str] = mapped_column(TOPIC, primary_key=True)
    """Empty for claims without a topic."""
    due: Mapped[dt.datetime] = mapped_column(primary_key=True)
    """The due date of the claims if they were resolved before it; otherwise 1970. Forecasts use them from then on."""
    weight: Mapped[int] = mapped_column(sa.BigInteger)
    """In billionths of a claim. Each claim has the weight 1, shared by the outlets that report it."""
    true: Mapped[int] = mapped_column(sa.BigInteger)
    """The part of the weight that proved true."""


class ContextRow(Base):
    """A context: the average rates at which reports were right when it was fitted. Rows never change."""

    __tablename__ = "context"

    number: Mapped[int] = mapped_column(primary_key=True)
    contexts: Mapped[dict[str, Any]]
    """The fitted numbers by basis; null for a basis with too few resolved claims."""
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)


class LearnerRow(Base):
    """A trained state of forecast/2."""

    __tablename__ = "learner"

    number: Mapped[int] = mapped_column(primary_key=True)
    build: Mapped[str] = mapped_column(sa.String(40))
    """The method and a hash of the format of its state. Other builds cannot read the state."""
    state: Mapped[dict[str, Any]]
    learned_from: Mapped[str] = mapped_column(sa.String(80))
    """The numbers of rows that it was trained on. While they are unchanged, no training is needed."""
    recorded_at: Mapped[dt.datetime]


class ForecastRow(Base):
    """The forecast for a claim on a day, stored to be compared with the verdict."""

    __tablename__ = "forecast"

    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(sa.String(16))
    probability: Mapped[float]
    recorded_at: Mapped[dt.datetime]
