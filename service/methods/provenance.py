"""The positions of outlets on a claim, its relays, and its independent sources. Pure.

Functions take the reports of one claim sorted by `ORDER`, which breaks ties (R6).
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
"""The order of reports: by publication, then by recording, then by place in the file (R6)."""


class Filed(NamedTuple):
    """The members of a report that these rules depend on."""

    id: UUID
    outlet_id: UUID
    stance: Stance
    published_at: dt.datetime
    recorded_at: dt.datetime
    relays: bool
    """Whether it attributes the claim to another source."""
    cited_id: UUID | None
    """The outlet that a relay names; None for a relay of an unknown source."""
    commitment: int | None = None
    probability: float | None = None

    @property
    def is_relay(self) -> bool:
        """Whether it relays another outlet; a relay between outlets that were merged is an own report (R7, R22)."""
        return self.relays and self.cited_id != self.outlet_id

    @property
    def role(self) -> Role:
        return Role.RELAY if self.is_relay else Role.OWN

    @property
    def backfilled(self) -> bool:
        """Whether it is dated more than 7 days before it was recorded (R10)."""
        return self.recorded_at - self.published_at > BACKFILL

    def is_after(self, known_at: dt.datetime | None) -> bool:
        """Return whether it was published when the answer was already public (R6)."""
        return known_at is not None and self.published_at >= known_at


@dataclass(frozen=True, slots=True)
class Position:
    """The position of one outlet on one claim."""

    role: Role
    report: Filed | None
    """The report with its current stance; None if it took no side in time."""
    last: Filed | None = None
    """Without a side, its last report in time; None without any."""

    @property
    def vote(self) -> Filed | None:
        """The report that counts as its vote: the one with its side, else its last report."""
        return self.report or self.last


def position(reports: Sequence[Filed], known_at: dt.datetime | None) -> Position:
    """Return the position of an outlet, given all its reports on one claim (R2, R6, R7).

    Its current stance is the last `support` or `deny` published before `known_at`. The role is own if any of these is
    not a relay. An own report that is after `known_at`, or takes no side, does not change the role of a relay.

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
    """Return the position of each outlet on one claim, given all reports on it, in order."""
    by_outlet: dict[UUID, list[Filed]] = {}
    for report in reports:
        by_outlet.setdefault(report.outlet_id, []).append(report)
    return {outlet_id: position(filed, known_at) for outlet_id, filed in by_outlet.items()}


def as_merged(report: Filed, *, outlet: UUID, into: UUID) -> Filed:
    """Return a report as it counts after a merge of an outlet into another one (R22)."""
    if outlet not in (report.outlet_id, report.cited_id):
        return report
    return report._replace(
        outlet_id=into if report.outlet_id == outlet else report.outlet_id,
        cited_id=into if report.cited_id == outlet else report.cited_id,
    )


def independent_roots(reports: Iterable[Filed], topmost: Mapping[UUID, UUID]) -> int:
    """Return the number of independent sources of a claim after relays are followed (R7, R8).

    A root is an outlet with an own report, or a cited outlet without a report. Roots under one topmost parent count
    once. Relays of unknown sources share one root.

    Args:
        reports: The reports of one claim.
        topmost: The topmost parent of every outlet that reports or is cited; the outlet itself without a parent.
    """
    reports = list(reports)
    relaying_only = _relaying_only(reports)
    cited = {report.cited_id for report in reports if report.is_relay}
    named = {report.outlet_id for report in reports} | {outlet for outlet in cited if outlet is not None}
    roots = {topmost[outlet] for outlet in named - relaying_only}
    return len(roots) + (None in cited)


def roots_of(reports: Iterable[Filed]) -> dict[UUID, UUID | None]:
    """Return the root outlet of each relay, by the relay's id; None for an unknown source (R7).

    Args:
        reports: The reports of one claim, in order.
    """
    reports = list(reports)
    relaying_only = _relaying_only(reports)
    cites = {report.outlet_id: report.cited_id for report in reports if report.outlet_id in relaying_only}
    roots: dict[UUID, UUID | None] = {}
    for report in reports:
        if report.is_relay:
            root, visited = report.cited_id, {report.outlet_id}
            while root is not None and root in cites and root not in visited:
                visited.add(root)
                root = cites[root]
            roots[report.id] = root
    return roots


def relay_cycle(reports: Iterable[Filed]) -> list[UUID] | None:
    """Return the outlets on a cycle of relays without an own report, and those that lead to it, or None (R7)."""
    reports = list(reports)
    relaying_only = _relaying_only(reports)
    cites: dict[UUID, set[UUID]] = {outlet: set() for outlet in relaying_only}
    for report in reports:
        if report.outlet_id in relaying_only and report.cited_id in relaying_only:
            cites[report.outlet_id].add(report.cited_id)
    # Remove outlets that cite none of the rest, until every remaining outlet is on a cycle or leads to one.
    while removed := {outlet for outlet, cited in cites.items() if not cited & cites.keys()}:
        for outlet in removed:
            del cites[outlet]
    return sorted(cites) if cites else None


def _relaying_only(reports: list[Filed]) -> set[UUID]:
    own = {report.outlet_id for report in reports if not report.is_relay}
    return {report.outlet_id for report in reports} - own
