"""What is on record after a fault, held against what the service had said."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import sqlalchemy as sa
from bench.load import OUTLETS, PER_CLAIM, Told

from service.ledger.verify import verify_ledger
from service.outlets.rebuild_sums import rebuild_sums
from service.outlets.track_record import Lens
from service.schemas.scores import ScoreOut
from service.scores.read import read_score
from service.storage.db import Database
from service.storage.models import Claim, Report, Resolution, StoredResponse
from service.values.vocabulary import Basis
from tests.support.live_service import Service

_OF_ITS_OWN = ("computed_at", "as_of", "ledger")
"""What two answers with the same score may differ in."""


def find_faults(service: Service, db: Database, told: Told, name: str) -> Counter[str]:
    """What is not as it was said to be; empty if all is well. Nobody writes meanwhile."""
    wrong = _wrong_rows(db, told, name)
    wrong["sums that differ from a rebuild"] += rebuild_sums(db, now=dt.datetime.now(dt.UTC))
    wrong["differences from the ledger"] += sum(1 for _ in verify_ledger(db))
    wrong["cached scores that differ from the rows"] += sum(not _is_right(service, db, outlet) for outlet in OUTLETS)
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            wrong["damage to the file"] += connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok"
    return +wrong


def _wrong_rows(db: Database, told: Told, name: str) -> Counter[str]:
    wrong: Counter[str] = Counter()
    with db.read() as session:
        named = Claim.external_id.startswith(f"{name}-")
        claims = {
            one: str(ident) for one, ident in session.execute(sa.select(Claim.external_id, Claim.id).where(named))
        }
        reports = _per_claim(session, Report, named)
        resolutions = _per_claim(session, Resolution, named)
        newest = {str(one) for one in session.scalars(sa.select(Resolution.id))}
        keys = session.scalars(sa.select(StoredResponse.idempotency_key).where(StoredResponse.status > 0))
        kept = {key for key in keys if key.partition("-")[2].startswith(f"{name}-")}
    wrong["acknowledged claims that are not there"] += sum(claims.get(one) != told.claims[one] for one in told.claims)
    wrong["acknowledged resolutions that are not there"] += len(set(told.resolutions.values()) - newest)
    wrong["claims that nobody sent"] += len(claims.keys() - told.claims.keys() - _named(told.doubtful, "file"))
    wrong["claims without all of their reports"] += sum(reports[one] != PER_CLAIM for one in claims)
    for one in claims:
        sure = (one in told.resolutions) + (one in told.corrected)
        doubtful = {f"resolve-{one}", f"correct-{one}"} & told.doubtful
        wrong["resolutions that are not there once"] += not sure <= resolutions[one] <= sure + len(doubtful)
    there = {f"file-{one}" for one in claims}
    there |= {f"resolve-{one}" for one in claims if resolutions[one] > 0}
    there |= {f"correct-{one}" for one in claims if resolutions[one] > 1}
    wrong["effects without an answer kept, or the reverse"] += len(there ^ kept)
    return wrong


def _per_claim(session: Any, table: Any, named: Any) -> Counter[str]:
    """How many rows of a table each claim has."""
    asked = sa.select(Claim.external_id, sa.func.count()).join(table, table.claim_id == Claim.id).where(named)
    return Counter(dict(session.execute(asked.group_by(Claim.external_id)).all()))


def _named(keys: set[str], what: str) -> set[str]:
    return {key.removeprefix(f"{what}-") for key in keys if key.startswith(f"{what}-")}


def _is_right(service: Service, db: Database, outlet: str) -> bool:
    """Whether the score that is answered, kept in Redis or not, is what the rows say."""
    slug = outlet.lower().replace(" ", "-")
    lens = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=0.9)
    computed = ScoreOut().dump(read_score(db, slug, lens=lens, now=dt.datetime.now(dt.UTC)))
    answers = [service.call("GET", f"/v1/outlets/{slug}/score")[1] for _ in range(2)]
    return all(_essence(answer) == _essence(computed) for answer in answers)


def _essence(score: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in score.items() if name not in _OF_ITS_OWN}
