"""The story of a claim: the data of its page, read in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from service.claims.describe import describe_claim, summarise_claims, topmost_parents
from service.claims.load import load_claim, true_rival
from service.claims.resolve import describe_resolutions
from service.claims.views import ClaimView, ListedClaim, ReportView, ResolutionView
from service.methods.claim import ClaimFacts, Filed, count_claim, position, root_outlets
from service.methods.rates import UNIT
from service.methods.relays import roots_of
from service.storage.db import Database
from service.storage.facts import as_filed, claim_facts, counting_reports, surviving_outlet
from service.storage.models import Claim, Outlet, Report, Resolution
from service.values.vocabulary import Stance

_RIVALS = 20
_OTHER_TEXTS = 20


@dataclass(frozen=True, slots=True)
class OutletStory:
    """The reports of one outlet on a claim, and how they count."""

    slug: str
    report: ReportView | None
    """The report that counts, or else the last report; None if other outlets only cite the outlet."""
    side: Stance | None
    """The side that it took before the answer was known; None for no side."""
    right: float | None
    """The extent to which it was right, from 0 to 1; None if the claim does not count for it."""
    why_no_side: Literal["asked", "late", "withdrawn", "unscorable", "cited"] | None
    """The reason why it is on no side."""
    late: ReportView | None
    """A report that takes another side and was published when the answer was known (R6)."""


@dataclass(frozen=True, slots=True)
class House:
    """A publisher whose outlets count as one source of a claim (R8)."""

    slug: str
    name: str
    outlets: list[str]
    """The slugs of its root outlets, sorted by name; the publisher itself may be one of them."""


@dataclass(frozen=True, slots=True)
class Story:
    """A claim with all data of its page."""

    claim: ClaimView
    resolutions: list[ResolutionView]
    """All resolutions, the oldest first."""
    rivals: list[ListedClaim]
    """Other claims of the group, the oldest first."""
    winner: ListedClaim | None
    """Another claim of the group that is true, which decides this one (R3)."""
    merged: list[str]
    """The different texts of the claims that were merged into this one (R22a)."""
    outlets: list[OutletStory]
    """The outlets in the order of their reports, followed by those that are only cited."""
    names: dict[str, str]
    """The names of the outlets by slug."""
    roots: dict[UUID, str | None]
    """The slug of the root outlet by the id of a relay; None for an unknown source."""
    houses: list[House]
    """The publishers with more than one root outlet, sorted by name."""


def get_story(db: Database, claim_id: UUID, *, now: dt.datetime) -> Story:
    """Return the story of a claim.

    Raises:
        NotFound: No claim has this id.
    """
    with db.read() as session:
        claim = load_claim(session, claim_id)
        outlets = {outlet.id: outlet for outlet in _outlets(claim)}
        view = describe_claim(session, claim, now=now)
        roots = roots_of(counting_reports(claim))
        return Story(
            claim=view,
            resolutions=describe_resolutions(claim.resolutions),
            rivals=summarise_claims(session, _rivals(session, claim), now=now),
            winner=_winner(session, claim, now=now),
            merged=_merged_texts(session, claim),
            outlets=list(_tell(claim, view.reports, outlets)),
            names={outlet.slug: outlet.name for outlet in outlets.values()},
            roots={report: None if root is None else outlets[root].slug for report, root in roots.items()},
            houses=_houses(session, claim, outlets),
        )


def _outlets(claim: Claim) -> Iterator[Outlet]:
    for report in claim.reports:
        yield surviving_outlet(report.outlet)
        if report.cited is not None:
            yield surviving_outlet(report.cited)


def _tell(claim: Claim, views: Sequence[ReportView], outlets: Mapping[UUID, Outlet]) -> Iterator[OutletStory]:
    """Yield the story of each outlet that reported a claim or is cited."""
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
    """Return whether a report takes another side, and was published when the answer was known."""
    is_side = report.stance.takes_side and report.is_after(facts.known_at)
    return is_side and report.id != vote.id and report.stance is not vote.stance


def _houses(session: Session, claim: Claim, outlets: Mapping[UUID, Outlet]) -> list[House]:
    """Return the publishers with more than one root outlet."""
    sides = root_outlets(counting_reports(claim), claim_facts(claim).known_at)
    roots = {root for side in sides.values() for root in side if root is not None}
    if len(roots) < 2:
        return []
    together: dict[UUID, list[Outlet]] = {}
    for outlet_id, house_id in topmost_parents(session, roots).items():
        together.setdefault(house_id, []).append(outlets[outlet_id])
    shared = {house_id: found for house_id, found in together.items() if len(found) > 1}
    houses = session.scalars(sa.select(Outlet).where(Outlet.id.in_(shared)).order_by(Outlet.name)) if shared else ()
    return [
        House(house.slug, house.name, [one.slug for one in sorted(shared[house.id], key=lambda one: one.name)])
        for house in houses
    ]


def _rivals(session: Session, claim: Claim) -> list[Claim]:
    if claim.group is None:
        return []
    others = Claim.group == claim.group, Claim.id != claim.id, Claim.merged_into_id.is_(None)
    return _listed(session, *others, limit=_RIVALS)


def _winner(session: Session, claim: Claim, *, now: dt.datetime) -> ListedClaim | None:
    if (rival := true_rival(session, claim)) is None:
        return None
    found = summarise_claims(session, _listed(session, Claim.id == rival, limit=1), now=now)
    return found[0] if found else None


def _listed(session: Session, *conditions: sa.ColumnElement[bool], limit: int) -> list[Claim]:
    oldest = sa.select(Claim).where(*conditions).order_by(Claim.id).limit(limit)
    return list(session.scalars(oldest.options(selectinload(Claim.resolutions).selectinload(Resolution.disputes))))


def _merged_texts(session: Session, claim: Claim) -> list[str]:
    """Return the different texts of the claims that were merged into a claim."""
    merged = sa.select(Claim.text).where(Claim.merged_into_id == claim.id, Claim.text != claim.text)
    return list(dict.fromkeys(session.scalars(merged.order_by(Claim.id).limit(_OTHER_TEXTS))))
