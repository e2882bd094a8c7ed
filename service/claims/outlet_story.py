"""Describe the reports of each outlet on a claim, and how they count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from service.claims.views import ReportView
from service.methods.claim import ClaimFacts, Filed, count_claim, position
from service.methods.rates import UNIT
from service.storage.facts import as_filed, claim_facts, counting_reports, surviving_outlet
from service.storage.models import Claim, Outlet, Report
from service.values.vocabulary import Stance


@dataclass(frozen=True, slots=True)
class OutletStory:
    """The reports of one outlet on a claim, and how they count."""

    slug: str
    report: ReportView | None
    """The report that counts, or else the last one; None if the outlet is only cited by others."""
    side: Stance | None
    """The side that the outlet took before the answer was known; None for no side."""
    right: float | None
    """The extent to which the outlet was right, from 0 to 1; None if the claim does not count for it."""
    why_no_side: Literal["asked", "late", "withdrawn", "unscorable", "cited"] | None
    """The reason why the outlet is on no side; None if it is on one."""
    late: ReportView | None
    """A report with a different side, published after the answer was known (R6); None if there is none."""


def tell_outlets(claim: Claim, views: Sequence[ReportView], outlets: Mapping[UUID, Outlet]) -> Iterator[OutletStory]:
    """Yield the story of each outlet that reported a claim, or that is cited in a report on it."""
    shown = {view.id: view for view in views}
    by_outlet: dict[UUID, list[Report]] = {}
    for report in claim.reports:
        by_outlet.setdefault(surviving_outlet(report.outlet).id, []).append(report)
    facts = claim_facts(claim)
    for outlet_id, reports in by_outlet.items():
        yield _tell_outlet(outlets[outlet_id], reports, facts, shown)
    cited = {report.cited_id for report in counting_reports(claim) if report.is_relay} - by_outlet.keys()
    for outlet in outlets.values():
        if outlet.id in cited:
            yield OutletStory(outlet.slug, None, side=None, right=None, why_no_side="cited", late=None)


def _tell_outlet(
    outlet: Outlet, reports: Sequence[Report], facts: ClaimFacts, shown: Mapping[UUID, ReportView]
) -> OutletStory:
    filed = [as_filed(report) for report in reports if report.withdrawal is None]
    if not filed:
        last = shown[reports[-1].id]
        return OutletStory(outlet.slug, last, side=None, right=None, why_no_side="withdrawn", late=None)
    where = position(filed, facts.known_at)
    vote = where.vote or filed[-1]
    side = None if where.report is None or not outlet.scorable else where.report.stance
    _, amounts = count_claim(facts, where)
    return OutletStory(
        outlet.slug,
        report=shown[vote.id],
        side=side,
        right=amounts.right / UNIT if side is not None and amounts.resolved else None,
        why_no_side=None if side is not None else _why_no_side(outlet, filed, vote, facts),
        late=next((shown[one.id] for one in filed if _is_late_change(one, vote, facts)), None),
    )


def _why_no_side(
    outlet: Outlet, filed: Sequence[Filed], vote: Filed, facts: ClaimFacts
) -> Literal["asked", "late", "unscorable"]:
    if vote.stance.takes_side and not outlet.scorable and not vote.is_after(facts.known_at):
        return "unscorable"
    return "late" if any(one.is_after(facts.known_at) and one.stance.takes_side for one in filed) else "asked"


def _is_late_change(report: Filed, vote: Filed, facts: ClaimFacts) -> bool:
    """Return whether a report takes a different side and was published after the answer was known."""
    is_side = report.stance.takes_side and report.is_after(facts.known_at)
    return is_side and report.id != vote.id and report.stance is not vote.stance
