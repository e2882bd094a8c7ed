"""Fit a context, which holds the rates expected of an average outlet, to resolved claims. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from math import fsum

from service.methods.cells import Cell
from service.methods.context_parameters import Showing, fit_kappa, fit_offset, fit_shrinkage
from service.methods.drift import HalfError, fit_drift
from service.methods.rates import UNIT, Rates, rates_of
from service.methods.resolved_record import NO_RESULT, Half, ResolvedRecord, Result, Sides
from service.methods.tally import FITTED_FROM, Context, Shrinkage


def fit_context(record: ResolvedRecord) -> Context:
    """Return the context fitted to the sums over resolved claims, with a placeholder as its id."""
    rates = rates_of(record.cells)
    shrinkage = fit_shrinkage(rates)
    fitted = _centred(rates, shrinkage, _totals(record.outlets.values()))
    fitted = replace(fitted, kappa=fit_kappa(_showing(results, fitted) for results in record.outlets.values()))
    return replace(fitted, drift=fit_drift(_half_errors(record, shrinkage)))


def _centred(rates: Rates, shrinkage: Shrinkage, totals: Mapping[Cell, Result]) -> Context:
    """Return a context with given rates and shrinkage, and the offset that fits all outlets' results."""
    context = Context(id="fitted", as_of=None, rates=rates, shrinkage=shrinkage)
    cells = [(result.resolved, context.log_odds(cell)) for cell, result in totals.items()]
    right = sum(result.right for result in totals.values()) / UNIT
    return replace(context, offset=fit_offset(cells, right))


def _totals(records: Iterable[Mapping[Cell, Result]]) -> dict[Cell, Result]:
    totals: dict[Cell, Result] = {}
    for record in records:
        for cell, result in record.items():
            totals[cell] = totals.get(cell, NO_RESULT).plus(*result)
    return totals


def _showing(results: Mapping[Cell, Result], context: Context) -> Showing:
    right = sum(result.right for result in results.values()) / UNIT
    expected = fsum(result.resolved * context.expected(cell) for cell, result in results.items())
    return Showing(right, expected, sum(result.resolved for result in results.values()))


def _half_errors(record: ResolvedRecord, shrinkage: Shrinkage) -> Iterator[HalfError]:
    """Yield all outlets' errors in each half-year that starts with enough resolved claims for a context."""
    rates, totals = Rates(), dict[Cell, Result]()
    for before, half in pairwise([None, *sorted(record.halves.keys() | record.votes.keys())]):
        if before is not None:
            _add_half(record, before, rates, totals)
        if rates.claims >= FITTED_FROM and (sides := record.halves.get(half or (0, 0))):
            yield _half_error(sides, _centred(rates, shrinkage, totals))


def _add_half(record: ResolvedRecord, half: Half, rates: Rates, totals: dict[Cell, Result]) -> None:
    for cell, count in record.votes[half].items():
        rates.add_count(cell.lineage, count)
    for sides, times in record.halves[half].items():
        for cell, right in sides:
            totals[cell] = totals.get(cell, NO_RESULT).plus(times, times * right)


def _half_error(claims: Mapping[Sides, int], context: Context) -> HalfError:
    errors, variances = [], []
    for sides, times in claims.items():
        errors.append((times, fsum(right / UNIT - context.expected(cell) for cell, right in sides)))
        variances.append(times * fsum((e := context.expected(cell)) * (1 - e) for cell, _ in sides))
    return HalfError(
        fsum(times * error for times, error in errors),
        fsum(times * error**2 for times, error in errors),
        fsum(variances),
    )
