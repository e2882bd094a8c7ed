"""service.transfer.trial: a dry run gives the results of a real load, and depends on everything on record"""

from __future__ import annotations

import pytest

from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from service.transfer.trial import Trial
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR
from tests.support.load_lines import load
from tests.support.world import report

NOTE = {"note": "Seen."}


@pytest.fixture
def recorded(world):
    """A service with claims in a group, a merged claim, a withdrawn report, a corrected one and a merged outlet."""
    won = world.record(text="Red wins.", external_id="red", group="race", kind="fact")
    world.record(text="Blue wins.", external_id="blue", group="race", kind="fact")
    world.resolve(won, "true")
    kept = world.record(text="It rains.", external_id="rain")
    twin = world.record(report("Courier"), text="It is raining.", external_id="raining")
    assert 201 == world.post(f"/v1/claims/{twin['id']}/merge", {"into": kept["id"]}).status_code
    wrong = world.record(text="It snows.", external_id="snow")
    world.post(f"/v1/reports/{wrong['reports'][0]['id']}/withdrawal", {"reason": "Of another day."})
    world.outlet("Tribune", slug="tribune")
    world.outlet("Tribune Online", slug="tribune-online")
    assert 201 == world.post("/v1/outlets/tribune-online/merge", {"into": "tribune"}).status_code
    world.patch("/v1/claims/" + kept["id"], {"text": "It rained."}, headers={"If-Match": "*"})
    return world


LINES = [
    {"type": "resolution", "claim": "blue", "verdict": "true", **NOTE},
    {"type": "claim", "external_id": "green", "text": "Green wins.", "group": "race", "reports": [report()]},
    {"type": "resolution", "claim": "green", "verdict": "true", **NOTE},
    {"type": "report", "claim": "raining", **report("Gazette")},
    {"type": "report", "claim": "raining", **report("Courier")},
    {"type": "report", "claim": "snow", **report()},
    {"type": "report", "claim": "snow", **report(stance="deny")},
    {"type": "report", "claim": "nothing", **report()},
    {"type": "outlet", "name": "Tribune", "slug": "tribune"},
    {"type": "outlet", "name": "Tribune", "slug": "tribune", "kind": "agency"},
    {"outlet": "Tribune Online", "claim_id": "rain", "claim": "It rains.", "published_at": "2026-01-01"},
    {"outlet": "Tribune", "claim_id": "rain", "claim": "It hails.", "published_at": "2026-01-01"},
    {"outlet": "Herald", "claim_id": "rain", "claim": "It rained.", "published_at": "2026-01-01", "outcome": "true"},
    {"outlet": "Herald", "claim_id": "rain", "claim": "It rained.", "published_at": "2026-01-01", "outcome": "false"},
]


def without_ids(results):
    """Return the results of lines without ids of new rows."""
    return [
        (result.number, result.status, result.error and result.error.name, [each.code for each in result.warnings])
        for result in results
    ]


@pytest.mark.parametrize("size", [1, 5, len(LINES)])
def test_same_results_as_loading(recorded, size):
    """
    A trial in chunks of any size has the results of a real load.
    """
    db = recorded.runtime.db
    lines = [ReadLine(number, read_line(line, feed=None)) for number, line in enumerate(LINES, 1)]
    trial = Trial(db)
    tried = []
    for start in range(0, len(lines), size):
        tried += trial.load(lines[start : start + size], caller=OPERATOR, now=utc_now())
    trial.close()

    loaded = load(db, recorded.runtime.cache, LINES)

    assert without_ids(loaded) == without_ids(tried)
    assert {"created", "updated", "unchanged", "rejected"} >= {result.status for result in loaded}
