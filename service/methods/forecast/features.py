"""The features of a report at its publication, for `forecast/2`.

Every feature is in log-odds or on a similar scale, so that the weights have useful priors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.methods.forecast.terms import CODES, COMMITMENTS, STANCES, Bools, Floats, Ints, Values
from service.values.vocabulary import Stance

_SUPPORT, _DENY = CODES[Stance.SUPPORT], CODES[Stance.DENY]

COPYING = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""The candidates for delta, 0..1: n outlets with the same stance count like n^delta independent ones."""

KAPPA = 16.0
"""The weight of the average of all outlets in the record of one, in claims."""
SMALL_KAPPA = 4.0
"""The same weight in the second model, which trusts short records more."""
LIKELIHOOD_WEIGHT = 6.0
"""The weight of the votes of all outlets in the likelihoods of one, in claims."""
CONTEXTS_WEIGHT = 10.0
"""The number of resolved claims at which pooled contexts count half. With few, they are based on the same claims, so
their errors are correlated."""
STATED_WITHIN = (0.01, 0.99)
"""The range to which stated probabilities are clamped."""


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
        return _logit((self.totals.true + 1) / (self.totals.claims + 2))

    def sum(self, values: Values) -> Floats:
        """Return the sums over the other votes of each report."""
        return np.asarray(np.bincount(self.row, values, minlength=len(self.own.stance)), np.float64)

    def sum_by_group(self, values: Values) -> Floats:
        """Return the sums over the other supporters, the other deniers, and the rest: reports x 3."""
        n = len(self.own.stance)
        at = self.row * 3 + np.minimum(self.others.stance, 2)
        return np.asarray(np.bincount(at, values, minlength=3 * n), np.float64).reshape(n, 3)


class Design(NamedTuple):
    """The features of reports. Each model uses some of them."""

    features: Floats
    """Reports x `terms.STORED`."""
    likelihoods: Floats
    """The pooled likelihoods: reports x `COPYING`."""


def design(batch: Batch) -> Design:
    """Return the features of reports."""
    silent, others_silent = batch.silent
    trusted = batch.totals.claims / (batch.totals.claims + CONTEXTS_WEIGHT)
    seen = np.bincount(batch.row, minlength=len(silent))
    stated, is_stated = _stated(batch)
    compared = is_stated & (seen > 0)
    columns = [
        np.ones(len(silent)),
        *(silent * (batch.own.stance == code) for code in range(len(STANCES))),
        *(silent * (batch.settings.commitment == step) for step in COMMITMENTS),
        batch.settings.known,
        seen == 0,
        np.log1p(batch.settings.rivals),
        stated,
        is_stated,
        compared * _contexts(batch, *batch.every) * trusted,
        compared * _agreement(batch, *batch.every),
        batch.base * ~is_stated,
        _contexts(batch, silent, others_silent) * trusted,
        np.log1p(seen),
        _agreement(batch, silent, others_silent),
        *_records(batch, KAPPA),
        *_records(batch, SMALL_KAPPA),
        silent * (_logit(batch.own.rate) - batch.base * is_stated),
        *np.log1p(batch.sum_by_group(others_silent)).T,
    ]
    return Design(np.array(columns, np.float64).T, _likelihoods(batch))


def _records(batch: Batch, kappa: float) -> list[Floats]:
    """Return the shift of the outlet of each report, and the pooled shifts of the others by group."""
    own, others, totals = batch.own, batch.others, batch.totals
    silent, others_silent = batch.silent
    share = (totals.votes_true + 1) / (totals.votes + 2)
    shift = silent * _shift(own, share[np.arange(len(silent)), own.stance], kappa)
    shifts = others_silent * _shift(others, share[batch.row, others.stance], kappa)
    number = np.maximum(batch.sum_by_group(others_silent), 1)
    return [shift, *(batch.sum_by_group(shifts) / np.sqrt(number)).T]


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-p))


def _shift(votes: Votes, share: Floats, kappa: float) -> Floats:
    """Return the difference of an outlet from all outlets with the same stance, in log-odds."""
    return _logit((votes.true + kappa * share) / (votes.claims + kappa)) - _logit(share)


def _agreement(batch: Batch, counts: Bools, others_count: Bools) -> Floats:
    """Return (supporters - deniers)/sqrt(supporters + deniers) among the votes that count."""
    numbers = batch.sum_by_group(others_count)
    support = numbers[:, 0] + counts * (batch.own.stance == _SUPPORT)
    deny = numbers[:, 1] + counts * (batch.own.stance == _DENY)
    return np.asarray((support - deny) / np.sqrt(np.maximum(support + deny, 1)))


def _stated(batch: Batch) -> tuple[Floats, Bools]:
    """Return the mean log-odds of the stated probabilities, and whether there are any."""
    silent, others_silent = batch.silent
    number = ~silent + batch.sum(~others_silent)
    total = _stated_odds(batch.own.stated) + batch.sum(_stated_odds(batch.others.stated))
    return total / np.maximum(number, 1), number > 0


def _stated_odds(stated: Floats) -> Floats:
    return _logit(np.where(np.isnan(stated), 0.5, stated).clip(*STATED_WITHIN))


def _contexts(batch: Batch, counts: Bools, others_count: Bools) -> Floats:
    """Return the sum of (log-odds of the context - base rate) over the votes that count, divided by sqrt(number)."""
    base = batch.base
    above = counts * (_logit(batch.own.rate) - base)
    others_above = others_count * (_logit(batch.others.rate) - base[batch.row])
    number = counts + batch.sum(others_count)
    return np.asarray((above + batch.sum(others_above)) / np.sqrt(np.maximum(number, 1)))


def _likelihoods(batch: Batch) -> Floats:
    """Return the pooled log-likelihood ratio of the votes, given the records of their outlets, for each delta."""
    totals, n, kinds = batch.totals, len(batch.own.stance), len(STANCES)
    rows = np.concatenate([np.arange(n), batch.row])
    votes = Votes(*(np.concatenate(pair) for pair in zip(batch.own, batch.others, strict=True)))
    silent = np.isnan(votes.stated)
    given_true = (totals.votes_true + 1) / (totals.votes_true.sum(axis=1, keepdims=True) + kinds)
    votes_false = totals.votes - totals.votes_true
    given_false = (votes_false + 1) / (votes_false.sum(axis=1, keepdims=True) + kinds)
    k = LIKELIHOOD_WEIGHT
    if_true = (votes.true + k * given_true[rows, votes.stance]) / (votes.all_true + k)
    if_false = (votes.claims - votes.true + k * given_false[rows, votes.stance]) / (votes.all_false + k)
    at = rows * kinds + votes.stance
    ratios = np.bincount(at, silent * np.log(if_true / if_false), minlength=n * kinds).reshape(n, kinds)
    number = np.maximum(np.bincount(at, silent, minlength=n * kinds).reshape(n, kinds), 1)
    return np.array([(ratios * number ** (delta - 1)).sum(axis=1) for delta in COPYING]).T
