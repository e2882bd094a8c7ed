"""What the calls that write take, by their paths."""

from __future__ import annotations

from tests.world import report

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
