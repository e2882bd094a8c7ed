"""The contexts on record, and fitting a new one. A context is never changed, so that a score can name it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.methods.context import FITTED_FROM, STARTING_CONTEXT, Context, Showing, fit_kappa
from service.methods.rates import Count, Key, Rates
from service.methods.tally import Parts, tally
from service.outlets.sums import read_rates, read_sums
from service.storage.db import Database
from service.storage.locks import lock_name
from service.storage.memo import Memo
from service.storage.models import ContextRow, Outlet, Subtotal
from service.values.vocabulary import ClaimKind, Role, Stance

_CONTEXTS: Memo[Context] = Memo(16)
REFIT_AFTER = dt.timedelta(days=1)
# Put together once: every score asks for it.
_NEWEST = sa.select(ContextRow.number, ContextRow.recorded_at).order_by(ContextRow.number.desc()).limit(1)


def context_of(session: Session, recorded_by: dt.datetime | None = None) -> Context:
    """The newest context, or the one that was the newest at a past moment."""
    newest = _NEWEST if recorded_by is None else _NEWEST.where(ContextRow.recorded_at <= recorded_by)
    found = session.execute(newest).one_or_none()
    return STARTING_CONTEXT if found is None else _context(session, *found)


def refit_context(db: Database, cache: ScoreCache, *, now: dt.datetime, at_once: bool = False) -> Context | None:
    """Fit a new context where one is due: daily, or when resolved claims have grown by a tenth.

    Args:
        db: The database.
        cache: The scores, all of which a new context makes old.
        now: The moment of the call.
        at_once: Fit even if none is due.

    Returns:
        The new context; None when none was due, fewer than 200 claims are resolved, the new one would say the
        same, or another process has just made one.
    """
    begun = time.monotonic()
    with db.read(unlimited=True) as session:
        newest = session.scalar(sa.select(ContextRow).order_by(ContextRow.number.desc()).limit(1))
        rates = read_rates(session)
        if rates.claims < FITTED_FROM or not (at_once or _is_due(newest, rates, now)):
            return None
        scored = sa.select(Outlet.id).where(Outlet.scorable)
        records = read_sums(session, Subtotal.outlet_id.in_(scored), topic=None).values()
    fitted = fit(rates, records)
    row = ContextRow(
        number=1 if newest is None else newest.number + 1,
        kappa=fitted.kappa,
        claims=rates.claims,
        rates=_listed(rates),
    )
    if newest is not None and (newest.kappa, newest.rates) == (row.kappa, row.rates):
        return None
    with db.write() as session:
        lock_name(session, "refit of contexts")
        if session.get(ContextRow, row.number) is not None:
            return None
        # It stands from now on: scores that were asked for while it was fitted were held against the one before.
        row.recorded_at = now + dt.timedelta(seconds=time.monotonic() - begun)
        session.add(row)
        invalidate_all_scores(session, cache, now=now)
    return replace(fitted, id=context_name(row.number), as_of=row.recorded_at)


def fit(rates: Rates, records: Iterable[Parts]) -> Context:
    """The context that rates make, with the kappa that the records of outlets ask for."""
    unfitted = Context("fitted", None, STARTING_CONTEXT.kappa, rates)
    own = (tally(record, Role.OWN, scorable=True) for record in records)
    kappa = fit_kappa(Showing(side.right, side.expected(unfitted), side.resolved) for side in own)
    return replace(unfitted, kappa=kappa)


def _is_due(newest: ContextRow | None, rates: Rates, now: dt.datetime) -> bool:
    if newest is None or 10 * rates.claims >= 11 * newest.claims:
        return True
    return now - newest.recorded_at >= REFIT_AFTER and newest.rates != _listed(rates)


def _context(session: Session, number: int, recorded_at: dt.datetime) -> Context:
    def load() -> Context:
        row = session.get_one(ContextRow, number)
        return Context(context_name(number), recorded_at, row.kappa, _rates(row.rates))

    return _CONTEXTS.get(session, (number, recorded_at), load)


def context_name(number: int) -> str:
    """What a score calls a context."""
    return f"ctx_{number}"


def _listed(rates: Rates) -> list[list[Any]]:
    """The cells as JSON keeps them, in an order of their own."""
    return sorted(([list(key), *count] for key, count in rates.counts.items()), key=str)


def _rates(listed: Iterable[list[Any]]) -> Rates:
    return Rates({_key(*key): Count(weight, true) for key, weight, true in listed})


def _key(stance: str, *narrower: Any) -> Key:
    kind = map(ClaimKind, narrower[:1])
    return (Stance(stance), *kind, *narrower[1:])
