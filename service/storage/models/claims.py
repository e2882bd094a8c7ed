"""Claims and reports, and their earlier versions. Rows are never deleted."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.base import Base
from service.storage.models.columns import TOPIC, Redacted, Reviews, enum_column
from service.storage.models.outlets import Outlet
from service.storage.models.resolutions import Resolution
from service.values.ids import new_id
from service.values.vocabulary import ClaimKind, Precision, Stance, StanceSource


class Claim(Base):
    """A checkable proposition (schema.org/Claim)."""

    __tablename__ = "claim"
    __table_args__ = (sa.Index(None, "kind", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind, "kind"))
    topic: Mapped[str | None] = mapped_column(TOPIC, index=True)
    """The path of the topic in its normal form (R21b)."""
    tags: Mapped[list[str]]
    resolves_by: Mapped[dt.datetime | None] = mapped_column(index=True)
    group: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    external_id: Mapped[str | None] = mapped_column(sa.String(400), unique=True)
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)
    reviews: Mapped[Reviews]
    """The reviews of fact-checkers that were imported (ClaimReview)."""
    redacted: Mapped[Redacted]
    terms: Mapped[str] = mapped_column(sa.Text().with_variant(TSVECTOR(), "postgresql"), deferred=True)
    """The search terms of the claim, derived from its text and tags on every write."""
    text_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """A hash of the text in its normal form, to find claims with the same text; None for a redacted text."""
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("claim.id"), index=True)
    """The claim that this one was merged into, which now has its reports, resolutions and replies (R22a)."""

    reports: Mapped[list[Report]] = relationship(
        lazy="raise", back_populates="claim", order_by="(Report.published_at, Report.recorded_at, Report.id)"
    )
    resolutions: Mapped[list[Resolution]] = relationship(lazy="raise", order_by="Resolution.position")


class Report(Base):
    """One outlet carrying one claim at one time (schema.org/appearance)."""

    __tablename__ = "report"
    __table_args__ = (
        sa.UniqueConstraint("claim_id", "fingerprint"),
        sa.Index(None, "outlet_id", "claim_id"),
        sa.Index(None, "published_at", "claim_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"))
    stance: Mapped[Stance] = mapped_column(enum_column(Stance, "stance"))
    stance_source: Mapped[StanceSource] = mapped_column(
        enum_column(StanceSource, "stance_source"), default=StanceSource.STATED
    )
    commitment: Mapped[int | None]
    lexicon: Mapped[str | None] = mapped_column(sa.String(16))
    """The lexicon version that derived `commitment` from `quote`; None if it was stated or is unknown."""
    probability: Mapped[float | None]
    published_at: Mapped[dt.datetime]
    published_precision: Mapped[Precision] = mapped_column(enum_column(Precision, "published_precision"))
    url: Mapped[str | None] = mapped_column(sa.Text)
    quote: Mapped[str | None] = mapped_column(sa.Text)
    is_relay: Mapped[bool]
    cited_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    cited_as: Mapped[str | None] = mapped_column(sa.String(200))
    fingerprint: Mapped[str] = mapped_column(sa.String(101))
    """A hash of the members that identify a report within its claim (R4).

    If a merge moves the report to a claim with an equal one, the merge appends the id of the moved report.
    """
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    corrected_at: Mapped[dt.datetime | None]
    """The time of the last correction. Earlier versions are kept."""
    redacted: Mapped[Redacted]
    page_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """A hash of the URL in its normal form, to find all reports of a page; None without a valid URL."""

    claim: Mapped[Claim] = relationship(lazy="raise", back_populates="reports")
    withdrawal: Mapped[Withdrawal | None] = relationship(lazy="raise")
    outlet: Mapped[Outlet] = relationship(foreign_keys=[outlet_id], lazy="raise")
    cited: Mapped[Outlet | None] = relationship(foreign_keys=[cited_id], lazy="raise")


class Withdrawal(Base):
    """The withdrawal of a report that was filed by mistake. The report is kept, but no longer counts."""

    __tablename__ = "withdrawal"

    report_id: Mapped[UUID] = mapped_column(sa.ForeignKey("report.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    withdrawn_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]


class Version(Base):
    """An earlier version of an outlet, a claim or a report."""

    __tablename__ = "version"
    __table_args__ = (sa.UniqueConstraint("subject_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID]
    """The id of the outlet, claim or report. Ids are unique across tables."""
    number: Mapped[int]
    """The number of the version within its subject, from 1."""
    content: Mapped[dict[str, Any]]
    """The members that can change, with the values of this version."""
    changed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    """The time at which the version was replaced."""
    rename_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("topic_rename.id"), index=True)
    """The topic rename that replaced this version, when it was made or undone; None for any other change."""
