"""Submissions from the public forms, which are not part of the record, the ledger or exports."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.base import Base
from service.storage.models.columns import enum_column
from service.storage.models.outlets import Outlet
from service.storage.models.replies import Reply
from service.storage.models.resolutions import Dispute, Resolution
from service.values.ids import new_id
from service.values.vocabulary import SubmissionKind, SubmissionStatus


class Submission(Base):
    """A dispute or a reply sent through a public form, and an editor's decision on it."""

    __tablename__ = "submission"
    __table_args__ = (sa.Index(None, "status", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[SubmissionKind] = mapped_column(enum_column(SubmissionKind, "kind"))
    status: Mapped[SubmissionStatus] = mapped_column(
        enum_column(SubmissionStatus, "status"), default=SubmissionStatus.PENDING
    )
    resolution_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("resolution.id"))
    """The disputed resolution; None for a reply."""
    outlet_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"))
    """The outlet that replies; None for a dispute."""
    claim_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("claim.id"))
    """The claim that a reply is about; None for a reply to the whole record, and for a dispute."""
    text: Mapped[str | None] = mapped_column(sa.Text)
    """The text; None once it is stored only in the record, where it can be redacted."""
    links: Mapped[list[str]]
    email: Mapped[str | None] = mapped_column(sa.String(254))
    """The sender's email address; None once the submission is decided."""
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """The hash of the secret in the sender's link."""
    sender: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """The keyed hash of the sender's IP address; None after a day."""
    refusal: Mapped[str | None] = mapped_column(sa.Text)
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    dispute_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("dispute.id"))
    """The dispute that an accepted submission became."""
    reply_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("reply.id"))
    """The reply that an accepted submission became."""
    recorded_at: Mapped[dt.datetime]

    resolution: Mapped[Resolution | None] = relationship(lazy="raise")
    outlet: Mapped[Outlet | None] = relationship(lazy="raise")
    dispute: Mapped[Dispute | None] = relationship(lazy="raise")
    reply: Mapped[Reply | None] = relationship(lazy="raise")
