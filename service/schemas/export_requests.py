"""Parsed requests for exports: the format and the filters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar

from service.schemas.lens_queries import LensMembers
from service.values.vocabulary import ClaimKind, ClaimStatus, ExportFormat, OutletKind, Verdict

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Format:
    """The file format that a client requested for an export."""

    name: ExportFormat | None
    """None to choose the format by the `Accept` header."""
    bom: bool
    """Whether a CSV file begins with a byte order mark."""


@dataclass(frozen=True, slots=True)
class ExportRequest(Generic[F]):
    """The parsed parameters of an export."""

    format: Format
    filters: F


class OutletFilters(TypedDict, total=False):
    """The parsed filters of exported outlets."""

    since: dt.datetime
    kind: OutletKind
    parent: str


class RecordFilters(TypedDict, total=False):
    """The parsed filters of exported claims or resolutions. Only exports of claims take all of them."""

    since: dt.datetime
    topic: str | None
    outlet: str
    kind: ClaimKind
    status: ClaimStatus
    verdict: Verdict
    tag: str
    group: str


class TopicFilters(TypedDict, total=False):
    """The parsed filters of exported topics."""

    since: dt.datetime
    topic: str | None


class ScoreFilters(LensMembers, total=False):
    """The parsed lens and filters of exported scores."""

    since: dt.datetime
    kind: OutletKind
