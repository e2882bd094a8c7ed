"""/desk/record: record a claim or a report from a URL and a quote, after a preview"""

from __future__ import annotations

from uuid import UUID

from flask import Response, render_template, request

from service.claims import record
from service.claims import report as reports
from service.claims.topic_names import common_topics
from service.claims.views import ClaimView
from service.errors import ClaimMerged, ServiceError
from service.methods.commitment import read_commitment
from service.pages.desk.forms import as_id, read_claim, read_report
from service.pages.desk.queue import TOPICS
from service.pages.desk.reading import fill_in, find_publisher, likely_duplicates
from service.pages.sign_in import desk_blueprint, redirect_to
from service.values.ids import new_id
from service.values.instants import utc_now
from service.values.vocabulary import ClaimKind, Scope, Stance
from service.web.auth import check_scope
from service.web.runtime import caller, runtime

blp = desk_blueprint("record")


@blp.get("/desk/record")
def show_start() -> str:
    """Show the first form, which asks for the URL and the quote of a report."""
    return render_template("desk/record.html", form=request.args, on=_get_claim())


@blp.post("/desk/record/reading")
def preview() -> str:
    """Show the report with suggestions from the URL and the quote, without saving it."""
    return _show_preview()


@blp.post("/desk/record")
def record_claim() -> Response | tuple[str, int]:
    """Record a new claim with its report, or a report on an existing claim."""
    try:
        check_scope(Scope.CLAIMS_WRITE)
        claim_id = _record(as_id(request.form.get("claim", "")))
    except ServiceError as problem:
        return _show_preview(problem), problem.status
    saved = "report" if request.form.get("claim") else "claim"
    return redirect_to(f"/desk/claims/{claim_id}?saved={saved}")


def _record(claim_id: UUID | None) -> UUID:
    at, now = runtime(), utc_now()
    if claim_id is not None:
        report = read_report(request.form)
        reports.add_report(at.db, at.cache, claim_id, report=report, caller=caller(), now=now)
        return claim_id
    claim, new_reports = read_claim(request.form)
    recorded, _ = record.record_claim(at.db, at.cache, claim=claim, reports=new_reports, caller=caller(), now=now)
    return recorded.id


def _show_preview(problem: ServiceError | None = None) -> str:
    db, now, sent, on = runtime().db, utc_now(), request.form, _get_claim()
    publisher = find_publisher(db, sent.get("url", ""), now=now)
    form = fill_in(db, sent, publisher, now=now) if problem is None else sent
    return render_template(
        "desk/recording.html",
        form=form,
        on=on,
        problem=problem,
        reading=read_commitment(form.get("quote", "")),
        publisher=publisher,
        likely=likely_duplicates(db, form, now=now) if on is None else [],
        topics=common_topics(db, limit=TOPICS),
        kinds=list(ClaimKind),
        stances=list(Stance),
        external_id=f"desk-{new_id()}",
    )


def _get_claim() -> ClaimView | None:
    """Return the existing claim that the report is about; None for a new claim."""
    claim_id, db, now = as_id(request.values.get("claim", "")), runtime().db, utc_now()
    try:
        return None if claim_id is None else record.get_claim(db, claim_id, now=now)
    except ClaimMerged as merged:
        return record.get_claim(db, merged.into, now=now)
