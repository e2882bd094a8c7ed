"""/v1/claims, /v1/claims/batch and /v1/claims/{claim_id}/reports"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NotRequired, TypedDict
from uuid import UUID

from service.claims import batch, change, listing, record, report_lists
from service.claims import report as reports
from service.claims.batch_part import BatchEntry, BatchResult
from service.claims.change import ClaimChanges
from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.claims.views import ClaimView, FoundClaim, ReportView, ResolutionWarning
from service.errors.problem import ProblemDocument
from service.schemas.claim_batch import MAX_BATCH_BODY, ClaimBatchIn, ClaimBatchOut
from service.schemas.claim_lists import ClaimPage, ClaimQuery
from service.schemas.claims import ClaimIn, ClaimOut, ClaimPatch
from service.schemas.fields import PageQuery
from service.schemas.reports import ReportIn
from service.schemas.shown_reports import ReportOut, ReportPage
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import count_call, requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.responses import PageResponse, page_of, problem_document
from service.web.runtime import caller, runtime

blp = Blueprint(
    "claims", __name__, url_prefix="/v1/claims", description="Checkable propositions, with the reports that carry them."
)


_PER_CALL = 20
"""The number of claims in a batch that count as one call."""


class ClaimBody(NewClaim, total=False):
    """A claim to record, with its reports."""

    reports: list[NewReport]


class ClaimBatch(TypedDict):
    """The claims to record in one call."""

    claims: list[BatchEntry]
    atomic: bool


class BatchItem(TypedDict):
    """The result of one claim of a batch."""

    status: int
    claim: NotRequired[ClaimView]
    problem: NotRequired[ProblemDocument]
    warnings: NotRequired[Sequence[ResolutionWarning]]


@blp.route("", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@idempotent()
@blp.arguments(ClaimIn)
@blp.response(201, ClaimOut)
@blp.alt_response(
    200,
    schema=ClaimOut,
    description="A claim with this `external_id` was already recorded: the recorded claim.",
    success=True,
)
@may_fail(409)
@blp.tagged
def record_claim(body: ClaimBody) -> tuple[ClaimView, int, dict[str, str]]:
    """Record a claim with its reports

    Records one claim and the reports that carry it. Creates the outlets that they name and that are not recorded yet.

    `similar` lists recorded claims with the same text. Without an `external_id`, a claim that is sent twice is recorded
    twice. With an `external_id` the call is safe to repeat: sending the same claim again returns the
    recorded one (200). If the body differs, it is rejected with 409 (`claim-differs`), and `errors` lists the
    differences. If only the probability, the commitment or the quote of a report differs, the problem is
    `report-differs`: correct that report with PATCH.
    """
    at, new_reports = runtime(), body.pop("reports")
    now = utc_now()
    claim, created = record.record_claim(at.db, at.cache, claim=body, reports=new_reports, caller=caller(), now=now)
    return claim, 201 if created else 200, {"Location": f"/v1/claims/{claim.id}"}


@blp.route("/batch", methods=["POST"], longest=MAX_BATCH_BODY)
@requires(Scope.CLAIMS_WRITE)
@idempotent()
@blp.arguments(ClaimBatchIn)
@blp.response(200, ClaimBatchOut)
def record_claims(body: ClaimBatch) -> Mapping[str, Sequence[BatchItem]]:
    """Record many claims

    Records up to 1000 claims with their reports and, if the key may resolve them, their resolutions. The body may be up
    to 16 MiB. The response has one item for each claim, in the order of the request, with the status and the claim or
    problem that `POST /v1/claims` would return. A rejected claim does not affect the others.

    If only the resolution is rejected, the claim is recorded without it, and the item has both `claim` and `problem`.
    With `atomic`, either everything is recorded, or the response is 422 with pointers such as
    `/claims/3/reports/0/outlet` and nothing is.

    Claims with an `external_id` can be sent again. An `Idempotency-Key` covers the whole batch. The rate limit counts
    one call for every 20 claims, rounded up.
    """
    at, key, claims = runtime(), caller(), body["claims"]
    if further := max(0, len(claims) - 1) // _PER_CALL:  # one call is already counted
        count_call("writes", key.key_id, calls=further)
    results = batch.record_claims(at.db, at.cache, claims, atomic=body["atomic"], caller=key, now=utc_now())
    return {"items": [_batch_item(result) for result in results]}


def _batch_item(result: BatchResult) -> BatchItem:
    """Return the item of a claim, with the status that a single call would return."""
    if result.claim is None:
        assert result.error is not None  # noqa: S101 - a claim is recorded or rejected
        return {"status": result.error.status, "problem": problem_document(result.error)}
    item = BatchItem(status=201 if result.is_new else 200, claim=result.claim)
    if result.error is not None:
        item["problem"] = problem_document(result.error)
    if result.warnings:
        item["warnings"] = result.warnings
    return item


@blp.route("")
@requires(Scope.READ)
@blp.arguments(ClaimQuery, location="query")
@blp.response(200, ClaimPage)
def list_claims(query: PageRequest) -> PageResponse[FoundClaim]:
    """List claims

    Returns the claims that match all filters, without their reports. By default the most recently recorded claim comes
    first. With `like`, returns the claims that a headline is most probably about.
    """
    return page_of(query, partial(listing.list_claims, runtime().db, now=utc_now()))


@blp.route("/<uuid:claim_id>")
@requires(Scope.READ)
@blp.response(200, ClaimOut)
@blp.follows
@blp.tagged
def get_claim(claim_id: UUID) -> ClaimView:
    """Get a claim

    Returns a claim with its reports, its resolution, the number of independent sources, and all disputes and replies.
    """
    return record.get_claim(runtime().db, claim_id, now=utc_now())


@blp.route("/<uuid:claim_id>", methods=["PATCH"])
@requires(Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE)
@blp.arguments(ClaimPatch)
@blp.response(200, ClaimOut)
@may_fail(409)
@blp.changes
@blp.tagged
def change_claim(body: ClaimChanges, claim_id: UUID, if_match: frozenset[str] | None) -> ClaimView:
    """Change a claim

    Changes the members that are sent and keeps the previous version. The kind, the external id and the reports cannot
    be changed here.

    Moving a true claim to a group in which another claim is true causes a 409 (`group-resolved`).

    With only `claims:write`, a key can change only claims that it filed, and their text, group and due date only while
    no other key has a report on them (else 403, `filed-by-another`). While a resolution is in effect, changes need
    `resolutions:write` (else 403, `resolution-in-effect`), and also `resolutions:own` if the key filed the claim or a
    report on it (else 403, `own-claim`).
    """
    at, now = runtime(), utc_now()
    return change.change_claim(at.db, at.cache, claim_id, changes=body, if_match=if_match, caller=caller(), now=now)


@blp.route("/<uuid:claim_id>/reports", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@idempotent()
@blp.arguments(ReportIn)
@blp.response(201, ReportOut)
@blp.alt_response(
    200, schema=ReportOut, description="The report was already recorded: the recorded report.", success=True
)
@may_fail(409)
@blp.tagged
def add_report(body: NewReport, claim_id: UUID) -> tuple[ReportView, int, dict[str, str]]:
    """Add a report to a claim

    Records one more report of a claim. A report that is already recorded, with the same outlet, stance, time, URL and
    source, is returned unchanged (200), even if it has been corrected or withdrawn since. Members that are left out are
    not compared.

    If the probability, the commitment or the quote differ from the recorded report, the report is rejected with 409
    (`report-differs`), and `errors` lists the differences: correct the recorded one with PATCH. A report that differs
    from a withdrawn one is recorded.

    A report that breaks a rule is rejected with 422 (`invalid-body`): one from the future, one of an unknown outlet, or
    a relay that would make outlets cite each other in a cycle.

    On a resolved claim, a report that would replace the current stance of its outlet needs `resolutions:write` as well
    (else 403, `resolution-in-effect`), and `resolutions:own` if the key filed the claim or a report on it (else 403,
    `own-claim`).
    """
    at, now = runtime(), utc_now()
    report, created = reports.add_report(at.db, at.cache, claim_id, report=body, caller=caller(), now=now)
    return report, 201 if created else 200, {"Location": f"/v1/reports/{report.id}"}


@blp.route("/<uuid:claim_id>/reports")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, ReportPage)
@blp.follows
def list_claim_reports(query: PageRequest, claim_id: UUID) -> PageResponse[ReportView]:
    """List a claim's reports

    Returns the reports of a claim, including withdrawn ones, in order of publication.
    """
    return page_of(query, partial(report_lists.list_claim_reports, runtime().db, claim_id))
