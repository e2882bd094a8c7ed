"""Checks after a fault that the records are consistent with the responses of the service."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import sqlalchemy as sa

from service.ledger.verify import verify_ledger
from service.outlets.rebuild_sums import rebuild_sums
from service.outlets.track_record import Lens
from service.schemas.scores import ScoreOut
from service.scores.read import read_score
from service.storage.db import Database
from service.storage.models import Claim, Report, Resolution, StoredResponse
from service.values.vocabulary import Basis
from tests.support.fault_load import OUTLETS, PER_CLAIM, Observed
from tests.support.live_service import Service

_VOLATILE = ("computed_at", "as_of", "ledger")
"""The members in which two responses with the same score may differ."""


def find_damage(service: Service, db: Database, observed: Observed, name: str) -> Counter[str]:
    """Return what is inconsistent, and how often. Nothing may write during the check."""
    damage = _wrong_rows(db, observed, name)
    damage["sums that differ from a rebuild"] += rebuild_sums(db, now=dt.datetime.now(dt.UTC))
    damage["differences from the ledger"] += sum(1 for _ in verify_ledger(db))
    damage["cached scores that differ from the rows"] += sum(not _is_right(service, db, outlet) for outlet in OUTLETS)
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            damage["damage to the file"] += connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok"
    return +damage


def _wrong_rows(db: Database, observed: Observed, name: str) -> Counter[str]:
    wrong: Counter[str] = Counter()
    with db.read() as session:
        named = Claim.external_id.startswith(f"{name}-")
        rows = session.execute(sa.select(Claim.external_id, Claim.id).where(named))
        claims = {external_id: str(id_) for external_id, id_ in rows}
        reports = _per_claim(session, Report, named)
        resolutions = _per_claim(session, Resolution, named)
        all_resolutions = {str(id_) for id_ in session.scalars(sa.select(Resolution.id))}
        keys = session.scalars(sa.select(StoredResponse.idempotency_key))
        stored = {key for key in keys if key.partition("-")[2].startswith(f"{name}-")}
    wrong["acknowledged claims that are missing"] += sum(claims.get(c) != observed.claims[c] for c in observed.claims)
    wrong["acknowledged resolutions that are missing"] += len(set(observed.resolutions.values()) - all_resolutions)
    wrong["claims that were not sent"] += len(
        claims.keys() - observed.claims.keys() - _external_ids(observed.doubtful, "file")
    )
    wrong["claims without all of their reports"] += sum(reports[claim] != PER_CLAIM for claim in claims)
    wrong["resolutions that are not there once"] += sum(
        not _is_plausible(resolutions[claim], claim, observed) for claim in claims
    )
    effects = {f"file-{claim}" for claim in claims}
    effects |= {f"resolve-{claim}" for claim in claims if resolutions[claim] > 0}
    effects |= {f"correct-{claim}" for claim in claims if resolutions[claim] > 1}
    wrong["effects without a stored response, or the reverse"] += len(effects ^ stored)
    return wrong


def _is_plausible(count: int, claim: str, observed: Observed) -> bool:
    """Return whether a claim may have this number of resolutions."""
    acknowledged = (claim in observed.resolutions) + (claim in observed.corrected)
    doubtful = {f"resolve-{claim}", f"correct-{claim}"} & observed.doubtful
    return acknowledged <= count <= acknowledged + len(doubtful)


def _per_claim(session: Any, table: Any, condition: Any) -> Counter[str]:
    """Return the number of rows of a table by the external id of their claim."""
    query = sa.select(Claim.external_id, sa.func.count()).join(table, table.claim_id == Claim.id).where(condition)
    return Counter(dict(session.execute(query.group_by(Claim.external_id)).all()))


def _external_ids(keys: set[str], prefix: str) -> set[str]:
    return {key.removeprefix(f"{prefix}-") for key in keys if key.startswith(f"{prefix}-")}


def _is_right(service: Service, db: Database, outlet: str) -> bool:
    """Return whether the score that is served, cached or not, equals the one computed from the rows."""
    slug = outlet.lower().replace(" ", "-")
    lens = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=0.9)
    computed = ScoreOut().dump(read_score(db, slug, lens=lens, now=dt.datetime.now(dt.UTC)))
    served = [service.call("GET", f"/v1/outlets/{slug}/score")[1] for _ in range(2)]
    return all(_stable(score) == _stable(computed) for score in served)


def _stable(score: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in score.items() if name not in _VOLATILE}
