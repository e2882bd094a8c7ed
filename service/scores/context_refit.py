"""Fit a new context, the rates and parameters that scores are compared with, when one is due."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.methods.cells import Cell
from service.methods.claim import positions
from service.methods.context_fit import fit_context
from service.methods.rates import TruthCount, rates_of
from service.methods.resolved_record import ResolvedRecord, resolved_reports
from service.methods.tally import FITTED_FROM
from service.outlets.positions import read_claims
from service.outlets.stored_rates import read_cells
from service.scores.contexts import RENAMES, StoredContext, context_name, current_cells
from service.storage.db import Database
from service.storage.locks import lock_name
from service.storage.models import Claim, ContextRow, Outlet, Resolution, TopicRename
from service.storage.renames import CONTEXTS
from service.values.vocabulary import Basis

REFIT_AFTER = dt.timedelta(days=1)


def refit_context(db: Database, cache: ScoreCache, *, now: dt.datetime, at_once: bool = False) -> str | None:
    """Fit a new context if one is due: daily, or when the number of resolved claims has grown by a tenth.

    Args:
        db: The database.
        cache: The score cache; a new context invalidates all scores.
        now: The time of the call.
        at_once: Whether to fit even if none is due.

    Returns:
        The name of the new context. None if none was due, if fewer than 200 claims are resolved, if it would equal a
        context that is less than a day old, or if another process stored a context or renamed a topic at the same time.
    """
    started = time.monotonic()
    with db.read(unlimited=True) as session:
        newest = session.scalar(sa.select(ContextRow).order_by(ContextRow.number.desc()).limit(1))
        renames = session.execute(RENAMES).one()
        at_once = at_once or _mixes_topics(session, newest)
        if not (at_once or _is_due(session, newest, read_cells(session), now=now)):
            return None
        records = _read_resolved(session, now=now)
    contexts = {basis: _as_json(record) for basis, record in records.items()}
    if contexts[Basis.RESOLVED] is None:
        return None
    number = 1 if newest is None else newest.number + 1
    if newest is not None and newest.contexts == contexts and not _is_old(newest, now):
        return None
    with db.write() as session:
        lock_name(session, CONTEXTS)
        if session.get(ContextRow, number) is not None or session.execute(RENAMES).one() != renames:
            return None
        # The time of the commit, because scores that were read during the fit were compared with the previous context.
        recorded_at = now + dt.timedelta(seconds=time.monotonic() - started)
        session.add(ContextRow(number=number, contexts=contexts, recorded_at=recorded_at))
        invalidate_all_scores(session, cache, now=now)
    return context_name(number)


def _is_due(session: Session, newest: ContextRow | None, cells: Mapping[Cell, TruthCount], *, now: dt.datetime) -> bool:
    claims = rates_of(cells).claims
    if claims < FITTED_FROM or newest is None:
        return claims >= FITTED_FROM
    fitted: StoredContext = newest.contexts[Basis.RESOLVED]
    if 10 * claims >= 11 * fitted["claims"]:
        return True
    return _is_old(newest, now) and (current_cells(session, newest) != cells or _has_matured(session, newest, now=now))


def _mixes_topics(session: Session, newest: ContextRow | None) -> bool:
    """Return whether a rename that was in effect when a context was fitted has been undone since."""
    if newest is None:
        return False
    undone = sa.exists().where(TopicRename.context < newest.number, TopicRename.undone_at > newest.recorded_at)
    return bool(session.scalar(sa.select(undone)))


def _is_old(newest: ContextRow, now: dt.datetime) -> bool:
    return now - newest.recorded_at >= REFIT_AFTER


def _has_matured(session: Session, newest: ContextRow, *, now: dt.datetime) -> bool:
    """Return whether a resolved claim has fallen due, and so become `matured`, since a context was fitted."""
    due = sa.and_(Claim.resolves_by > newest.recorded_at, Claim.resolves_by <= now)
    resolved = sa.exists().where(Resolution.claim_id == Claim.id, Resolution.truth.is_not(None))
    return session.scalar(sa.select(sa.exists().where(due, resolved))) is True


def _read_resolved(session: Session, *, now: dt.datetime) -> dict[Basis, ResolvedRecord]:
    """Return the record of all resolved claims, to which a context is fitted, by basis."""
    scorable = set(session.scalars(sa.select(Outlet.id).where(Outlet.scorable)))
    records = {basis: ResolvedRecord() for basis in Basis}
    for claim in read_claims(session, only=Resolution.truth.is_not(None)):
        facts = claim.facts
        if facts.known_at is None:
            continue
        reports = resolved_reports(facts, positions(claim.reports, facts.known_at), scorable)
        records[Basis.RESOLVED].add(reports, since=facts.known_at)
        if facts.resolves_by is None or facts.resolves_by <= now:
            matured_at = max(facts.known_at, facts.resolves_by or facts.known_at)
            records[Basis.MATURED].add(reports, since=matured_at)
    return records


def _as_json(record: ResolvedRecord) -> StoredContext | None:
    """Fit a context to a record and return it for storage; None if too few claims are resolved."""
    cells = record.cells
    if (claims := rates_of(cells).claims) < FITTED_FROM:
        return None
    context = fit_context(record)
    return StoredContext(
        kappa=context.kappa,
        offset=context.offset,
        drift=context.drift,
        shrinkage=list(context.shrinkage),
        claims=claims,
        cells=sorted(([list(cell), *count] for cell, count in cells.items()), key=str),
    )
