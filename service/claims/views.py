"""The views of claims, reports, resolutions, disputes and replies that use cases return."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from service.methods.claim import Roots
from service.storage.models.columns import RedactionNote, ReviewNote
from service.values.vocabulary import (
    ClaimKind,
    ClaimStatus,
    DisputeStatus,
    Precision,
    Role,
    Stance,
    StanceSource,
    Verdict,
    Via,
)


@dataclass(frozen=True, slots=True)
class ResolutionView:
    """A resolution of a claim."""

    id: UUID
    claim: UUID
    verdict: Verdict | None
    """The verdict; None for a withdrawal."""
    truth: float | None
    """The truth as sent; None unless the verdict is `partial`."""
    known_at: dt.datetime
    known_precision: Precision
    evidence: list[str]
    note: str | None
    supersedes: UUID | None
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class ResolutionWarning:
    """A warning that a recorded resolution may be a mistake."""

    code: Literal["known-before-reports"]
    detail: str


@dataclass(frozen=True, slots=True)
class WarnedResolution(ResolutionView):
    """A new resolution, with warnings about it."""

    warnings: list[ResolutionWarning]


@dataclass(frozen=True, slots=True)
class RelayView:
    """The source that a relay cites."""

    outlet: str | None
    """The slug of the cited outlet; None for an unknown source."""
    cited_as: str | None


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """The withdrawal of a report or a reply."""

    reason: str | None
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as sent, with members that the service derives."""

    id: UUID
    claim: UUID
    outlet: str
    stance: Stance
    stance_source: StanceSource
    commitment: int | None
    commitment_source: str | None
    probability: float | None
    published_at: dt.datetime
    published_precision: Precision
    url: str | None
    quote: str | None
    relays: RelayView | None
    role: Role
    after_known: bool
    backfilled: bool
    withdrawn: WithdrawalView | None
    recorded_at: dt.datetime
    corrected_at: dt.datetime | None
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class ClosureView:
    """The closure of a dispute, either with a reason or by a new resolution."""

    reason: str | None
    resolution: UUID | None
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute over a resolution, and how it was closed."""

    id: UUID
    claim: UUID
    resolution: UUID
    status: DisputeStatus
    reason: str
    evidence: list[str]
    via: Via
    closure: ClosureView | None
    """The closure; None while the dispute is open."""
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class ListedDispute(DisputeView):
    """A dispute in the list of all claims, with the text of its claim."""

    about: str


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A reply of an outlet to its record or to one claim."""

    id: UUID
    outlet: str
    claim: UUID | None
    """The id of the claim; None for a reply to the whole record."""
    text: str
    url: str | None
    via: Via
    verified: str | None
    """The way in which an editor verified a reply from the public form; None for other replies."""
    withdrawn: WithdrawalView | None
    recorded_at: dt.datetime
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class ListedClaim:
    """A claim without its reports, as shown in lists."""

    id: UUID
    text: str
    kind: ClaimKind
    topic: str | None
    tags: list[str]
    resolves_by: dt.datetime | None
    group: str | None
    external_id: str | None
    recorded_at: dt.datetime
    status: ClaimStatus
    not_due_because: Literal["no-report-counts"] | None
    """The reason why a claim past its due date is not due; None for all other claims."""
    resolution: ResolutionView | None
    """The resolution in effect; None if there is none."""
    supersedes: UUID | None
    """The id of the newest resolution or withdrawal, which the next resolution must supersede (R11)."""
    disputed: bool
    redacted: list[RedactionNote]


@dataclass(frozen=True, slots=True)
class FoundClaim(ListedClaim):
    """A claim in a list, with the matching words of a search by similarity."""

    words: list[str] | None
    """The words that the claim shares with the text, as written in the claim; None without such a search."""


@dataclass(frozen=True, slots=True)
class ClaimView(ListedClaim):
    """A claim with its reports, disputes and replies."""

    independent_roots: int
    roots: Roots
    reports: list[ReportView]
    reviews: list[ReviewNote]
    disputes: list[DisputeView]
    replies: list[ReplyView]
    similar: list[UUID]
    """The ids of the oldest other claims with the same text."""
