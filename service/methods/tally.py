"""An outlet's record, added up claim by claim in whole numbers, so that no order of adding changes it. Pure."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple, TypeAlias, TypeVar

from service.methods.context import Context
from service.methods.provenance import Filed, Position
from service.methods.rates import UNIT, Cell, Count, share_of
from service.methods.reliability import Reliability, reliability
from service.values.vocabulary import ClaimKind, Role, Stance, Verdict

K = TypeVar("K")


class ClaimFacts(NamedTuple):
    """What a record needs of a claim: what it is about, when it was due, and how it came out, if it did."""

    kind: ClaimKind
    topic: str | None
    resolves_by: dt.datetime | None
    verdict: Verdict | None
    truth: float | None
    """How much of it was so, 0..1; set when the verdict scores."""
    known_at: dt.datetime | None


class Slot(NamedTuple):
    """Where in a record a claim is counted: what the outlet said, and of what."""

    role: Role
    kind: ClaimKind
    topic: str | None
    stance: Stance | None
    """The side that the outlet took, else what it said last; None when it said nothing in time."""
    commitment: int | None

    @property
    def cell(self) -> Cell | None:
        """What the outlet is compared on; None when it took no side."""
        if self.stance is None or not self.stance.takes_side:
            return None
        return Cell(self.stance, self.kind, self.commitment, self.topic)


class Amounts(NamedTuple):
    """What claims add up to; truths and distances in billionths."""

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
    """Scored claims for which the outlet gave a probability."""
    stated_true: int = 0
    """The truths of those, and their squares."""
    stated_true_squared: int = 0
    brier: int = 0
    """Squared distances between probability and truth."""
    told: int = 0
    """Claims with an established truth of which the outlet said something in time, be it a side or not."""
    told_true: int = 0
    """The truths of those."""

    @property
    def resolved(self) -> int:
        return self.correct + self.incorrect + self.partial

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*map(operator.add, self, other))

    def minus(self, other: Amounts) -> Amounts:
        return Amounts(*map(operator.sub, self, other))


NOTHING = Amounts()

Parts: TypeAlias = Mapping[Slot, Amounts]
"""A record by slots."""


def rightness(stance: Stance, truth: float) -> float:
    """How right a side was: `support` as much as the claim was true, `deny` as much as it was not (R5, R13)."""
    return truth if stance is Stance.SUPPORT else 1 - truth


def count_claim(claim: ClaimFacts, position: Position) -> tuple[Slot, Amounts]:
    """One claim in the record of an outlet that reported it.

    It is open, or scored, or neither (opinion, void, unverifiable, no side taken in time).
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
    return slot, _scored(claim, report, claim.truth, claim.known_at)


def count_votes(claim: ClaimFacts, positions: Iterable[Position]) -> list[tuple[Cell, Count]]:
    """What a claim adds to the rates: one in all, shared by the outlets that said something of it in time."""
    votes = [where.vote for where in positions if where.vote is not None]
    if claim.kind is ClaimKind.OPINION or claim.truth is None:
        return []
    count = share_of(claim.truth, among=max(len(votes), 1))
    return [(Cell(vote.stance, claim.kind, vote.commitment, claim.topic), count) for vote in votes]


def _scored(claim: ClaimFacts, report: Filed, truth: float, known_at: dt.datetime) -> Amounts:
    right = rightness(report.stance, truth)
    partial = claim.verdict is Verdict.PARTIAL
    stated = report.probability is not None
    return Amounts(
        claims=1,
        correct=not partial and right == 1,
        incorrect=not partial and right == 0,
        partial=partial,
        early=claim.resolves_by is not None and known_at < claim.resolves_by,
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
    """A record from what is counted in it."""
    parts: dict[Slot, Amounts] = {}
    for slot, amounts in counted:
        parts[slot] = parts.get(slot, NOTHING).plus(amounts)
    return parts


def difference(after: Mapping[K, Amounts], before: Mapping[K, Amounts]) -> dict[K, Amounts]:
    """What has to be added to one record to get the other."""
    changed = {key: after.get(key, NOTHING).minus(before.get(key, NOTHING)) for key in after.keys() | before.keys()}
    return {key: amounts for key, amounts in changed.items() if any(amounts)}


@dataclass(frozen=True, slots=True)
class Brier:
    """How far stated probabilities were from what came, and how much better than always saying the mean."""

    score: float
    """Mean squared distance, 0..1; 0 is best."""
    skill: float | None
    """1 - score / variance of the truths: 1 is best, 0 no better than their mean; None when they are all the same."""
    resolved: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One side of a record, own or relay: what a score rests on, and says beside its number (R17)."""

    parts: Parts
    total: Amounts

    @property
    def resolved(self) -> int:
        return self.total.resolved

    @property
    def right(self) -> float:
        return self.total.right / UNIT

    def taking(self, stance: Stance) -> int:
        """Resolved claims on which the outlet stood so."""
        return sum(amounts.resolved for slot, amounts in self.parts.items() if slot.stance is stance)

    def expected(self, context: Context) -> float:
        """What an average outlet would have got right on the same claims."""
        cells = ((slot.cell, amounts.resolved) for slot, amounts in self.parts.items())
        return fsum(resolved * context.expected(cell) for cell, resolved in cells if cell is not None and resolved)

    def reliability(self, context: Context, *, topic: str | None, level: float) -> Reliability | None:
        return reliability(
            right=self.right,
            expected=self.expected(context),
            resolved=self.resolved,
            reference=context.reference(topic),
            kappa=context.kappa,
            level=level,
        )

    @property
    def brier(self) -> Brier | None:
        """Of the claims for which a probability was stated; None without any (Murphy 1973)."""
        n = self.total.stated
        if n == 0:
            return None
        score, mean = self.total.brier / UNIT / n, self.total.stated_true / UNIT / n
        variance = self.total.stated_true_squared / UNIT / n - mean**2
        return Brier(score, 1 - score / variance if variance > 1e-12 else None, n)


def tally(parts: Parts, role: Role, *, scorable: bool) -> Tally:
    """One side of a record. What an outlet that is not scored has to show is counted and not scored (R9)."""
    side = {slot: amounts for slot, amounts in parts.items() if slot.role is role}
    if not scorable:
        side = {slot: _unscored(amounts) for slot, amounts in side.items()}
    total = NOTHING
    for amounts in side.values():
        total = total.plus(amounts)
    return Tally(side, total)


def _unscored(amounts: Amounts) -> Amounts:
    return Amounts(claims=amounts.claims, open=amounts.open, unscored=amounts.unscored + amounts.resolved)
