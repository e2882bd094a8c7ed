"""Rules for one claim and its reports: outlets' positions, sources, and counts for records. Pure.

Functions take the reports of one claim sorted by `ORDER`, which breaks ties (R6).
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar
from uuid import UUID

from service.methods.cells import Cell
from service.methods.rates import UNIT, TruthCount
from service.methods.tally import NOTHING, Amounts, Slot
from service.values.vocabulary import ClaimKind, Precision, Role, Stance, Verdict

K = TypeVar("K")

BACKFILL = dt.timedelta(days=7)
ORDER = attrgetter("published_at", "recorded_at", "id")
"""The sort key of reports: publication, then recording, then place in the file (R6)."""


class Filed(NamedTuple):
    """The members of a report that the rules in this module use."""

    id: UUID
    outlet_id: UUID
    stance: Stance
    published_at: dt.datetime
    recorded_at: dt.datetime
    relays: bool
    """Whether the report attributes the claim to another source."""
    cited_id: UUID | None
    """The outlet that a relay names; None for a relay of an unknown source."""
    commitment: int | None = None
    probability: float | None = None
    published_precision: Precision = Precision.INSTANT

    @property
    def is_relay(self) -> bool:
        """Whether the report relays another outlet; one between merged outlets is an own report (R7, R22)."""
        return self.relays and self.cited_id != self.outlet_id

    @property
    def role(self) -> Role:
        return Role.RELAY if self.is_relay else Role.OWN

    @property
    def backfilled(self) -> bool:
        """Whether the report is dated more than 7 days before it was recorded (R10)."""
        return self.recorded_at - self.published_at > BACKFILL

    def is_after(self, known_at: dt.datetime | None) -> bool:
        """Return whether the report was published when the answer was already public (R6)."""
        return known_at is not None and self.published_at >= known_at


class ClaimFacts(NamedTuple):
    """The members of a claim and of its resolution that the records of outlets depend on."""

    kind: ClaimKind
    topic: str | None
    resolves_by: dt.datetime | None
    verdict: Verdict | None
    truth: float | None
    """The extent to which the claim proved true, 0..1; None unless the verdict is scored."""
    known_at: dt.datetime | None
    known_precision: Precision | None = None

    @property
    def is_early(self) -> bool:
        """Whether the claim was resolved before its due date."""
        return self.resolves_by is not None and self.known_at is not None and self.known_at < self.resolves_by


class Position(NamedTuple):
    """The role and the current stance of one outlet on one claim."""

    role: Role
    report: Filed | None
    """The report with the outlet's current stance; None if it took no side before the answer was known."""
    last: Filed | None = None
    """The outlet's last report before the answer was known, set only if it took no side."""

    @property
    def vote(self) -> Filed | None:
        """The report that counts as the outlet's vote: the one with its stance, else its last report."""
        return self.report or self.last

    @property
    def scored(self) -> tuple[Role, Stance, int | None, float | None] | None:
        """The parts of the current stance that a score depends on, for comparison; None without a stance."""
        if self.report is None:
            return None
        return self.role, self.report.stance, self.report.commitment, self.report.probability


def position(reports: Sequence[Filed], known_at: dt.datetime | None) -> Position:
    """Return the position of an outlet, given all its reports on one claim (R2, R6, R7).

    Its current stance is the last `support` or `deny` published before `known_at`. The role is own if any `support` or
    `deny` in time is not a relay; if there are none, the role is own if any report is not a relay.

    Args:
        reports: The outlet's reports on the claim, at least one, sorted by `ORDER`.
        known_at: When the answer became public; None while the claim is open.
    """
    in_time = [report for report in reports if not report.is_after(known_at)]
    sides = [report for report in in_time if report.stance.takes_side]
    own = any(not report.is_relay for report in sides or reports)
    role = Role.OWN if own else Role.RELAY
    return Position(role, sides[-1]) if sides else Position(role, None, in_time[-1] if in_time else None)


def positions(reports: Iterable[Filed], known_at: dt.datetime | None) -> dict[UUID, Position]:
    """Return the position of each outlet on one claim, given all its reports sorted by `ORDER`."""
    by_outlet: dict[UUID, list[Filed]] = {}
    for report in reports:
        by_outlet.setdefault(report.outlet_id, []).append(report)
    return {outlet_id: position(filed, known_at) for outlet_id, filed in by_outlet.items()}


class Roots(NamedTuple):
    """The number of independent sources of a claim: on both sides together, and on each side."""

    together: int
    support: int
    deny: int


def independent_roots(reports: Iterable[Filed], known_at: dt.datetime | None, topmost: Mapping[UUID, UUID]) -> Roots:
    """Count the independent sources of a claim on each side, following relays to their roots (R7, R8).

    Roots under one topmost parent count once. Relays of unknown sources share one root.

    Args:
        reports: The reports of one claim that are not withdrawn.
        known_at: When the answer became public; None while the claim is open.
        topmost: The topmost parent of every outlet that reports or is cited; the outlet itself without a parent.
    """
    sides = {
        stance: {root if root is None else topmost[root] for root in roots}
        for stance, roots in root_outlets(reports, known_at).items()
    }
    support, deny = sides[Stance.SUPPORT], sides[Stance.DENY]
    return Roots(len(support | deny), len(support), len(deny))


def root_outlets(reports: Iterable[Filed], known_at: dt.datetime | None) -> dict[Stance, set[UUID | None]]:
    """Return the root outlets of a claim by side, with None for unknown sources (R7, R8).

    An outlet is on the side of its current stance, and is a root of this side if it has an own report. Each source that
    its relays lead to is also a root of this side: the cited outlet or, if that outlet only relays, the sources that it
    relays. Queries, comments and reports at or after `known_at` are ignored, so an outlet that has only these is a root
    if it is cited.

    Args:
        reports: The reports of one claim that are not withdrawn.
        known_at: When the answer became public; None while the claim is open.
    """
    in_order = sorted(reports, key=ORDER)
    sided = [report for report in in_order if report.stance.takes_side and not report.is_after(known_at)]
    stances = {report.outlet_id: report.stance for report in sided}
    own = {report.outlet_id for report in sided if not report.is_relay}
    relays = [report for report in sided if report.is_relay and report.stance is stances[report.outlet_id]]
    cites: dict[UUID, set[UUID | None]] = {outlet: set() for outlet in stances.keys() - own}
    for report in relays:
        if report.outlet_id in cites:
            cites[report.outlet_id].add(report.cited_id)
    roots: dict[Stance, set[UUID | None]] = {Stance.SUPPORT: set(), Stance.DENY: set()}
    for outlet, start in [(outlet, outlet) for outlet in stances] + [(one.outlet_id, one.cited_id) for one in relays]:
        roots[stances[outlet]] |= _follow(start, cites)
    return roots


def _follow(start: UUID | None, cites: Mapping[UUID, set[UUID | None]]) -> set[UUID | None]:
    """Return the sources at the ends of the relays from an outlet; one outlet if they only form a cycle."""
    reached = _reach(start, cites)
    if ends := {outlet for outlet in reached if outlet not in cites}:
        return ends
    cycle = min((_reach(outlet, cites) for outlet in reached), key=lambda found: (len(found), sorted(map(str, found))))
    return {min(cycle, key=str)}


def _reach(start: UUID | None, cites: Mapping[UUID, set[UUID | None]]) -> set[UUID | None]:
    """Return the set of an outlet and every source its relays lead to, directly or indirectly."""
    reached: set[UUID | None] = set()
    ahead = [start]
    while ahead:
        if (outlet := ahead.pop()) not in reached:
            reached.add(outlet)
            ahead += [] if outlet is None else cites.get(outlet, ())
    return reached


def rightness(stance: Stance, truth: float) -> float:
    """Return how right a stance was, 0..1: the truth, or one minus the truth for `deny` (R5, R13)."""
    return truth if stance is Stance.SUPPORT else 1 - truth


def count_claim(claim: ClaimFacts, position: Position) -> tuple[Slot, Amounts]:
    """Return the slot of an outlet's record in which a claim counts, and the amounts that it adds.

    A claim is open, scored, or unscored (an opinion, void, unverifiable, or without a side taken in time).
    """
    report, vote = position.report, position.vote
    stance, commitment = (None, None) if vote is None else (vote.stance, vote.commitment)
    slot = Slot(position.role, claim.kind, claim.topic, stance, commitment)
    if claim.kind is ClaimKind.OPINION or (claim.verdict is not None and not claim.verdict.scores):
        return slot, Amounts(claims=1, unscored=1)
    if claim.truth is None or claim.known_at is None:
        return slot, Amounts(claims=1, open=1)
    if report is None:
        told = vote is not None
        return slot, Amounts(claims=1, unscored=1, told=told, told_true=round(claim.truth * UNIT) if told else 0)
    return slot, _scored(claim, report, claim.truth)


def count_votes(claim: ClaimFacts, positions: Iterable[Position]) -> list[tuple[Cell, TruthCount]]:
    """Return the counts that a resolved claim adds to the rates, one for each outlet's vote.

    The votes share a weight of 1.
    """
    votes = [where.vote for where in positions if where.vote is not None]
    if claim.kind is ClaimKind.OPINION or claim.truth is None:
        return []
    count = share_of(claim.truth, among=max(len(votes), 1))
    return [(Cell(vote.stance, claim.kind, vote.commitment, claim.topic), count) for vote in votes]


def _scored(claim: ClaimFacts, report: Filed, truth: float) -> Amounts:
    right = rightness(report.stance, truth)
    partial = claim.verdict is Verdict.PARTIAL
    stated = report.probability is not None
    return Amounts(
        claims=1,
        correct=not partial and right == 1,
        incorrect=not partial and right == 0,
        partial=partial,
        early=claim.is_early,
        backfilled=report.backfilled,
        right=round(right * UNIT),
        stated=stated,
        stated_true=round(truth * UNIT) if stated else 0,
        stated_true_squared=round(truth**2 * UNIT) if stated else 0,
        brier=0 if report.probability is None else round((report.probability - truth) ** 2 * UNIT),
        told=1,
        told_true=round(truth * UNIT),
    )


def add_up(counted: Iterable[tuple[Slot, Amounts]]) -> dict[Slot, Amounts]:
    """Return an outlet's record: the amounts of its counted claims, summed by slot."""
    parts: dict[Slot, Amounts] = {}
    for slot, amounts in counted:
        parts[slot] = parts[slot].plus(amounts) if slot in parts else amounts
    return parts


def difference(after: Mapping[K, Amounts], before: Mapping[K, Amounts]) -> dict[K, Amounts]:
    """Return the amounts to add to `before` to get `after`, without keys whose amounts do not change."""
    keys = after.keys() | before.keys()
    changed = {key: map(operator.sub, after.get(key, NOTHING), before.get(key, NOTHING)) for key in keys}
    made = {key: Amounts._make(amounts) for key, amounts in changed.items()}
    return {key: amounts for key, amounts in made.items() if any(amounts)}


def share_of(truth: float, *, among: int) -> TruthCount:
    """Return the count of one vote on a claim; all votes on the claim share a weight of 1."""
    weight = UNIT // among
    return TruthCount(weight, round(weight * truth))
