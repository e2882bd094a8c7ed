"""The views of submissions from the public forms."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from service.claims.views import DisputeView, ReplyView
from service.values.vocabulary import SubmissionKind, SubmissionStatus


@dataclass(frozen=True, slots=True)
class SubmissionState:
    """The state of a submission from a public form, as shown to its sender."""

    kind: SubmissionKind
    status: SubmissionStatus
    about: str
    """The text of the claim, or the name of the outlet."""
    claim: UUID | None
    """The id of the claim that the submission is about; None for a reply to the whole record."""
    outlet: str | None
    """The slug of the outlet that replies; None for a dispute."""
    refusal: str | None
    decided_at: dt.datetime | None
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class PendingView(SubmissionState):
    """A submission from a public form, as shown to editors."""

    id: UUID
    resolution: UUID | None
    """The id of the disputed resolution; None for a reply."""
    text: str | None
    """The submitted text; None once it is accepted and stored in `dispute` or `reply`."""
    links: list[str]
    email: str | None
    """The sender's email address; None once the submission is accepted or refused."""
    dispute: DisputeView | None
    """The dispute that was recorded when the submission was accepted; None if there is none."""
    reply: ReplyView | None
    """The reply that was recorded when the submission was accepted; None if there is none."""
    decided_by: UUID | None
