"""The lines of an import file, and their results."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from service.claims.record import NewClaim, mentioned_outlets
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution
from service.claims.views import ResolutionWarning
from service.errors import FieldError, InvalidBody, ServiceError
from service.outlets.known import OutletName
from service.outlets.new_outlet import NewOutlet
from service.storage.models.columns import ReviewNote
from service.transfer.claimreview.review import ReviewWarning, in_review


@dataclass(frozen=True, slots=True)
class OutletLine:
    """A line with an outlet."""

    outlet: NewOutlet


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A line with a claim, its reports and perhaps its resolution."""

    claim: NewClaim
    reports: list[NewReport]
    resolution: NewResolution | None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line with a report and the external id of its claim."""

    claim: str
    report: NewReport


@dataclass(frozen=True, slots=True)
class ResolutionLine:
    """A line with a resolution and the external id of its claim."""

    claim: str
    resolution: NewResolution


@dataclass(frozen=True, slots=True)
class FlatLine:
    """A line with a report, the text of its claim, and perhaps the topic and resolution of the claim."""

    claim: NewClaim
    report: NewReport
    resolution: NewResolution | None


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line with a fact-checker's review: a claim, its reports, the rating and its verdict, if any."""

    claim: NewClaim
    reports: list[NewReport]
    resolution: NewResolution | None
    note: ReviewNote | None
    warnings: list[ReviewWarning]


Line: TypeAlias = OutletLine | ClaimLine | ReportLine | ResolutionLine | FlatLine | ReviewLine


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line of a file with its content, or with the error for a malformed line."""

    number: int
    content: Line | ServiceError


class LineStatus(enum.StrEnum):
    """The outcome of loading a line: the effect on its row, or a rejection."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result of loading a line, with the id of its row or with its error."""

    number: int
    status: LineStatus
    id: UUID | None = None
    """The id of the created or existing outlet, claim, report or resolution."""
    error: ServiceError | None = None
    warnings: Sequence[ResolutionWarning | ReviewWarning] = ()


def named_claim(content: Line | ServiceError) -> str | None:
    """Return the external id of the claim that a line names; None if there is none."""
    match content:
        case ClaimLine() | FlatLine() | ReviewLine():
            return content.claim["external_id"]
        case ReportLine() | ResolutionLine():
            return content.claim
        case _:
            return None


def required_id(claim: NewClaim) -> str:
    """Return the external id of a claim in a file, which must have one.

    Raises:
        InvalidBody: The claim has no external id.
    """
    if claim["external_id"] is None:
        raise InvalidBody.at(
            "/external_id", "A claim in a file needs an external_id, so that the file can be sent again.", "required"
        )
    return claim["external_id"]


def named_outlets(content: Line | ServiceError) -> Iterator[str | OutletName]:
    """Return the outlets that the reports of a line name or cite."""
    match content:
        case ClaimLine() | ReviewLine():
            reports = content.reports
        case ReportLine() | FlatLine():
            reports = [content.report]
        case _:
            reports = []
    return mentioned_outlets(reports)


# Replacements that turn a pointer into a claim, report or resolution into a pointer into its flat line.
_FLAT_MEMBERS = (
    (re.compile(r"^/text"), "/claim"),
    (re.compile(r"^/reports/0"), "/report"),
    (re.compile(r"^/report/outlet.*"), "/outlet"),
    (re.compile(r"^/report"), ""),
    (re.compile(r"^(/resolution)?/known_at"), "/resolved_at"),
    (re.compile(r"^/resolution.*"), "/outcome"),
)


def in_line(content: Line, errors: Sequence[FieldError]) -> list[FieldError]:
    """Return the errors of a claim, report or resolution, with pointers into its import line."""
    match content:
        case FlatLine():
            return [{**error, "pointer": _in_flat_line(error["pointer"])} for error in errors]
        case ReviewLine():
            return in_review(errors)
        case _:
            return list(errors)


def _in_flat_line(pointer: str) -> str:
    """Convert a pointer into a claim, report or resolution to a pointer into its flat line."""
    for nested_pointer, member in _FLAT_MEMBERS:
        pointer = nested_pointer.sub(member, pointer)
    return pointer
