"""Simulated fields: outlets with skills of their own, whose errors a half-year shifts together."""

from __future__ import annotations

import datetime as dt
import random
import statistics
from collections import defaultdict
from uuid import UUID

from scipy import stats
from scipy.special import expit, logit

from service.methods.cells import Cell
from service.methods.claim import share_of
from service.methods.context_fit import fit_context
from service.methods.drift import HalfError
from service.methods.rates import UNIT
from service.methods.reliability import CellRecord, Skill, skill_bounds
from service.methods.resolved_record import ResolvedRecord, ResolvedReports
from service.values.vocabulary import ClaimKind, Stance

OUTLETS = [UUID(int=number) for number in range(30)]
CELL = Cell(Stance.SUPPORT, ClaimKind.FACT, None, None)
RATE = 0.6
SKILLS = 0.5
"""The standard deviation of the skills in log-odds."""
HALVES = 11
"""The half-years; the last one is predicted from those before it."""
QUANTILES = 15  # on each side of the median


def errors_of(halves):
    """Return the errors of half-years, given as errors of reports by claim at the rate of the fields."""
    variance = RATE * (1 - RATE)
    for claims in halves:
        sums = [sum(claim) for claim in claims]
        yield HalfError(sum(sums), sum(each**2 for each in sums), variance * sum(map(len, claims)))


def equal_reports(seed):
    """Return ten half-years of 40 claims, each with five equal reports, without a shared error."""
    rng = random.Random(seed)  # noqa: S311 - the same numbers each time
    return errors_of([[[(rng.random() < RATE) - RATE] * 5 for _ in range(40)] for _ in range(HALVES - 1)])


def covered(shock, seed):
    """Return the shares of outlets whose last half-year is within the 90 % predicted by `record/2` and by `record/1`.

    Each half-year shifts all outlets by a normal shock with this standard deviation, in log-odds.
    """
    record, last = _field(random.Random(seed), shock)  # noqa: S311 - the same numbers each time
    context = fit_context(record)
    inside = [
        (
            is_within(*last[outlet], by_record_2(results[CELL], context)),
            is_within(*last[outlet], by_record_1(results[CELL], context)),
        )
        for outlet, results in record.outlets.items()
    ]
    return [statistics.mean(column) for column in zip(*inside, strict=True)]


def _field(rng, shock):
    """Return the record of all half-years but the last, and by outlet the number right and the claims of the last."""
    skills = {outlet: rng.gauss(0, SKILLS) for outlet in OUTLETS}
    record, last = ResolvedRecord(), defaultdict(lambda: (0, 0))
    for half in range(HALVES):
        common, since = rng.gauss(0, shock), dt.datetime(2015 + half // 2, 1 + 6 * (half % 2), 2, tzinfo=dt.UTC)
        for outlet, skill in skills.items():
            for _ in range(rng.randint(35, 45)):
                right = rng.random() < expit(logit(RATE) + skill + common)
                if half < HALVES - 1:
                    vote = CELL, share_of(float(right), among=1)
                    record.add(ResolvedReports([vote], [(outlet, CELL, right * UNIT)]), since=since)
                else:
                    last[outlet] = last[outlet][0] + right, last[outlet][1] + 1
    return record, last


def by_record_2(result, context):
    """Return the chances of an outlet that its interval stands for, equally probable."""
    rate = context.expected(CELL)
    skill = Skill((CellRecord(result.resolved, result.right / UNIT, rate),), context.kappa)
    levels = ((step + 0.5) / QUANTILES for step in range(QUANTILES))
    return [expit(logit(rate) + d) for level in levels for d in skill_bounds(skill, context.drift, level=level)]


def by_record_1(result, context):
    """Return the same chances by the method before it, whose interval was a beta distribution with halved counts."""
    rate, kappa, n = context.expected(CELL), context.kappa, result.resolved
    mean, precision = (result.right / UNIT + kappa * rate) / (n + kappa), kappa + n / 2
    tails = [(step + 0.5) / (2 * QUANTILES) for step in range(2 * QUANTILES)]
    return stats.beta.ppf(tails, mean * precision, (1 - mean) * precision)


def is_within(right, number, chances):
    """Return whether so many right are between the 5 % and the 95 % quantile of what the chances predict.

    The probability of exactly this number counts half on each side, as if the number were continuous.
    """
    below = statistics.mean(stats.binom.cdf(most, number, chances).mean() for most in (right - 1, right))
    return bool(0.05 < below < 0.95)
