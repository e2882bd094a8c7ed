"""/v1/reports"""

from __future__ import annotations

from uuid import UUID

from service.claims import report as reports
from service.claims.views import ReportView
from service.schemas.reports import ReportOut, WithdrawalIn
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint, may_fail
from service.web.idempotency_key import idempotent
from service.web.runtime import caller, runtime

blp = Blueprint(
    "reports", __name__, url_prefix="/v1/reports", description="Reports: one outlet carrying one claim at one time."
)


@blp.route("/<uuid:report_id>/withdrawal", methods=["POST"])
@requires(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
@idempotent()
@blp.arguments(WithdrawalIn)
@blp.response(201, ReportOut)
@blp.alt_response(200, schema=ReportOut, description="The report was already withdrawn.", success=True)
@may_fail(409)
def withdraw_report(body: dict[str, str], report_id: UUID) -> tuple[ReportView, int]:
    """Withdraw a report

    For a report that was filed by mistake. It stays listed as withdrawn and no longer counts in any score. Repeating
    the call with the same reason returns the report (200); another reason causes a 409 (`already-withdrawn`).

    If other outlets relay this report and would otherwise cite each other in a cycle, the response is a 409
    (`relays-rest-on-it`): withdraw those relays first.

    With `claims:write` alone a key withdraws only reports that it filed (else 403, `filed-by-another`), and only while
    no resolution of the claim is in effect (else 403, `resolution-in-effect`). After the resolution, a key that filed
    the claim or a report on it also needs `resolutions:own` (else 403, `own-claim`).
    """
    at, now = runtime(), utc_now()
    report, created = reports.withdraw_report(at.db, at.cache, report_id, **body, caller=caller(), now=now)
    return report, 201 if created else 200
