"""What was claimed, reported and established, and what was said before it was corrected. No row is ever deleted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.db import Base
from service.storage.models.outlets import Outlet
from service.storage.models.words import Redacted, named
from service.values.ids import new_id
from service.values.vocabulary import ClaimKind, Stance, Verdict

if TYPE_CHECKING:
    from service.storage.models.talk import Dispute


class Claim(Base):
    """A proposition that can be checked (schema.org/Claim)."""

    __tablename__ = "claim"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[ClaimKind] = mapped_column(named(ClaimKind, "kind"))
    topic: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    tags: Mapped[list[str]]
    resolves_by: Mapped[dt.datetime | None] = mapped_column(index=True)
    group: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    external_id: Mapped[str | None] = mapped_column(sa.String(400), unique=True)
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    redacted: Mapped[Redacted]

    reports: Mapped[list[Report]] = relationship(
        lazy="raise", back_populates="claim", order_by="(Report.published_at, Report.recorded_at, Report.id)"
    )
    resolutions: Mapped[list[Resolution]] = relationship(lazy="raise", order_by="Resolution.position")


class Report(Base):
    """One outlet carrying one claim at one time (schema.org/appearance)."""

    __tablename__ = "report"
    __table_args__ = (sa.UniqueConstraint("claim_id", "fingerprint"), sa.Index(None, "outlet_id", "claim_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"))
    stance: Mapped[Stance] = mapped_column(named(Stance, "stance"))
    commitment: Mapped[int | None]
    lexicon: Mapped[str | None] = mapped_column(sa.String(16))
    """The version of the lexicon that read `commitment` from `quote`; None where it was stated, or is unknown."""
    probability: Mapped[float | None]
    published_at: Mapped[dt.datetime]
    url: Mapped[str | None] = mapped_column(sa.Text)
    quote: Mapped[str | None] = mapped_column(sa.Text)
    is_relay: Mapped[bool]
    cited_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    cited_as: Mapped[str | None] = mapped_column(sa.String(200))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    """What makes it the same report when it is sent again (R4), hashed."""
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    redacted: Mapped[Redacted]

    claim: Mapped[Claim] = relationship(lazy="raise", back_populates="reports")
    withdrawal: Mapped[Withdrawal | None] = relationship(lazy="raise")
    outlet: Mapped[Outlet] = relationship(foreign_keys=[outlet_id], lazy="raise")
    cited: Mapped[Outlet | None] = relationship(foreign_keys=[cited_id], lazy="raise")


class Withdrawal(Base):
    """Says that a report was filed by mistake; the report stays, and does not count."""

    __tablename__ = "withdrawal"

    report_id: Mapped[UUID] = mapped_column(sa.ForeignKey("report.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    withdrawn_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]


class Version(Base):
    """What an outlet or a claim said until it was changed."""

    __tablename__ = "version"
    __table_args__ = (sa.UniqueConstraint("subject_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID]
    """The outlet or the claim; an id is given only once, so it says which."""
    number: Mapped[int]
    """1 for what was first on record, then counting."""
    content: Mapped[dict[str, Any]]
    """The members that can change, as they were."""
    changed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    """When it was replaced."""


class Resolution(Base):
    """The established truth of a claim, with what it rests on. The newest of a claim stands (R11)."""

    __tablename__ = "resolution"
    __table_args__ = (sa.UniqueConstraint("claim_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    position: Mapped[int]
    """1 for a claim's first resolution, then counting; so a claim's history has no fork."""
    supersedes_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("resolution.id"), unique=True)
    verdict: Mapped[Verdict | None] = mapped_column(named(Verdict, "verdict"))
    """None withdraws the one before and leaves the claim open."""
    truth: Mapped[float | None]
    """How much of the claim was so, 0..1; None for a verdict that does not score."""
    known_at: Mapped[dt.datetime]
    evidence: Mapped[list[str]]
    note: Mapped[str | None] = mapped_column(sa.Text)
    resolved_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    redacted: Mapped[Redacted]

    disputes: Mapped[list[Dispute]] = relationship(
        foreign_keys="Dispute.resolution_id", lazy="raise", back_populates="resolution", order_by="Dispute.id"
    )
