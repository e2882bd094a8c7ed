"""The features of a report at its publication, for `forecast/1`.

Every feature is in log-odds or on a similar scale, so that the weights have useful priors.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from service.values.vocabulary import Stance

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

STANCES = tuple(Stance)
CODES = {stance: code for code, stance in enumerate(STANCES)}
_SUPPORT, _DENY = CODES[Stance.SUPPORT], CODES[Stance.DENY]
COMMITMENTS = (1, 2, 3, 4)

COPYING = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""The candidates for delta: n outlets with the same stance count like n^delta independent ones."""

KAPPA = 16.0
"""The number of claims at which the difference of an outlet from the average is shrunk to half."""
LIKELIHOOD_WEIGHT = 6.0
"""The weight of the record of all outlets in the record of one, in claims."""
CONTEXTS_WEIGHT = 10.0
"""The number of resolved claims at which the pooled contexts are shrunk to half. With few resolved claims, all contexts
are based on the same ones, so that their errors are correlated."""
STATED_WITHIN = (0.01, 0.99)
"""The range to which stated probabilities are clamped."""


class Term(NamedTuple):
    """A feature with the normal prior of its weight."""

    name: str
    mean: float
    deviation: float


TERMS = (
    Term("bias", 0.0, 0.5),
    *(Term(f"stance_{stance}", 0.0, 0.5) for stance in STANCES),
    *(Term(f"commitment_{step}", 0.0, 0.5) for step in COMMITMENTS),
    Term("base_rate", 0.8, 0.5),
    Term("contexts", 0.8, 0.5),
    Term("own_record", 0.7, 0.5),
    Term("same_outlet", 0.0, 0.5),
    Term("first", 0.0, 0.5),
    Term("reports", 0.0, 0.3),
    Term("agreement", 0.3, 0.5),
    Term("records_support", 0.4, 0.4),
    Term("records_deny", 0.4, 0.4),
    Term("records_other", 0.4, 0.4),
    Term("rivals", 0.0, 0.5),
    Term("stated", 1.0, 0.3),
    Term("is_stated", 0.0, 0.5),
    Term("likelihood", 0.3, 0.4),
)
NAMES = tuple(term.name for term in TERMS)


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
    """The record of all outlets together, for each report: claims, and votes by stance."""

    claims: Floats
    true: Floats
    votes: Floats
    """Reports x stances."""
    votes_true: Floats


def design(own: Votes, others: Votes, row: Ints, settings: Circumstances, totals: Totals) -> tuple[Floats, Floats]:
    """Return the features of reports.

    Args:
        own: The reports.
        others: The other votes at their publication.
        row: For each of `others`, the index of the report.
        settings: The circumstances of the reports.
        totals: The record of all outlets together.

    Returns:
        The features in the order of `TERMS` except the last one, and the last one, `likelihood`, for each of `COPYING`.
    """
    n = len(own.stance)
    silent, others_silent = np.isnan(own.stated), np.isnan(others.stated)
    seen = np.bincount(row, minlength=n)
    share = (totals.votes_true + 1) / (totals.votes + 2)
    base = _logit((totals.true + 1) / (totals.claims + 2))
    counts = _by_group(row, others.stance, others_silent, n)
    stated, is_stated = _stated(own, others, row, n)
    shift = silent * _shift(own, share[np.arange(n), own.stance])
    shifts = others_silent * _shift(others, share[row, others.stance])
    shifted = _by_group(row, others.stance, shifts, n) / np.sqrt(np.maximum(counts, 1))
    columns = [
        np.ones(n),
        *(silent * (own.stance == code) for code in range(len(STANCES))),
        *(silent * (settings.commitment == step) for step in COMMITMENTS),
        base * ~is_stated,
        _pooled_contexts(own, others, row, base) * totals.claims / (totals.claims + CONTEXTS_WEIGHT),
        shift,
        settings.known,
        seen == 0,
        np.log1p(seen),
        _agreement(own.stance, silent, counts),
        *shifted.T,
        np.log1p(settings.rivals),
        stated,
        is_stated,
    ]
    return np.array(columns, np.float64).T, _pooled_likelihoods(own, others, row, totals)


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-p))


def _by_group(row: Ints, stance: Ints, weight: npt.NDArray[np.generic], n: int) -> Floats:
    """Return the sums for each row over its supporters, its deniers and the rest."""
    group = np.minimum(stance, 2)
    sums: Floats = np.bincount(row * 3 + group, weight.astype(np.float64), minlength=3 * n).astype(np.float64)
    return sums.reshape(n, 3)


def _shift(votes: Votes, share: Floats) -> Floats:
    """Return the difference of an outlet from all outlets with the same stance, in log-odds."""
    return _logit((votes.true + KAPPA * share) / (votes.claims + KAPPA)) - _logit(share)


def _agreement(stance: Ints, silent: npt.NDArray[np.bool_], counts: Floats) -> Floats:
    """Return (supporters - deniers) / sqrt(supporters + deniers), including the report itself."""
    support = counts[:, 0] + silent * (stance == _SUPPORT)
    deny = counts[:, 1] + silent * (stance == _DENY)
    return np.asarray((support - deny) / np.sqrt(np.maximum(support + deny, 1)))


def _stated(own: Votes, others: Votes, row: Ints, n: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the mean of the stated probabilities in log-odds, and whether there is any."""
    own_odds, other_odds = _stated_odds(own.stated), _stated_odds(others.stated)
    number = ~np.isnan(own.stated) + np.bincount(row, ~np.isnan(others.stated), minlength=n)
    return (own_odds + np.bincount(row, other_odds, minlength=n)) / np.maximum(number, 1), number > 0


def _stated_odds(stated: Floats) -> Floats:
    return _logit(np.where(np.isnan(stated), 0.5, stated).clip(*STATED_WITHIN))


def _pooled_contexts(own: Votes, others: Votes, row: Ints, base: Floats) -> Floats:
    """Return the log-odds of the contexts of all reports above the base rate, summed and divided by sqrt(number).

    A stated probability replaces the context of its report; see `_stated`.
    """
    n = len(own.stance)
    silent, others_silent = np.isnan(own.stated), np.isnan(others.stated)
    above = silent * (_logit(own.rate) - base)
    others_above = others_silent * (_logit(others.rate) - base[row])
    number = silent + np.bincount(row, others_silent, minlength=n)
    return (above + np.bincount(row, others_above, minlength=n)) / np.sqrt(np.maximum(number, 1))


def _pooled_likelihoods(own: Votes, others: Votes, row: Ints, totals: Totals) -> Floats:
    """Return the log-likelihood ratio of all stances, given the records of their outlets, for each choice of delta."""
    n, kinds = len(own.stance), len(STANCES)
    rows = np.concatenate([np.arange(n), row])
    votes = Votes(*(np.concatenate(pair) for pair in zip(own, others, strict=True)))
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
