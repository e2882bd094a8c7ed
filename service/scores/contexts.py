"""Read the contexts on record, and fit a new one. A context never changes, so that a score can name it."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.errors import CursorExpired
from service.methods.context import FITTED_FROM, STARTING_CONTEXT, Context, Showing, fit_kappa
from service.methods.rates import Key, Rates, TruthCount
from service.methods.tally import Parts, tally
from service.outlets.sums import read_rates, read_sums
from service.storage.db import Database
from service.storage.locks import lock_name
from service.storage.models import ContextRow, Outlet, Subtotal, TopicRename
from service.storage.renames import CONTEXTS, current_name, standing_renames
from service.values.vocabulary import ClaimKind, Role, Stance

_StoredRate: TypeAlias = list[Any]
"""A cell and its count, as JSON: the key of the cell as a list, the weight and the true weight."""


class _Newest(NamedTuple):
    """A context, and the state of the renames that name its topics: how many were made and undone, and when."""

    number: int
    recorded_at: dt.datetime
    made: int
    last_made: dt.datetime | None
    undone: int
    last_undone: dt.datetime | None


# Contexts never change, so each is loaded once. Its number alone could be that of another context in a restored backup.
_LOADED: WeakKeyDictionary[sa.Engine, dict[_Newest, Context]] = WeakKeyDictionary()
_MAX_LOADED = 16
_PREFIX = "ctx_"
_NAME = re.compile(rf"{_PREFIX}[0-9]{{1,9}}", re.ASCII)
REFIT_AFTER = dt.timedelta(days=1)
# Built once, because every score reads the newest context.
_RENAMES = sa.select(
    sa.func.count(TopicRename.recorded_at).label("made"),
    sa.func.max(TopicRename.recorded_at).label("last_made"),
    sa.func.count(TopicRename.undone_at).label("undone"),
    sa.func.max(TopicRename.undone_at).label("last_undone"),
)
_STATE = _RENAMES.subquery()
_NEWEST = (
    sa.select(ContextRow.number, ContextRow.recorded_at, _STATE)
    .join(_STATE, sa.true())
    .order_by(ContextRow.number.desc())
    .limit(1)
)


def context_of(session: Session, recorded_by: dt.datetime | None = None) -> Context:
    """Return the newest context, or the newest at a past moment."""
    newest = _NEWEST if recorded_by is None else _NEWEST.where(ContextRow.recorded_at <= recorded_by)
    found = session.execute(newest).one_or_none()
    return STARTING_CONTEXT if found is None else _load(session, _Newest(*found))


def context_named(session: Session, name: str) -> Context:
    """Return the context with a name, as a cursor carries it.

    Raises:
        CursorExpired: No context has this name any more.
    """
    if name == STARTING_CONTEXT.id:
        return STARTING_CONTEXT
    number = int(name.removeprefix(_PREFIX))
    found = session.execute(_NEWEST.where(ContextRow.number == number)).one_or_none()
    if found is None:
        raise CursorExpired("The first page was read from another database. Start again without cursor.")
    return _load(session, _Newest(*found))


def read_context_name(text: str) -> str:
    """Parse the name of a context.

    Raises:
        ValueError: No context can have this name.
    """
    if text != STARTING_CONTEXT.id and not _NAME.fullmatch(text):
        raise ValueError("Not the name of a context.")
    return text


def refit_context(db: Database, cache: ScoreCache, *, now: dt.datetime, at_once: bool = False) -> Context | None:
    """Fit a new context if one is due: daily, or when the number of resolved claims has grown by a tenth.

    Args:
        db: The database.
        cache: The score cache; a new context invalidates all scores.
        now: The time of the call.
        at_once: Whether to fit even if none is due.

    Returns:
        The new context. None if none was due, if fewer than 200 claims are resolved, if the new context would equal
        the newest one, or if another process stored one, or a topic was renamed, at the same time.
    """
    started = time.monotonic()
    with db.read(unlimited=True) as session:
        newest = session.scalar(sa.select(ContextRow).order_by(ContextRow.number.desc()).limit(1))
        rates = read_rates(session)
        renames = session.execute(_RENAMES).one()
        at_once = at_once or _mixes_topics(session, newest)
        if rates.claims < FITTED_FROM or not (at_once or _is_due(newest, rates, now)):
            return None
        scored = sa.select(Outlet.id).where(Outlet.scorable)
        records = read_sums(session, Subtotal.outlet_id.in_(scored), topic=None).values()
    fitted = fit(rates, records)
    row = ContextRow(
        number=1 if newest is None else newest.number + 1,
        kappa=fitted.kappa,
        claims=rates.claims,
        rates=_as_json(rates),
    )
    if newest is not None and (newest.kappa, newest.rates) == (row.kappa, row.rates):
        return None
    with db.write() as session:
        lock_name(session, CONTEXTS)
        if session.get(ContextRow, row.number) is not None or session.execute(_RENAMES).one() != renames:
            return None
        # Now, because scores that were read while it was fitted were compared with the previous context.
        row.recorded_at = now + dt.timedelta(seconds=time.monotonic() - started)
        session.add(row)
        invalidate_all_scores(session, cache, now=now)
    return replace(fitted, id=context_name(row.number), as_of=row.recorded_at)


def fit(rates: Rates, records: Iterable[Parts]) -> Context:
    """Return the context with these rates, and with the kappa that fits the records of outlets best."""
    unfitted = Context("fitted", None, STARTING_CONTEXT.kappa, rates)
    own = (tally(record, Role.OWN, scorable=True) for record in records)
    kappa = fit_kappa(Showing(side.right, side.expected(unfitted), side.resolved) for side in own)
    return replace(unfitted, kappa=kappa)


def _is_due(newest: ContextRow | None, rates: Rates, now: dt.datetime) -> bool:
    if newest is None or 10 * rates.claims >= 11 * newest.claims:
        return True
    return now - newest.recorded_at >= REFIT_AFTER and newest.rates != _as_json(rates)


def _mixes_topics(session: Session, newest: ContextRow | None) -> bool:
    """Return whether a context was fitted while a rename was in effect that was undone since."""
    if newest is None:
        return False
    undone = sa.exists().where(TopicRename.context < newest.number, TopicRename.undone_at > newest.recorded_at)
    return bool(session.scalar(sa.select(undone)))


def _load(session: Session, newest: _Newest) -> Context:
    loaded = _LOADED.setdefault(session.get_bind().engine, {})
    if (context := loaded.get(newest)) is None:
        if len(loaded) >= _MAX_LOADED:
            loaded.clear()
        row = session.get_one(ContextRow, newest.number)
        rates = _from_json(current_rates(session, row))
        context = Context(context_name(row.number), row.recorded_at, row.kappa, rates)
        loaded[newest] = context
    return context


def current_rates(session: Session, row: ContextRow) -> list[_StoredRate]:
    """Return the cells of a context as JSON, under the current names of topics (R21b)."""
    renames = standing_renames(session, TopicRename.context >= row.number)
    return _as_json(_from_json(row.rates).renamed(lambda topic: current_name(topic, renames))) if renames else row.rates


def context_name(number: int) -> str:
    """Return the name of a context, as scores give it."""
    return f"{_PREFIX}{number}"


def _as_json(rates: Rates) -> list[_StoredRate]:
    """Return the cells as JSON stores them, sorted."""
    return sorted(([list(key), *count] for key, count in rates.counts.items()), key=str)


def _from_json(stored: Iterable[_StoredRate]) -> Rates:
    return Rates({_key(*key): TruthCount(weight, true) for key, weight, true in stored})


def _key(stance: str, *narrower: Any) -> Key:
    kind = map(ClaimKind, narrower[:1])
    return (Stance(stance), *kind, *narrower[1:])
