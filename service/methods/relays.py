"""Relays on one claim: their root outlets, cycles, and the effect of merging outlets. Pure.

Functions take the reports of one claim sorted by `ORDER`.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from service.methods.claim import Filed


def roots_of(reports: Iterable[Filed]) -> dict[UUID, UUID | None]:
    """Return the root outlet of each relay, by the relay's id; None for an unknown source (R7).

    Args:
        reports: The reports of one claim, sorted by `ORDER`.
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
    """Return the outlets whose relays form or lead to a cycle, sorted, or None without a cycle (R7).

    An outlet with an own report is not part of a cycle.
    """
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


def as_merged(report: Filed, *, outlet: UUID, into: UUID) -> Filed:
    """Return a report with an outlet replaced by the one into which it was merged (R22)."""
    if outlet not in (report.outlet_id, report.cited_id):
        return report
    return report._replace(
        outlet_id=into if report.outlet_id == outlet else report.outlet_id,
        cited_id=into if report.cited_id == outlet else report.cited_id,
    )
