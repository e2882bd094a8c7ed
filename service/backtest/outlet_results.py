"""The results of outlets on resolved claims, with the rate expected of an average outlet."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from math import fsum
from operator import attrgetter
from typing import NamedTuple

from service.backtest.protocol import ResolvedClaim
from service.backtest.records import Record
from service.methods.beta import logistic, logit
from service.methods.cells import Cell
from service.methods.claim import share_of
from service.methods.drift import HalfError
from service.methods.rates import Rates
from service.methods.tally import Context, clamped
from service.values.vocabulary import ClaimKind, Stance


class ClaimResult(NamedTuple):
    """The result of one outlet on one claim, with the rate expected of an average outlet."""

    claim: int
    known_at: dt.datetime
    right: float
    expected: float
    """The rate at which an average outlet is right, as known before the claim was resolved."""


def outlet_results(resolutions: Iterable[ResolvedClaim]) -> list[list[ClaimResult]]:
    """Return one list of results for each outlet, in the order in which its claims were resolved."""
    results: defaultdict[str, list[ClaimResult]] = defaultdict(list)
    rates = Rates()
    number = 0
    for known_at, together in groupby(resolutions, key=attrgetter("known_at")):
        context = Context("backtest", None, rates)
        batch = [(resolution.proved, _sides(resolution.reports)) for resolution in together]
        for proved, sides in batch:
            number += 1
            for side in sides:
                right = proved == (side.stance is Stance.SUPPORT)
                results[side.outlet].append(ClaimResult(number, known_at, right, context.expected(_cell(side))))
        for proved, sides in batch:
            for side in sides:
                rates.add_count(_cell(side).lineage, share_of(float(proved), among=len(sides)))
    return list(results.values())


def centred(record: Iterable[ClaimResult], offset: float) -> list[ClaimResult]:
    """Return results with the offset added to the log-odds of their expected rates."""
    return [claim._replace(expected=clamped(logistic(logit(claim.expected) + offset))) for claim in record]


def half_errors(claims: Iterable[ClaimResult]) -> list[HalfError]:
    """Return the total errors of all outlets in each half-year, for fitting the drift."""
    halves: defaultdict[tuple[int, int], dict[int, list[ClaimResult]]] = defaultdict(dict)
    for claim in claims:
        halves[claim.known_at.year, claim.known_at.month // 7].setdefault(claim.claim, []).append(claim)
    return [_half_error(by_claim.values()) for by_claim in halves.values()]


def _half_error(claims: Collection[Sequence[ClaimResult]]) -> HalfError:
    errors = [fsum(side.right - side.expected for side in sides) for sides in claims]
    variances = [side.expected * (1 - side.expected) for sides in claims for side in sides]
    return HalfError(fsum(errors), fsum(error**2 for error in errors), fsum(variances))


def _sides(reports: Sequence[Record]) -> list[Record]:
    """Return the last `support` or `deny` report of each outlet (R6)."""
    return list({report.outlet: report for report in reports if report.stance.takes_side}.values())


def _cell(record: Record) -> Cell:
    return Cell(record.stance, ClaimKind.FACT, record.commitment, record.topic)


def sums_of(record: Sequence[ClaimResult]) -> tuple[float, float, int]:
    """Return the number of an outlet's claims: right, expected to be right, and in total."""
    return fsum(claim.right for claim in record), fsum(claim.expected for claim in record), len(record)
