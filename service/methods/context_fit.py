"""Fit a context to the resolved claims: shrinkage, centre, kappa and drift. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import fsum, log, sqrt
from typing import NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from service.methods.beta import log_evidence, logistic
from service.methods.claim import ClaimFacts, Position, count_votes, rightness
from service.methods.rates import NO_COUNT, UNIT, Cell, Rates, TruthCount, lineage_of, rates_of
from service.methods.tally import FITTED_FROM, UNFITTED_DRIFT, UNFITTED_KAPPA, Context, Shrinkage, clamped
from service.values.vocabulary import ClaimKind, Role

KAPPAS = tuple(3 * 20 ** (step / 60) for step in range(61))
"""The candidate weights of the prior: 3 to 60 in steps of 5 %, finer than any data can resolve."""
SHRINKAGES = tuple(5 * 2 ** (step / 2) for step in range(-6, 10))
"""The candidate shrinkages: 0.6 to 113, in steps of a factor of 1.4."""
_SHRINKAGE_DEVIATION = log(2)
"""The standard deviation of the logarithm of a shrinkage, whose median is 5."""
_OFFSETS = 8.0
"""The largest offset in log-odds. A larger one would change nothing, because rates are clamped."""
_HALVINGS = 60
_DRIFT_WEIGHT = 2.0
"""The weight of the prior drift, in half-years."""

K = TypeVar("K")
_Half: TypeAlias = tuple[int, int]
"""A year and its half, 0 or 1."""
_Sides: TypeAlias = tuple[tuple[Cell, int], ...]
"""The own reports on one claim, in order: cells and results in billionths."""


class Result(NamedTuple):
    """The resolved claims in one cell, of one outlet or of all outlets."""

    resolved: int = 0
    right: int = 0
    """In billionths."""

    def plus(self, resolved: int, right: int) -> Result:
        return Result(self.resolved + resolved, self.right + right)


_NO_RESULT = Result()


class ResolvedReports(NamedTuple):
    """The contribution of a claim with an established truth to a context."""

    votes: list[tuple[Cell, TruthCount]]
    """The counts of all reports in time."""
    sides: list[tuple[UUID, Cell, int]]
    """The outlets that are scored on it, each with its cell and its result in billionths."""


def resolved_reports(
    claim: ClaimFacts, positions: Mapping[UUID, Position], scorable: Collection[UUID]
) -> ResolvedReports:
    """Return the contribution of a claim to a context.

    Args:
        claim: The claim; without an established truth it adds nothing.
        positions: The position of each outlet on it.
        scorable: The outlets that are scored (R9).
    """
    if claim.kind is ClaimKind.OPINION or claim.truth is None:
        return ResolvedReports([], [])
    truth = claim.truth
    sides = [
        (
            outlet,
            Cell(report.stance, claim.kind, report.commitment, claim.topic),
            round(rightness(report.stance, truth) * UNIT),
        )
        for outlet, position in positions.items()
        if position.role is Role.OWN and (report := position.report) is not None and outlet in scorable
    ]
    return ResolvedReports(count_votes(claim, positions.values()), sides)


@dataclass
class ResolvedRecord:
    """All resolved claims, summed up for the fit of a context. The order of claims does not matter."""

    outlets: dict[UUID, dict[Cell, Result]] = field(default_factory=lambda: defaultdict(dict))
    halves: dict[_Half, Counter[_Sides]] = field(default_factory=lambda: defaultdict(Counter))
    """The own reports by the half-year since which their claims count."""
    votes: dict[_Half, dict[Cell, TruthCount]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def cells(self) -> dict[Cell, TruthCount]:
        """The counts by cell, over all half-years."""
        cells: dict[Cell, TruthCount] = {}
        for votes in self.votes.values():
            for cell, count in votes.items():
                cells[cell] = cells.get(cell, NO_COUNT).plus(count)
        return cells

    def add(self, reports: ResolvedReports, *, since: dt.datetime) -> None:
        """Add a claim that counts since a moment."""
        half = since.year, since.month // 7
        votes = self.votes[half]
        for cell, count in reports.votes:
            votes[cell] = votes.get(cell, NO_COUNT).plus(count)
        for outlet, cell, right in reports.sides:
            record = self.outlets[outlet]
            record[cell] = record.get(cell, _NO_RESULT).plus(1, right)
        if reports.sides:
            self.halves[half][tuple(sorted(((cell, right) for _, cell, right in reports.sides), key=_place))] += 1


def _place(side: tuple[Cell, int]) -> tuple[object, ...]:
    """Return the sort key of a report; cells have members that may be None."""
    cell, right = side
    return cell.stance, cell.kind, cell.commitment or 0, cell.topic or "", right


def fit_context(record: ResolvedRecord) -> Context:
    """Return the context that fits a record. Its id is a placeholder."""
    rates = rates_of(record.cells)
    shrinkage = fit_shrinkage(rates)
    fitted = _centred(rates, shrinkage, _totals(record.outlets.values()))
    fitted = replace(fitted, kappa=fit_kappa(_showing(results, fitted) for results in record.outlets.values()))
    return replace(fitted, drift=fit_drift(_half_errors(record, shrinkage)))


def _centred(rates: Rates, shrinkage: Shrinkage, totals: Mapping[Cell, Result]) -> Context:
    """Return a context with these rates and this shrinkage, and the offset that fits the results of all outlets."""
    context = Context(id="fitted", as_of=None, rates=rates, shrinkage=shrinkage)
    cells = [(result.resolved, context.log_odds(cell)) for cell, result in totals.items()]
    right = sum(result.right for result in totals.values()) / UNIT
    return replace(context, offset=fit_offset(cells, right))


def _totals(records: Iterable[Mapping[Cell, Result]]) -> dict[Cell, Result]:
    totals: dict[Cell, Result] = {}
    for record in records:
        for cell, result in record.items():
            totals[cell] = totals.get(cell, _NO_RESULT).plus(*result)
    return totals


def fit_shrinkage(rates: Rates) -> Shrinkage:
    """Return the shrinkage of each level that makes the counts of its cells most likely.

    Given the rate m of the next wider cell, the true weight of a cell is beta-binomial with the parameters s m and
    s (1 - m). The prior of s is lognormal with the median 5.
    """
    shrinkage = Shrinkage()
    for level, name in enumerate(Shrinkage._fields, start=2):
        context = Context(id="fitted", as_of=None, rates=rates, shrinkage=shrinkage)
        cells = [
            (count, context.nested_rate(lineage_of(key)[:-1]))
            for key, count in rates.counts.items()
            if len(key) == level
        ]
        best = max(SHRINKAGES, key=lambda s: _shrinkage_likelihood(s, cells))
        shrinkage = shrinkage._replace(**{name: best})
    return shrinkage


def _shrinkage_likelihood(shrinkage: float, cells: Iterable[tuple[TruthCount, float]]) -> float:
    prior = -((log(shrinkage / 5) / _SHRINKAGE_DEVIATION) ** 2) / 2
    return prior + fsum(
        log_evidence(count.true / UNIT, count.weight / UNIT, shrinkage * m, shrinkage * (1 - m)) for count, m in cells
    )


def fit_offset(cells: Collection[tuple[int, float]], right: float) -> float:
    """Return the offset at which all outlets together are right as often as expected.

    Args:
        cells: The number of resolved claims in each cell, and the log-odds expected there without an offset.
        right: The number of these claims that the outlets got right.
    """
    low, high = -_OFFSETS, _OFFSETS
    for _ in range(_HALVINGS if cells else 0):
        middle = (low + high) / 2
        if fsum(n * clamped(logistic(odds + middle)) for n, odds in cells) < right:
            low = middle
        else:
            high = middle
    return (low + high) / 2


class Showing(NamedTuple):
    """The result of one outlet, with the result expected of an average outlet."""

    right: float
    expected: float
    resolved: int


def fit_kappa(showings: Iterable[Showing]) -> float:
    """Return kappa, the weight of the prior in claims. The less outlets differ, the larger it is.

    It is the one of `KAPPAS`, 3..60, that makes the results of the outlets most likely, if each result is drawn from a
    beta-binomial distribution around the expected one.

    Args:
        showings: The results of the outlets; those without resolved claims are ignored.
    """
    known = [showing for showing in showings if showing.resolved]
    if not known:
        return UNFITTED_KAPPA
    return max(KAPPAS, key=lambda kappa: fsum(_kappa_likelihood(showing, kappa) for showing in known))


def _kappa_likelihood(showing: Showing, kappa: float) -> float:
    m = clamped(showing.expected / showing.resolved)
    return log_evidence(showing.right, showing.resolved, kappa * m, kappa * (1 - m))


def _showing(results: Mapping[Cell, Result], context: Context) -> Showing:
    right = sum(result.right for result in results.values()) / UNIT
    expected = fsum(result.resolved * context.expected(cell) for cell, result in results.items())
    return Showing(right, expected, sum(result.resolved for result in results.values()))


class HalfError(NamedTuple):
    """The errors of all outlets together in one half-year. The expectations are those from before it."""

    total: float
    """The sum of right - expected."""
    squares: float
    """The sum of its squares by claim, because reports on one claim err together."""
    variance: float
    """The sum of expected (1 - expected)."""


def fit_drift(halves: Iterable[HalfError]) -> float:
    """Return the standard deviation of the error that outlets share in half a year, in log-odds.

    With z = total/variance, v = squares/variance^2 and the weight w = 1/(1 + v/0.04) of a half-year, its square is
    (sum w (z^2 - v) + 2 x 0.04)/(sum w + 2), and at least 0: without half-years it is 0.2.
    """
    prior = UNFITTED_DRIFT**2
    weights, excess = [], []
    for half in halves:
        z, v = half.total / half.variance, half.squares / half.variance**2
        weight = 1 / (1 + v / prior)
        weights.append(weight)
        excess.append(weight * (z * z - v))
    return sqrt(max(0.0, fsum(excess) + _DRIFT_WEIGHT * prior) / (fsum(weights) + _DRIFT_WEIGHT))


def _half_errors(record: ResolvedRecord, shrinkage: Shrinkage) -> Iterator[HalfError]:
    """Yield the errors of each half-year that follows enough resolved claims for a context."""
    rates, totals = Rates(), dict[Cell, Result]()
    for before, half in pairwise([None, *sorted(record.halves.keys() | record.votes.keys())]):
        if before is not None:
            _add_half(record, before, rates, totals)
        if rates.claims >= FITTED_FROM and (sides := record.halves.get(half or (0, 0))):
            yield _half_error(sides, _centred(rates, shrinkage, totals))


def _add_half(record: ResolvedRecord, half: _Half, rates: Rates, totals: dict[Cell, Result]) -> None:
    for cell, count in record.votes[half].items():
        rates.add_count(cell.lineage, count)
    for sides, times in record.halves[half].items():
        for cell, right in sides:
            totals[cell] = totals.get(cell, _NO_RESULT).plus(times, times * right)


def _half_error(claims: Mapping[_Sides, int], context: Context) -> HalfError:
    errors, variances = [], []
    for sides, times in claims.items():
        errors.append((times, fsum(right / UNIT - context.expected(cell) for cell, right in sides)))
        variances.append(times * fsum((e := context.expected(cell)) * (1 - e) for cell, _ in sides))
    return HalfError(
        fsum(times * error for times, error in errors),
        fsum(times * error**2 for times, error in errors),
        fsum(variances),
    )
