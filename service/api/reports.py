"""/v1/reports"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from service import reports
from service.auth import caller, requires
from service.once import once
from service.runtime import runtime
from service.schemas.reports import ReportOut, WithdrawalIn
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("reports", __name__, url_prefix="/v1/reports", description="Who reported what, and when")


@blp.route("/<uuid:report_id>/withdrawal", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@once()
@blp.arguments(WithdrawalIn)
@blp.response(201, ReportOut)
@blp.alt_response(200, schema=ReportOut, description="Withdrawn already", success=True)
@may_fail(409)
def withdraw_report(body: dict[str, Any], report_id: UUID) -> Any:
    """Withdraw a report that was filed by mistake"""
    at, now = runtime(), dt.datetime.now(dt.UTC)
    report, created = reports.withdraw_report(at.db, at.cache, report_id, **body, caller=caller(), now=now)
    return report, 201 if created else 200
