"""A database with a row in every table of the ledger."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from service.methods.forecast import BUILD
from service.storage.models import ContextRow, DistinctClaims, ForecastRow, LearnerRow
from service.values.vocabulary import Scope
from tests.support.contexts import fitted_contexts
from tests.support.world import World, report

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def fill(world: World) -> None:
    """Make every kind of write once."""
    world.outlet("Herald", slug="herald", domains=["herald.example"], aliases=["The Herald"])
    relayed = {"outlet": None, "cited_as": "a friend"}
    claim = world.record(
        report("Herald", url="https://herald.example/1", quote="It opens.", relays=relayed), report("Echo")
    )
    _checked(world.patch(f"/v1/claims/{claim['id']}", {"topic": "bridges"}, headers={"If-Match": "*"}), 200)
    _checked(world.post("/v1/topics/renames", {"from": "bridges", "into": "roads/bridges"}))
    _checked(world.post(f"/v1/reports/{claim['reports'][1]['id']}/withdrawal", {"reason": "Another one's."}))
    world.resolve(claim, "true", evidence=["https://bridge.example/open"])
    disputer = world.with_scopes(Scope.CLAIMS_WRITE)
    _checked(disputer.post(f"/v1/claims/{claim['id']}/disputes", {"reason": "It is closed again."}))
    _checked(world.post("/v1/outlets/herald/replies", {"text": "We stand by it."}))
    duplicate = world.record(report("Mail"))
    _checked(world.post(f"/v1/claims/{duplicate['id']}/merge", {"into": claim["id"]}))
    other = world.record(text="Somebody is ill.", resolves_by="2027-01-01T00:00:00Z", kind="event", external_id="x/1")
    _checked(world.post("/v1/redactions", {"subject": other["id"], "members": ["text"], "reason": "A court said so."}))
    key = _checked(world.post("/v1/keys", {"name": "feed", "scopes": ["claims:write"]}))
    _checked(world.post(f"/v1/keys/{key['id']}/rotation", {}))
    with world.runtime.db.write() as session:
        session.add(DistinctClaims(claim_id=UUID(claim["id"]), other_id=UUID(other["id"]), recorded_at=NOW))
        session.add(ContextRow(number=1, contexts=fitted_contexts(("a", 5, 4), kappa=3.5), recorded_at=NOW))
        session.add(LearnerRow(number=1, build=BUILD, state={"w": [0.5]}, learned_from="1/2", recorded_at=NOW))
        session.add(
            ForecastRow(claim_id=UUID(other["id"]), day=NOW.date(), method="forecast/2", probability=1, recorded_at=NOW)
        )


def _checked(response, status=201):
    """Check the status of a response, and return its body."""
    assert status == response.status_code, response.text
    return response.json
