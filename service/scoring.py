"""`record/1`: how reliable an outlet has been. Pure: no clock, no I/O, no globals that change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from math import fsum

from service.beta import logistic, logit, logit_quantile
from service.provenance import Position
from service.vocabulary import ClaimKind, Role, Stance, Verdict

METHOD = "record/1"
RATED_FROM = 20
"""Resolved claims from which a score is `rated`, and ranked."""
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)

_EXPECTED_WITHIN = (0.01, 0.99)


@dataclass(frozen=True, slots=True)
class Context:
    """What an average outlet gets right: the yardstick of every score, dated and named by it."""

    id: str
    as_of: dt.datetime | None
    rate: float
    """Rate of being right of an average report, 0..1."""
    kappa: float
    """Weight of the average in pseudo-claims, positive."""


STARTING_CONTEXT = Context(id="start", as_of=None, rate=0.5, kappa=8.0)
"""Stands until 200 claims are resolved: every rate one half."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Estimated probability that what an outlet reports proves right, with its credible interval."""

    mean: float
    lower: float
    upper: float
    level: float


def reliability(
    *, right: float, expected: float, resolved: int, reference: float, kappa: float, level: float
) -> Reliability | None:
    """Posterior mean and equal-tailed interval, relative to what an average outlet would have got.

    With n resolved claims, m = expected/n clamped to [0.01, 0.99] and mu = (right + kappa m)/(n + kappa),
    the mean is logistic(logit(reference) + logit(mu) - logit(m)), and each bound the same shift of a quantile
    of Beta(mu nu, (1 - mu) nu), nu = kappa + n/2. Counts are halved in nu because a plain
    beta interval covers too little of what an outlet does next (scoring.md, point 5).

    Args:
        right: Sum of how right the outlet was, 0 <= right <= resolved.
        expected: The same sum for an average outlet on the same claims, 0 <= expected <= resolved.
        resolved: Resolved claims that count, at least 0.
        reference: Rate of being right of all scored reports in the scope, 0 < reference < 1.
        kappa: Weight of the average in pseudo-claims, positive.
        level: Posterior probability inside the interval, 0 < level < 1.

    Returns:
        Probabilities in [0, 1], or None when nothing is resolved (R17).

    Raises:
        ValueError: An argument is outside the range given above.

    >>> r = reliability(right=1, expected=0.5, resolved=1, reference=0.5, kappa=8.0, level=0.9)
    >>> round(r.mean, 4), round(r.lower, 4), round(r.upper, 4)
    (0.5556, 0.2821, 0.8133)
    """
    _check_range("resolved", resolved, within=resolved >= 0)
    _check_range("right", right, within=0 <= right <= resolved)
    _check_range("expected", expected, within=0 <= expected <= resolved)
    _check_range("reference", reference, within=0 < reference < 1)
    _check_range("kappa", kappa, within=kappa > 0)
    _check_range("level", level, within=0 < level < 1)
    if resolved == 0:
        return None
    low, high = _EXPECTED_WITHIN
    m = min(max(expected / resolved, low), high)
    mu = (right + kappa * m) / (resolved + kappa)
    nu = kappa + resolved / 2
    a, b = mu * nu, (1 - mu) * nu
    moved = logit(reference) - logit(m)
    tail = (1 - level) / 2
    return Reliability(
        mean=logistic(moved + logit(mu)),
        lower=logistic(moved + logit_quantile(tail, a, b)),
        upper=logistic(moved - logit_quantile(tail, b, a)),
        level=level,
    )


def _check_range(name: str, value: float, *, within: bool) -> None:
    if not within:
        raise ValueError(f"{name}={value} is out of range")


def rightness(stance: Stance, truth: float) -> float:
    """How right a side was: `support` as much as the claim was true, `deny` as much as it was not (R5, R13)."""
    return truth if stance is Stance.SUPPORT else 1 - truth


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What the score needs of a claim: when it was due, and how it came out, if it did."""

    kind: ClaimKind
    resolves_by: dt.datetime | None
    verdict: Verdict | None
    truth: float | None
    """How much of it was so, 0..1; set when the verdict scores."""
    known_at: dt.datetime | None


@dataclass(slots=True)
class Tally:
    """An outlet's record, claim by claim added up: what every score says beside its number (R17).

    The order in which claims are added does not matter: sums are exact until they are read.
    """

    claims: int = 0
    open: int = 0
    unscored: int = 0
    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    support: int = 0
    deny: int = 0
    early: int = 0
    backfilled: int = 0
    _rights: list[float] = field(default_factory=list)

    @property
    def resolved(self) -> int:
        return len(self._rights)

    @property
    def right(self) -> float:
        return fsum(self._rights)

    def add(self, claim: ClaimFacts, position: Position, *, scorable: bool) -> None:
        """Count one claim: as open, as scored, or as neither (opinion, void, unverifiable, no side taken in time)."""
        self.claims += 1
        if claim.kind is ClaimKind.OPINION or (claim.verdict is not None and not claim.verdict.scores):
            self.unscored += 1
        elif claim.truth is None or claim.known_at is None:
            self.open += 1
        elif not scorable or position.report is None:
            self.unscored += 1
        else:
            right = rightness(position.report.stance, claim.truth)
            self._rights.append(right)
            self.partial += claim.verdict is Verdict.PARTIAL
            self.correct += claim.verdict is not Verdict.PARTIAL and right == 1
            self.incorrect += claim.verdict is not Verdict.PARTIAL and right == 0
            self.support += position.report.stance is Stance.SUPPORT
            self.deny += position.report.stance is Stance.DENY
            self.early += claim.resolves_by is not None and claim.known_at < claim.resolves_by
            self.backfilled += position.report.backfilled

    def reliability(self, context: Context, level: float) -> Reliability | None:
        return reliability(
            right=self.right,
            expected=self.expected(context),
            resolved=self.resolved,
            reference=context.rate,
            kappa=context.kappa,
            level=level,
        )

    def expected(self, context: Context) -> float:
        """What an average outlet would have got right on the same claims."""
        return context.rate * self.resolved


@dataclass(slots=True)
class Record:
    """The own and the relay record of one outlet, kept apart (R7)."""

    own: Tally = field(default_factory=Tally)
    relay: Tally = field(default_factory=Tally)

    def add(self, claim: ClaimFacts, position: Position, *, scorable: bool) -> None:
        side = self.own if position.role is Role.OWN else self.relay
        side.add(claim, position, scorable=scorable)
