"""Who stands where on a claim, who only passed it on, and how many sources there really are. Pure.

Functions take the reports of one claim sorted by `ORDER`, which settles ties (R6).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from service.values.vocabulary import Role, Stance

BACKFILL = dt.timedelta(days=7)
ORDER = attrgetter("published_at", "recorded_at", "id")
"""When a report was published; of two at one instant the one recorded last, then the later in its file (R6)."""


class Filed(NamedTuple):
    """One report, as far as these rules look at it."""

    id: UUID
    outlet_id: UUID
    stance: Stance
    published_at: dt.datetime
    recorded_at: dt.datetime
    relays: bool
    """Whether it says that it has the claim from somebody."""
    cited_id: UUID | None
    """The outlet that a relay names; None for a relay of an unknown source."""
    commitment: int | None = None
    probability: float | None = None

    @property
    def is_relay(self) -> bool:
        """It has the claim from somebody else: what merged outlets relay of each other is their own (R7, R22)."""
        return self.relays and self.cited_id != self.outlet_id

    @property
    def role(self) -> Role:
        return Role.RELAY if self.is_relay else Role.OWN

    @property
    def backfilled(self) -> bool:
        """Dated more than 7 days before the moment it was recorded (R10)."""
        return self.recorded_at - self.published_at > BACKFILL

    def is_after(self, known_at: dt.datetime | None) -> bool:
        """Published when the answer was public already (R6)."""
        return known_at is not None and self.published_at >= known_at


@dataclass(frozen=True, slots=True)
class Position:
    """Where one outlet stands on one claim."""

    role: Role
    report: Filed | None
    """The report that speaks for it; None when it took no side in time."""
    last: Filed | None = None
    """Without a side, the last that it published in time; None when that is nothing."""

    @property
    def vote(self) -> Filed | None:
        """What it last had to say: its side, or else that it reported the claim and took none."""
        return self.report or self.last


def position(reports: Sequence[Filed], known_at: dt.datetime | None) -> Position:
    """Where an outlet stands, from all its reports on one claim (R2, R6, R7).

    The last `support` or `deny` published before `known_at` speaks for it. It stands in its own
    name as soon as one of those is not a relay: an own report that only came when the answer was
    known, or that took no side, does not turn a relay into a record of its own.

    Args:
        reports: The outlet's reports on the claim, at least one, in order.
        known_at: When the answer became public; None while the claim is open.
    """
    in_time = [report for report in reports if not report.is_after(known_at)]
    sides = [report for report in in_time if report.stance.takes_side]
    own = any(not report.is_relay for report in sides or reports)
    role = Role.OWN if own else Role.RELAY
    return Position(role, sides[-1]) if sides else Position(role, None, in_time[-1] if in_time else None)


def positions(reports: Iterable[Filed], known_at: dt.datetime | None) -> dict[UUID, Position]:
    """Where each outlet stands on one claim, from all reports on it, in order."""
    by_outlet: dict[UUID, list[Filed]] = {}
    for report in reports:
        by_outlet.setdefault(report.outlet_id, []).append(report)
    return {outlet_id: position(filed, known_at) for outlet_id, filed in by_outlet.items()}


def as_merged(report: Filed, *, outlet: UUID, into: UUID) -> Filed:
    """A report as it counts once an outlet is merged into another one (R22)."""
    if outlet not in (report.outlet_id, report.cited_id):
        return report
    return report._replace(
        outlet_id=into if report.outlet_id == outlet else report.outlet_id,
        cited_id=into if report.cited_id == outlet else report.cited_id,
    )


def independent_roots(reports: Iterable[Filed], topmost: Mapping[UUID, UUID]) -> int:
    """How many independent sources a claim has once relays are followed (R7, R8).

    A root is an outlet with a report of its own, or one that is cited and has none on record.
    Roots under one topmost parent are one; relays of unknown sources share one root.

    Args:
        reports: The reports of one claim.
        topmost: For every outlet that reports or is cited, its topmost parent (itself without one).
    """
    reports = list(reports)
    relaying_only = _relaying_only(reports)
    cited = {report.cited_id for report in reports if report.is_relay}
    named = {report.outlet_id for report in reports} | {outlet for outlet in cited if outlet is not None}
    roots = {topmost[outlet] for outlet in named - relaying_only}
    return len(roots) + (None in cited)


def roots_of(reports: Iterable[Filed]) -> dict[UUID, UUID | None]:
    """Whose word each relay passes on in the end, by the relay's id; None for an unknown source (R7).

    Args:
        reports: The reports of one claim, in order.
    """
    reports = list(reports)
    relaying_only = _relaying_only(reports)
    cites = {report.outlet_id: report.cited_id for report in reports if report.outlet_id in relaying_only}
    roots: dict[UUID, UUID | None] = {}
    for report in reports:
        if report.is_relay:
            root, passed = report.cited_id, {report.outlet_id}
            while root is not None and root in cites and root not in passed:
                passed.add(root)
                root = cites[root]
            roots[report.id] = root
    return roots


def relay_cycle(reports: Iterable[Filed]) -> list[UUID] | None:
    """The outlets on a cycle of relays in which nobody reports in its own name, and those that lead to it (R7)."""
    reports = list(reports)
    relaying_only = _relaying_only(reports)
    cites: dict[UUID, set[UUID]] = {outlet: set() for outlet in relaying_only}
    for report in reports:
        if report.outlet_id in relaying_only and report.cited_id in relaying_only:
            cites[report.outlet_id].add(report.cited_id)
    # Outlets that cite none of the rest cannot be on a cycle; what is left when no more fall away is on one,
    # or leads to one.
    while fallen := {outlet for outlet, cited in cites.items() if not cited & cites.keys()}:
        for outlet in fallen:
            del cites[outlet]
    return sorted(cites) if cites else None


def _relaying_only(reports: list[Filed]) -> set[UUID]:
    own = {report.outlet_id for report in reports if not report.is_relay}
    return {report.outlet_id for report in reports} - own
