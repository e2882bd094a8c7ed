"""Reports in arrays, with the information that was available when they were published."""

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
    """The circumstances in which reports are published: one array element for each report."""

    commitment: Ints
    """0 when unknown."""
    known: Floats
    """1 if the outlet had reported the claim before."""
    rivals: Floats


class Totals(NamedTuple):
    """The record of all outlets together when each report was published: claims, and votes by stance."""

    claims: Floats
    true: Floats
    votes: Floats
    """Reports x stances."""
    votes_true: Floats


class Batch(NamedTuple):
    """Reports, with what was known at their publication."""

    own: Votes
    """The reports."""
    others: Votes
    """The other votes at that time, for all reports in one list."""
    row: Ints
    """The index of the report that each of `others` belongs to."""
    settings: Circumstances
    totals: Totals

    @property
    def silent(self) -> tuple[Bools, Bools]:
        """Return whether each report, and each other vote, states no probability."""
        return np.isnan(self.own.stated), np.isnan(self.others.stated)

    @property
    def every(self) -> tuple[Bools, Bools]:
        """Return true for each report, and for each other vote."""
        return np.ones(len(self.own.stance), np.bool_), np.ones(len(self.row), np.bool_)

    @property
    def base(self) -> Floats:
        """Return the log-odds of the base rate."""
        return logit((self.totals.true + 1) / (self.totals.claims + 2))

    def sum(self, values: Values) -> Floats:
        """Return the sums over the other votes of each report."""
        return np.asarray(np.bincount(self.row, values, minlength=len(self.own.stance)), np.float64)

    def sum_by_group(self, values: Values) -> Floats:
        """Return the sums over the other supporters, the other deniers, and the rest: reports x 3."""
        n = len(self.own.stance)
        at = self.row * 3 + np.minimum(self.others.stance, 2)
        return np.asarray(np.bincount(at, values, minlength=3 * n), np.float64).reshape(n, 3)


def logit(p: Floats) -> Floats:
    """Return the log-odds of probabilities."""
    return np.asarray(np.log(p) - np.log1p(-p))
