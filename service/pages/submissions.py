"""The public forms to dispute a result or reply as an outlet, and the status of a submission"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, after_this_request, render_template, request

from service.access.sessions import find_editor
from service.claims import listing, story, submissions
from service.claims.record import get_claim
from service.errors import ClaimMerged, ServiceError, Unauthorized
from service.outlets import edit
from service.pages.layout import page_blueprint, read_query, show
from service.pages.outlet_fields import surviving_outlet
from service.pages.sign_in import redirect_to
from service.pages.submission_forms import read_form
from service.schemas.fields import PageQuery
from service.schemas.pending import ReplyForm, SubmissionForm
from service.values.instants import utc_now
from service.values.vocabulary import ClaimStatus, Scope
from service.web.auth import check_scope, client_address, count_call, requires, set_caller
from service.web.form_origin import check_sender
from service.web.responses import forbid_caching, page_of
from service.web.runtime import runtime
from service.web.secret_key import keyed_hash
from service.web.session_cookie import current_ticket

blp = page_blueprint("submissions")


class _Outlet(NamedTuple):
    """An outlet that may reply to a claim."""

    slug: str
    name: str


@blp.before_request
def _turn_off() -> Response | None:
    """Show the operator's contact instead of a form if the operator has turned the forms off."""
    if runtime().settings.public_disputes or request.endpoint == f"{blp.name}.show_submission":
        return None
    status = 200 if request.method in ("GET", "HEAD") else 403
    return forbid_caching(Response(render_template("submissions/off.html"), status))


@blp.get("/claims/<uuid:claim_id>/dispute")
@requires(Scope.READ)
def show_dispute_form(claim_id: UUID) -> Response:
    """Show the form that disputes the result of a claim."""
    return show("submissions/dispute.html", claim=get_claim(runtime().db, claim_id, now=utc_now()), form={})


@blp.post("/claims/<uuid:claim_id>/dispute")
def send_dispute(claim_id: UUID) -> Response:
    """Store a dispute for an editor to decide on."""
    _check_reader()
    at, now = runtime(), utc_now()
    try:
        given = read_form(SubmissionForm())
        return _show_link(submissions.submit_dispute(at.db, claim_id, submission=given, sender=_sender(), now=now))
    except ServiceError as problem:
        claim = get_claim(at.db, _surviving(claim_id), now=now)
        return _show_again("submissions/dispute.html", problem, claim=claim)


@blp.get("/claims/<uuid:claim_id>/reply")
@requires(Scope.READ)
def show_reply_form(claim_id: UUID) -> Response:
    """Show the form with which an outlet replies to a claim about which it reported."""
    return show("submissions/reply.html", **_reporting(claim_id), form={})


@blp.post("/claims/<uuid:claim_id>/reply")
def send_reply(claim_id: UUID) -> Response:
    """Store an outlet's reply to a claim for an editor to decide on."""
    _check_reader()
    try:
        return _show_link(_submit_reply(request.form.get("outlet", ""), claim_id))
    except ServiceError as problem:
        return _show_again("submissions/reply.html", problem, **_reporting(_surviving(claim_id)))


@blp.get("/outlets/<outlet>/dispute")
@requires(Scope.READ)
def choose_claim(outlet: str) -> Response:
    """Show the resolved claims of an outlet, from which the reader chooses one to dispute."""
    view = edit.get_outlet(runtime().db, outlet)
    resolved = partial(listing.list_claims, runtime().db, outlet=outlet, status=ClaimStatus.RESOLVED, now=utc_now())
    claims, _, _ = page_of(read_query(PageQuery()), resolved)
    return show("submissions/choose.html", outlet=view, claims=claims)


@blp.get("/outlets/<outlet>/reply")
@requires(Scope.READ)
def show_general_form(outlet: str) -> Response:
    """Show the form with which an outlet replies to its whole record."""
    return show("submissions/reply.html", claim=None, outlets=[edit.get_outlet(runtime().db, outlet)], form={})


@blp.post("/outlets/<outlet>/reply")
def send_general_reply(outlet: str) -> Response:
    """Store an outlet's reply to its whole record for an editor to decide on."""
    _check_reader()
    try:
        return _show_link(_submit_reply(outlet, None))
    except ServiceError as problem:
        return _show_again("submissions/reply.html", problem, claim=None, outlets=[surviving_outlet(outlet)])


@blp.get("/submissions")
def show_submission() -> Response:
    """Show a submission's status to its sender. The address is secret, so caches may not store the page."""
    after_this_request(_keep_secret)
    count_call("reads", None)
    secret = request.args.get("link", "")
    found = submissions.get_submission(runtime().db, secret)
    return show("submissions/state.html", found=found, secret=secret, is_new="sent" in request.args)


def _keep_secret(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers.remove("ETag")
    return forbid_caching(response)


def _check_reader() -> None:
    """Reject a form from another site or from a sender who may not read the pages, and count the call.

    Raises:
        Forbidden: The form was sent from another site, or the session may not read.
        Unauthorized: Reading requires a session, and there is none.
    """
    check_sender()
    after_this_request(forbid_caching)
    if not runtime().settings.public_read:
        ticket = current_ticket()
        editor = None if ticket is None else find_editor(runtime().db, ticket, now=utc_now())
        if editor is None:
            raise Unauthorized("Your session has expired, so nothing was sent. Sign in, and send the form again.")
        set_caller(editor.caller)
        check_scope(Scope.READ)
    count_call("writes", None)


def _sender() -> str:
    """Return the keyed hash of the client's IP address, which identifies the sender of a form."""
    return keyed_hash(runtime().settings, client_address())


def _submit_reply(outlet: str, claim_id: UUID | None) -> str:
    given = read_form(ReplyForm(), lacks_outlet=not outlet)
    db, sender = runtime().db, _sender()
    return submissions.submit_reply(db, outlet, claim=claim_id, submission=given, sender=sender, now=utc_now())


def _reporting(claim_id: UUID) -> dict[str, object]:
    """Return the values for the reply form: a claim, and the outlets that reported it, sorted by name."""
    found = story.get_story(runtime().db, claim_id, now=utc_now())
    slugs = {report.outlet for report in found.claim.reports if report.withdrawn is None}
    outlets = sorted((_Outlet(slug, found.names[slug]) for slug in slugs), key=lambda outlet: outlet.name)
    return {"claim": found.claim, "outlets": outlets}


def _surviving(claim_id: UUID) -> UUID:
    """Return the id of a claim, or of the claim that it was merged into after the form was shown."""
    try:
        return get_claim(runtime().db, claim_id, now=utc_now()).id
    except ClaimMerged as merged:
        return merged.into


def _show_link(secret: str) -> Response:
    return redirect_to(f"/submissions?{urlencode({'link': secret})}&sent")


def _show_again(template: str, problem: ServiceError, **context: object) -> Response:
    """Show a form again, with the entered values and the problem."""
    page = render_template(template, problem=problem, form=request.form, **context)
    response = Response(page, problem.status, content_type="text/html; charset=utf-8")
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
