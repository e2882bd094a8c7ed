"""The record of an outlet, summed claim by claim in integers, so that the order does not matter. Pure."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from service.methods.context import Context
from service.methods.provenance import Filed, Position
from service.methods.rates import UNIT, Cell, TruthCount, share_of
from service.methods.reliability import CellRecord, Rating, Skill, rate
from service.values.vocabulary import ClaimKind, Precision, Role, Stance, Verdict

K = TypeVar("K")


class ClaimFacts(NamedTuple):
    """The members of a claim that a record depends on, with its resolution."""

    kind: ClaimKind
    topic: str | None
    resolves_by: dt.datetime | None
    verdict: Verdict | None
    truth: float | None
    """The extent to which it proved true, 0..1; set if the verdict is scored."""
    known_at: dt.datetime | None
    known_precision: Precision | None = None

    @property
    def is_early(self) -> bool:
        """Whether the claim was resolved before its due date."""
        return self.resolves_by is not None and self.known_at is not None and self.known_at < self.resolves_by


class Slot(NamedTuple):
    """The part of a record in which a claim counts."""

    role: Role
    kind: ClaimKind
    topic: str | None
    stance: Stance | None
    """The outlet's side, else its last stance; None without a report in time."""
    commitment: int | None

    @property
    def cell(self) -> Cell | None:
        """The cell on which the outlet is compared; None if it took no side."""
        if self.stance is None or not self.stance.takes_side:
            return None
        return Cell(self.stance, self.kind, self.commitment, self.topic)


class Amounts(NamedTuple):
    """The sums over claims; truths and distances are in billionths."""

    claims: int = 0
    open: int = 0
    unscored: int = 0
    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    early: int = 0
    backfilled: int = 0
    right: int = 0
    stated: int = 0
    """Scored claims for which the outlet stated a probability."""
    stated_true: int = 0
    """The sum of their truths, and of the squares of their truths."""
    stated_true_squared: int = 0
    brier: int = 0
    """The sum of the squared distances between probability and truth."""
    told: int = 0
    """Claims with an established truth that the outlet reported in time, with any stance."""
    told_true: int = 0
    """The sum of their truths."""

    @property
    def resolved(self) -> int:
        return self.correct + self.incorrect + self.partial

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*map(operator.add, self, other))

    def minus(self, other: Amounts) -> Amounts:
        return Amounts(*map(operator.sub, self, other))


NOTHING = Amounts()

Parts: TypeAlias = Mapping[Slot, Amounts]
"""A record by slot."""


def rightness(stance: Stance, truth: float) -> float:
    """Return the extent to which a side was right: the truth for `support`, one minus it for `deny` (R5, R13)."""
    return truth if stance is Stance.SUPPORT else 1 - truth


def count_claim(claim: ClaimFacts, position: Position) -> tuple[Slot, Amounts]:
    """Return the slot and the amounts of one claim in the record of an outlet that reported it.

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
    """Return the counts that a claim adds to the rates: a weight of 1, shared by the outlets that reported in time."""
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
    """Return the sum of counted claims by slot."""
    parts: dict[Slot, Amounts] = {}
    for slot, amounts in counted:
        parts[slot] = parts.get(slot, NOTHING).plus(amounts)
    return parts


def difference(after: Mapping[K, Amounts], before: Mapping[K, Amounts]) -> dict[K, Amounts]:
    """Return the amounts that turn one record into another, without zeros."""
    changed = {key: after.get(key, NOTHING).minus(before.get(key, NOTHING)) for key in after.keys() | before.keys()}
    return {key: amounts for key, amounts in changed.items() if any(amounts)}


@dataclass(frozen=True, slots=True)
class Brier:
    """The Brier score of stated probabilities, and its skill over always stating the mean truth."""

    score: float
    """The mean squared distance, 0..1; 0 is best."""
    skill: float | None
    """1 - score / variance of the truths: 1 is best, 0 no better than their mean; None if all truths are equal."""
    resolved: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The own part or the relay part of a record, from which a score is computed."""

    parts: Parts
    total: Amounts

    @property
    def resolved(self) -> int:
        return self.total.resolved

    @property
    def right(self) -> float:
        return self.total.right / UNIT

    def taking(self, stance: Stance) -> int:
        """Return the number of resolved claims with this stance."""
        return sum(amounts.resolved for slot, amounts in self.parts.items() if slot.stance is stance)

    def skill(self, context: Context) -> Skill:
        """Return the resolved claims by cell, compared with an average outlet, and the skill that explains them."""
        cells = ((slot.cell, amounts) for slot, amounts in self.parts.items() if amounts.resolved)
        rated = (
            CellRecord(amounts.resolved, amounts.right / UNIT, context.expected(cell))
            for cell, amounts in cells
            if cell is not None
        )
        return Skill(tuple(rated), context.kappa)

    def rating(self, context: Context, *, topic: str | None, level: float) -> Rating | None:
        """Return the rating, or None if nothing is resolved."""
        return rate(self.skill(context), reference=context.reference(topic), drift=context.drift, level=level)

    @property
    def brier(self) -> Brier | None:
        """The Brier score of the claims with a stated probability; None without any (Murphy 1973)."""
        n = self.total.stated
        if n == 0:
            return None
        score, mean = self.total.brier / UNIT / n, self.total.stated_true / UNIT / n
        variance = self.total.stated_true_squared / UNIT / n - mean**2
        return Brier(score, 1 - score / variance if variance > 1e-12 else None, n)


def tally(parts: Parts, role: Role, *, scorable: bool) -> Tally:
    """Return the own or the relay part of a record; claims of an outlet that is not scorable are unscored (R9)."""
    chosen = {slot: amounts for slot, amounts in parts.items() if slot.role is role}
    if not scorable:
        chosen = {slot: _unscored(amounts) for slot, amounts in chosen.items()}
    total = NOTHING
    for amounts in chosen.values():
        total = total.plus(amounts)
    return Tally(chosen, total)


def _unscored(amounts: Amounts) -> Amounts:
    return Amounts(claims=amounts.claims, open=amounts.open, unscored=amounts.unscored + amounts.resolved)
