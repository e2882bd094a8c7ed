"""The features of a report at its publication, for `forecast/2`.

Every feature is in log-odds or on a similar scale, so that the weights have useful priors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.methods.forecast.batch import Batch, Votes, logit
from service.methods.forecast.likelihood import pooled_likelihoods
from service.methods.forecast.terms import CODES, COMMITMENTS, STANCES, Bools, Floats
from service.values.vocabulary import Stance

_SUPPORT, _DENY = CODES[Stance.SUPPORT], CODES[Stance.DENY]

KAPPA = 16.0
"""The weight, in claims, of all outlets' average in the record of one outlet."""
SMALL_KAPPA = 4.0
"""The weight used instead of `KAPPA` in the second model, which trusts short records more."""
CONTEXTS_WEIGHT = 10.0
"""The number of resolved claims at which pooled contexts get half of their full weight.

With few claims, all contexts are based on the same ones, so their errors are correlated.
"""
STATED_WITHIN = (0.01, 0.99)
"""The range to which stated probabilities are clamped."""


class Design(NamedTuple):
    """The features of reports, of which each model uses some."""

    features: Floats
    """The features: reports x `terms.STORED`."""
    likelihoods: Floats
    """The pooled likelihoods: reports x `COPYING`."""


def design(batch: Batch) -> Design:
    """Return the features of a batch of reports, for training or for a forecast."""
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
        silent * (logit(batch.own.rate) - batch.base * is_stated),
        *np.log1p(batch.sum_by_group(others_silent)).T,
    ]
    return Design(np.array(columns, np.float64).T, pooled_likelihoods(batch))


def _records(batch: Batch, kappa: float) -> list[Floats]:
    """Return the shift of each report's outlet from the average, and the others' pooled shifts by group."""
    own, others, totals = batch.own, batch.others, batch.totals
    silent, others_silent = batch.silent
    share = (totals.votes_true + 1) / (totals.votes + 2)
    shift = silent * _shift(own, share[np.arange(len(silent)), own.stance], kappa)
    shifts = others_silent * _shift(others, share[batch.row, others.stance], kappa)
    number = np.maximum(batch.sum_by_group(others_silent), 1)
    return [shift, *(batch.sum_by_group(shifts) / np.sqrt(number)).T]


def _shift(votes: Votes, share: Floats, kappa: float) -> Floats:
    """Return how much more often an outlet's claims prove true than all outlets' claims, in log-odds."""
    return logit((votes.true + kappa * share) / (votes.claims + kappa)) - logit(share)


def _agreement(batch: Batch, counts: Bools, others_count: Bools) -> Floats:
    """Return (supporters - deniers)/sqrt(supporters + deniers) among the votes that count."""
    numbers = batch.sum_by_group(others_count)
    support = numbers[:, 0] + counts * (batch.own.stance == _SUPPORT)
    deny = numbers[:, 1] + counts * (batch.own.stance == _DENY)
    return np.asarray((support - deny) / np.sqrt(np.maximum(support + deny, 1)))


def _stated(batch: Batch) -> tuple[Floats, Bools]:
    """Return the mean log-odds of the probabilities stated on each claim, and whether there are any."""
    silent, others_silent = batch.silent
    number = ~silent + batch.sum(~others_silent)
    total = _stated_odds(batch.own.stated) + batch.sum(_stated_odds(batch.others.stated))
    return total / np.maximum(number, 1), number > 0


def _stated_odds(stated: Floats) -> Floats:
    return logit(np.where(np.isnan(stated), 0.5, stated).clip(*STATED_WITHIN))


def _contexts(batch: Batch, counts: Bools, others_count: Bools) -> Floats:
    """Return the log-odds of the votes' contexts relative to the base rate, pooled for each report.

    The differences are summed over the votes that count, and divided by the square root of their number.
    """
    base = batch.base
    above = counts * (logit(batch.own.rate) - base)
    others_above = others_count * (logit(batch.others.rate) - base[batch.row])
    number = counts + batch.sum(others_count)
    return np.asarray((above + batch.sum(others_above)) / np.sqrt(np.maximum(number, 1)))
