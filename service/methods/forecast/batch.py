"""Reports as arrays, with the information that was available when they were published."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.methods.forecast.terms import Bools, Floats, Ints, Values


class Votes(NamedTuple):
    """Reports that count as votes, with the records of their outlets: one array element for each report."""

    stance: Ints
    stated: Floats
    """The stated probability; nan without one."""
    rate: Floats
    """The context: the rate at which claims with such a report prove true."""
    claims: Floats
    """The number of resolved claims on which the outlet took the same stance."""
    true: Floats
    """The number of these claims that proved true."""
    all_true: Floats
    """The number of all claims of the outlet that proved true."""
    all_false: Floats
    """The number of all claims of the outlet that did not prove true."""


class Circumstances(NamedTuple):
    """The circumstances in which reports were published: one array element for each report."""

    commitment: Ints
    """The commitment level, 1..4; 0 when unknown."""
    known: Floats
    """1 if the outlet had reported the claim before."""
    rivals: Floats


class Totals(NamedTuple):
    """The record of all outlets together when each report was published: claims, and votes by stance."""

    claims: Floats
    true: Floats
    votes: Floats
    """The number of votes by stance: reports x stances."""
    votes_true: Floats


class Batch(NamedTuple):
    """Reports as arrays, with the information that was available when they were published."""

    own: Votes
    """The reports themselves."""
    others: Votes
    """The other votes on each report's claim when it was published, for all reports in one list."""
    row: Ints
    """The index in `own` of the report to which each of `others` belongs."""
    settings: Circumstances
    totals: Totals

    @property
    def silent(self) -> tuple[Bools, Bools]:
        """Return arrays that are true for each report, and each other vote, without a stated probability."""
        return np.isnan(self.own.stated), np.isnan(self.others.stated)

    @property
    def every(self) -> tuple[Bools, Bools]:
        """Return arrays that are true for every report, and for every other vote."""
        return np.ones(len(self.own.stance), np.bool_), np.ones(len(self.row), np.bool_)

    @property
    def base(self) -> Floats:
        """Return the log-odds of the base rate when each report was published."""
        return logit((self.totals.true + 1) / (self.totals.claims + 2))

    def sum(self, values: Values) -> Floats:
        """Return, for each report, the sum of the values of its other votes."""
        return np.asarray(np.bincount(self.row, values, minlength=len(self.own.stance)), np.float64)

    def sum_by_group(self, values: Values) -> Floats:
        """Return, for each report, the sums over other supporters, other deniers, and the rest: reports x 3."""
        n = len(self.own.stance)
        at = self.row * 3 + np.minimum(self.others.stance, 2)
        return np.asarray(np.bincount(at, values, minlength=3 * n), np.float64).reshape(n, 3)


def logit(p: Floats) -> Floats:
    """Return the log-odds of probabilities."""
    return np.asarray(np.log(p) - np.log1p(-p))
