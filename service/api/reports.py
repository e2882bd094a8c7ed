"""/v1/reports"""

from __future__ import annotations

from uuid import UUID

from service.claims import correct
from service.claims import report as reports
from service.claims.corrections import ReportChanges
from service.claims.views import ReportView
from service.schemas.reports import ReportPatch
from service.schemas.shown_reports import ReportOut, WithdrawalIn
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.runtime import caller, runtime

blp = Blueprint(
    "reports", __name__, url_prefix="/v1/reports", description="Reports: one outlet carrying one claim at one time."
)


@blp.route("/<uuid:report_id>")
@requires(Scope.READ)
@blp.response(200, ReportOut)
@blp.tagged
def get_report(report_id: UUID) -> ReportView:
    """Get a report

    Returns a report of one claim. Its `ETag` is needed to change it.
    """
    return reports.get_report(runtime().db, report_id)


@blp.route("/<uuid:report_id>", methods=["PATCH"])
@requires(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
@blp.arguments(ReportPatch)
@blp.response(200, ReportOut)
@may_fail(409)
@blp.changes
@blp.tagged
def correct_report(body: ReportChanges, report_id: UUID, if_match: frozenset[str] | None) -> ReportView:
    """Correct a report

    Changes the members that are sent, keeps the previous version, and updates the scores immediately. Use this call if
    the report was filed with a mistake. If the outlet changed its mind, add another report to the claim instead. To
    correct the outlet, the time or the source, withdraw the report and file it again.

    A withdrawn report cannot be changed (409, `report-withdrawn`), content that was removed for legal reasons cannot be
    restored (409, `member-redacted`), and a report cannot duplicate another one (409, `report-repeated`).

    With only `claims:write`, a key can correct only reports that it filed (otherwise 403, `filed-by-another`), and only
    while no resolution of the claim is in effect (otherwise 403, `resolution-in-effect`). After the resolution, a key
    that filed the claim or a report on it also needs `resolutions:own` (otherwise 403, `own-claim`).
    """
    at, now = runtime(), utc_now()
    return correct.correct_report(at.db, at.cache, report_id, changes=body, if_match=if_match, caller=caller(), now=now)


@blp.route("/<uuid:report_id>/withdrawal", methods=["POST"])
@requires(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
@idempotent()
@blp.arguments(WithdrawalIn)
@blp.response(201, ReportOut)
@blp.alt_response(200, schema=ReportOut, description="The report was already withdrawn.", success=True)
@may_fail(409)
def withdraw_report(body: dict[str, str], report_id: UUID) -> tuple[ReportView, int]:
    """Withdraw a report

    Use this call for a report that was filed by mistake. The report stays listed as withdrawn, but no longer counts in
    any score. Repeating the call with the same reason returns the report (200); a different reason causes a 409
    (`already-withdrawn`).

    If other outlets relay this report, and their relays would form a cycle without it, the response is 409
    (`relays-rest-on-it`): withdraw those relays first.

    With only `claims:write`, a key can withdraw only reports that it filed (otherwise 403, `filed-by-another`), and
    only while no resolution of the claim is in effect (otherwise 403, `resolution-in-effect`). After the resolution, a
    key that filed the claim or a report on it also needs `resolutions:own` (otherwise 403, `own-claim`).
    """
    at, now = runtime(), utc_now()
    report, created = reports.withdraw_report(at.db, at.cache, report_id, **body, caller=caller(), now=now)
    return report, 201 if created else 200
