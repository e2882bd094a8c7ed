"""The input of the learner: claims, reports and outcomes. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from service.methods.cells import Cell
from service.values.vocabulary import ClaimKind, Stance


class ForecastClaim(NamedTuple):
    """The members of a claim that the learner uses."""

    key: str
    kind: ClaimKind
    topic: str | None = None
    rivals: int = 0
    """The number of other claims in its group, of which at most one is true (R3)."""
    group: str | None = None
    resolves_by: dt.datetime | None = None


class ForecastReport(NamedTuple):
    """One outlet's report on a claim."""

    outlet: str
    stance: Stance
    published_at: dt.datetime
    commitment: int | None = None
    """1 (interest) to 4 (reported as done); None when unknown."""
    probability: float | None = None
    root: str | None = None
    """The root of a relay. Reports with the same root are one source (R8)."""
    rivals: int | None = None
    """The number of rivals of the claim when the report was published; None to use that of the claim."""

    @property
    def source(self) -> str:
        return self.outlet if self.root is None else self.root


class Resolved(NamedTuple):
    """A resolved claim, with its reports before `known_at` in the order of publication."""

    claim: ForecastClaim
    reports: Sequence[ForecastReport]
    truth: float
    """The extent to which the claim proved true, 0..1."""
    known_at: dt.datetime

    @property
    def learned_at(self) -> dt.datetime:
        """The moment from which the outcome is learned: as soon as it is known and the claim is due.

        "It happened" can be known before the deadline, but "it did not" cannot. So if outcomes were learned as soon as
        they are known, too many of the first ones would be true.
        """
        return max(self.known_at, self.claim.resolves_by or self.known_at)


class Open(NamedTuple):
    """An open claim, with its reports in the order of publication."""

    claim: ForecastClaim
    reports: Sequence[ForecastReport]


Known: TypeAlias = Resolved | Open


class StanceCount(NamedTuple):
    """The number of resolved claims on which an outlet took a stance, and of those that proved true."""

    claims: int = 0
    true: float = 0.0


StanceCounts: TypeAlias = Mapping[tuple[str, Stance], StanceCount]
"""The counts by outlet and stance; a missing count is zero."""


def cell_of(claim: ForecastClaim, report: ForecastReport) -> Cell:
    """Return the cell that a report on a claim belongs to."""
    return Cell(report.stance, claim.kind, report.commitment, claim.topic)
