"""Fitted contexts, trained models, and daily forecasts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base


class ContextRow(Base):
    """A fitted context: the average rates at which reports were right at that time. Rows never change."""

    __tablename__ = "context"

    number: Mapped[int] = mapped_column(primary_key=True)
    contexts: Mapped[dict[str, Any]]
    """The fitted numbers by basis; null for a basis with too few resolved claims."""
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)


class LearnerRow(Base):
    """A trained state of the forecasting method `forecast/2`."""

    __tablename__ = "learner"

    number: Mapped[int] = mapped_column(primary_key=True)
    build: Mapped[str] = mapped_column(sa.String(40))
    """The method and a hash of the format of its state. Other builds cannot read the state."""
    state: Mapped[dict[str, Any]]
    learned_from: Mapped[str] = mapped_column(sa.String(80))
    """The sizes of the tables that the state was trained on, to skip training while they are unchanged."""
    recorded_at: Mapped[dt.datetime]


class ForecastRow(Base):
    """The forecast for a claim on a day, stored so that it can be compared with the later verdict."""

    __tablename__ = "forecast"

    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(sa.String(16))
    probability: Mapped[float]
    recorded_at: Mapped[dt.datetime]
