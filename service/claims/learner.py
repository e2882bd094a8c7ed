"""Train the forecast models on the recorded claims, and load their newest state."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.known_claims import read_known
from service.claims.stance_counts import undue_weight
from service.methods import forecast
from service.methods.forecast import State
from service.storage.db import Database
from service.storage.locks import lock_name
from service.storage.memo import Memo
from service.storage.models import ClaimMerge, LearnerRow, Outlet, Report, Resolution, Version, Withdrawal

# A stored state never changes, so each is loaded once. Its number is not enough as a key, because a restored backup may
# have a different state with the same number.
_STATES = Memo[State](1)


def refit_learner(db: Database, *, now: dt.datetime) -> bool:
    """Train the forecast models on all claims, unless nothing has changed since the last training.

    Returns:
        Whether a new state was stored.
    """
    with db.read(unlimited=True) as session:
        learned_from = _record_size(session, now=now)
        newest = session.execute(_newest().with_only_columns(LearnerRow.learned_from)).scalar()
        if newest == learned_from:
            return False
        last = session.scalar(sa.select(sa.func.max(LearnerRow.number))) or 0
        state = forecast.refit(read_known(session, now=now)).to_json()
    with db.write() as session:
        lock_name(session, "refit of the learner")
        if session.get(LearnerRow, last + 1) is not None:
            return False
        row = LearnerRow(number=last + 1, build=forecast.BUILD, state=state, learned_from=learned_from, recorded_at=now)
        session.add(row)
        # Keep the states of other builds of the method, which other servers may still use.
        former = sa.select(LearnerRow).where(LearnerRow.build == forecast.BUILD, LearnerRow.number <= last)
        for earlier in session.scalars(former):
            session.delete(earlier)
    return True


def _record_size(session: Session, *, now: dt.datetime) -> str:
    """Return a text that changes whenever the claims to train on change.

    It consists of the sizes of tables to which rows are only added, the number and time of merges, and the weight of
    the resolved claims that are not due yet.
    """
    tables = (Report, Resolution, Withdrawal, Version, ClaimMerge)
    sizes = [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
    merges = sa.func.count(Outlet.merged_at), sa.func.max(Outlet.merged_at)
    undone = session.scalar(sa.select(sa.func.count(ClaimMerge.undone_at)))
    merged, last_merge = session.execute(sa.select(*merges)).one()
    moment = 0 if last_merge is None else int(last_merge.timestamp())
    return "/".join(map(str, [*sizes, undone, merged, moment, undue_weight(session, now=now)]))


def load_state(session: Session) -> State:
    """Return the newest trained state of this build of the method, or its initial state."""
    columns = LearnerRow.number, LearnerRow.learned_from, LearnerRow.recorded_at
    newest = session.execute(_newest().with_only_columns(*columns)).one_or_none()
    if newest is None:
        return forecast.START
    return _STATES.get(
        session, tuple(newest), lambda: State.from_json(session.get_one(LearnerRow, newest.number).state)
    )


def _newest() -> sa.Select[LearnerRow]:
    rows = sa.select(LearnerRow).where(LearnerRow.build == forecast.BUILD)
    return rows.order_by(LearnerRow.number.desc()).limit(1)
