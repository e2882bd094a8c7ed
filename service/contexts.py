"""The contexts on record, and fitting a new one. A context is never changed, so that a score can name it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache import ScoreCache
from service.context import FITTED_FROM, STARTING_CONTEXT, Context, Showing, fit_kappa
from service.db import Database, lock_name
from service.models import ContextRow
from service.outbox import leave_forget_all
from service.rates import Key, Rates
from service.records import ToldClaim, count_resolved, walk_resolved
from service.tally import NOTHING, Amounts, Slot, count_claim, tally
from service.vocabulary import ClaimKind, Role, Stance

# Contexts never change, so each is read once.
_READ: WeakKeyDictionary[sa.Engine, dict[int, Context]] = WeakKeyDictionary()
_DAY = dt.timedelta(days=1)


def context_of(session: Session, recorded_by: dt.datetime | None = None) -> Context:
    """The newest context, or the one that was the newest at a past moment."""
    newest = sa.select(ContextRow.number).order_by(ContextRow.number.desc()).limit(1)
    if recorded_by is not None:
        newest = newest.where(ContextRow.recorded_at <= recorded_by)
    number = session.scalar(newest)
    return STARTING_CONTEXT if number is None else _context(session, number)


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
    with db.read() as session:
        newest = session.scalar(sa.select(ContextRow).order_by(ContextRow.number.desc()).limit(1))
        resolved = count_resolved(session)
        if resolved < FITTED_FROM or not (at_once or _is_due(newest, resolved, now)):
            return None
        fitted = fit(walk_resolved(session))
    row = ContextRow(
        number=1 if newest is None else newest.number + 1,
        kappa=fitted.kappa,
        claims=resolved,
        rates=_listed(fitted.rates),
        recorded_at=now,
    )
    if newest is not None and (newest.kappa, newest.rates) == (row.kappa, row.rates):
        return None
    with db.write() as session:
        lock_name(session, "refit of contexts")
        if session.get(ContextRow, row.number) is not None:
            return None
        session.add(row)
        leave_forget_all(session, now=now)
    cache.forget_all()
    return replace(fitted, id=_name(row.number), as_of=now)


def fit(claims: Iterable[ToldClaim]) -> Context:
    """The context that claims make, each counted once: a report weighs one part in all that are scored of its claim."""
    rates = Rates()
    records: dict[UUID, dict[Slot, Amounts]] = {}
    for claim in claims:
        counted = {outlet_id: count_claim(claim.facts, where) for outlet_id, where in claim.positions().items()}
        scored = [(outlet_id, slot, amounts) for outlet_id, (slot, amounts) in counted.items() if amounts.resolved]
        for outlet_id, slot, amounts in scored:
            if slot.cell is not None and claim.facts.truth is not None:
                rates.add(slot.cell, truth=claim.facts.truth, among=len(scored))
            record = records.setdefault(outlet_id, {})
            record[slot] = record.get(slot, NOTHING).plus(amounts)
    provisional = Context("fitted", None, STARTING_CONTEXT.kappa, rates)
    own = (tally(record, Role.OWN, scorable=True) for record in records.values())
    kappa = fit_kappa(Showing(side.right, side.expected(provisional), side.resolved) for side in own)
    return replace(provisional, kappa=kappa)


def _is_due(newest: ContextRow | None, resolved: int, now: dt.datetime) -> bool:
    return newest is None or 10 * resolved >= 11 * newest.claims or now - newest.recorded_at >= _DAY


def _context(session: Session, number: int) -> Context:
    known = _READ.setdefault(session.get_bind().engine, {})
    if (context := known.get(number)) is None:
        row = session.get_one(ContextRow, number)
        context = known[number] = Context(_name(number), row.recorded_at, row.kappa, _rates(row.rates))
    return context


def _name(number: int) -> str:
    return f"ctx_{number}"


def _listed(rates: Rates) -> list[list[Any]]:
    """The cells as JSON keeps them, in an order of their own."""
    return sorted(([list(key), *count] for key, count in rates.counts.items()), key=str)


def _rates(listed: Iterable[list[Any]]) -> Rates:
    return Rates({_key(*key): (weight, true) for key, weight, true in listed})


def _key(stance: str, *narrower: Any) -> Key:
    kind = map(ClaimKind, narrower[:1])
    return (Stance(stance), *kind, *narrower[1:])
