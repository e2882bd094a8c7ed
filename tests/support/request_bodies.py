"""Valid bodies of the writing calls, by path"""

from __future__ import annotations

import datetime as dt

from tests.support.world import report

OUTLETS, CLAIMS, REPORTS, RESOLUTIONS = (
    "/v1/outlets",
    "/v1/claims",
    "/v1/claims/{}/reports",
    "/v1/claims/{}/resolutions",
)
VALID = {
    OUTLETS: {"name": "Herald"},
    CLAIMS: {"text": "The bridge opens in May.", "reports": [report()]},
    REPORTS: report(),
    RESOLUTIONS: {"verdict": "true", "note": "Seen on the club's page."},
}


def claim_of(*reports, **members):
    """Return the body of a claim, by default with one report of the outlet Herald."""
    return {"text": "The bridge opens in May.", "reports": list(reports) or [report()], **members}


def send_resolution(world, claim, verdict, **members):
    return world.post(RESOLUTIONS.format(claim["id"]), {"verdict": verdict, **members})


def ahead(**time):
    """Return a future instant."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**time)).isoformat()
