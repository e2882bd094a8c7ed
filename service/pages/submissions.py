"""The public forms of /claims/{id} and /outlets/{outlet}: dispute a result, reply as an outlet, and see the state"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, after_this_request, render_template, request

from service.access.sessions import find_editor
from service.claims import listing, story, submissions
from service.claims.record import get_claim
from service.claims.submissions import NewSubmission
from service.errors import ClaimMerged, FieldError, InvalidBody, OutletMerged, ServiceError, Unauthorized
from service.outlets import edit
from service.outlets.find import OutletView
from service.pages.layout import page_blueprint, read_query, show
from service.pages.sign_in import redirect_to
from service.schemas.fields import PageQuery
from service.schemas.loading import load
from service.schemas.pending import ReplyForm, SubmissionForm
from service.values.instants import utc_now
from service.values.vocabulary import ClaimStatus, Scope
from service.web.auth import check_scope, client_address, count_call, requires, set_caller
from service.web.responses import forbid_caching, page_of
from service.web.runtime import runtime
from service.web.secret_key import keyed_hash
from service.web.session_cookie import check_sender, current_ticket

blp = page_blueprint("submissions")

_WORDS = {
    "text": "Write 1 to 2,000 characters.",
    "links": "Give at most three links, with those in the text, each as a whole address such as https://example.org/page.",
    "link": "Give one link, as a whole address such as https://example.org/page, and at most two more in the text.",
    "email": "Give a mail address such as name@example.org, or leave the field empty.",
    "website": "Leave the last field empty. People do not see it, and programs fill it in.",
}
"""The sentence for each field that is wrong."""


class _Outlet(NamedTuple):
    """An outlet that may reply to a claim."""

    slug: str
    name: str


@blp.before_request
def _turn_off() -> Response | None:
    """Show the contact of the operator in place of the forms if they are turned off."""
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
    """Store a dispute until an editor decides on it."""
    _check_reader()
    at, now = runtime(), utc_now()
    try:
        given = _read_form(SubmissionForm())
        return _show_link(submissions.submit_dispute(at.db, claim_id, submission=given, sender=_sender(), now=now))
    except ServiceError as problem:
        claim = get_claim(at.db, _surviving(claim_id), now=now)
        return _show_again("submissions/dispute.html", problem, claim=claim)


@blp.get("/claims/<uuid:claim_id>/reply")
@requires(Scope.READ)
def show_reply_form(claim_id: UUID) -> Response:
    """Show the form with which an outlet replies to a claim."""
    return show("submissions/reply.html", **_reporting(claim_id), form={})


@blp.post("/claims/<uuid:claim_id>/reply")
def send_reply(claim_id: UUID) -> Response:
    """Store a reply to a claim until an editor has verified it."""
    _check_reader()
    try:
        return _show_link(_submit_reply(request.form.get("outlet", ""), claim_id))
    except ServiceError as problem:
        return _show_again("submissions/reply.html", problem, **_reporting(_surviving(claim_id)))


@blp.get("/outlets/<outlet>/dispute")
@requires(Scope.READ)
def choose_claim(outlet: str) -> Response:
    """Show the resolved claims of an outlet, to choose the one whose result is wrong."""
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
    """Store a reply to a whole record until an editor has verified it."""
    _check_reader()
    try:
        return _show_link(_submit_reply(outlet, None))
    except ServiceError as problem:
        return _show_again("submissions/reply.html", problem, claim=None, outlets=[_surviving_outlet(outlet)])


@blp.get("/submissions")
def show_submission() -> Response:
    """Show the state of a submission to its sender. The address holds a secret, so no cache and no site may get it."""
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
    """Check that a form was sent from one of our pages, and that the sender may read them; count the call.

    Raises:
        Forbidden: The form was sent from another site, or the session may not read.
        Unauthorized: Reading is closed, and there is no session.
    """
    check_sender()
    after_this_request(forbid_caching)
    if not runtime().settings.public_read:
        ticket = current_ticket()
        editor = None if ticket is None else find_editor(runtime().db, ticket, now=utc_now())
        if editor is None:
            raise Unauthorized("The session has expired, and nothing was sent. Sign in, and send the form again.")
        set_caller(editor.caller)
        check_scope(Scope.READ)
    count_call("writes", None)


def _sender() -> str:
    """Return the keyed hash of the client's address."""
    return keyed_hash(runtime().settings, client_address())


def _submit_reply(outlet: str, claim_id: UUID | None) -> str:
    given = _read_form(ReplyForm())
    if not outlet:
        raise InvalidBody.at("/claim", "Choose the outlet that replies.", "required")
    db, sender = runtime().db, _sender()
    return submissions.submit_reply(db, outlet, claim=claim_id, submission=given, sender=sender, now=utc_now())


def _reporting(claim_id: UUID) -> dict[str, object]:
    """Return a claim and the outlets that have a report on it, by name."""
    found = story.get_story(runtime().db, claim_id, now=utc_now())
    slugs = {report.outlet for report in found.claim.reports if report.withdrawn is None}
    outlets = sorted((_Outlet(slug, found.names[slug]) for slug in slugs), key=lambda outlet: outlet.name)
    return {"claim": found.claim, "outlets": outlets}


def _surviving(claim_id: UUID) -> UUID:
    """Return the claim to show a form again for: the one that it was merged into since the form was shown."""
    try:
        return get_claim(runtime().db, claim_id, now=utc_now()).id
    except ClaimMerged as merged:
        return merged.into


def _surviving_outlet(reference: str) -> OutletView:
    """Return the outlet to show a form again for: the one that it was merged into since the form was shown."""
    try:
        return edit.get_outlet(runtime().db, reference)
    except OutletMerged as merged:
        return edit.get_outlet(runtime().db, merged.into)


def _show_link(secret: str) -> Response:
    return redirect_to(f"/submissions?{urlencode({'link': secret})}&sent")


def _show_again(template: str, problem: ServiceError, **context: object) -> Response:
    """Show a form with what was entered, and with the reason why it was not sent."""
    page = render_template(template, problem=problem, form=request.form, **context)
    response = Response(page, problem.status, content_type="text/html; charset=utf-8")
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _read_form(schema: SubmissionForm) -> NewSubmission:
    """Return the submission in a form.

    Raises:
        InvalidBody: A field is invalid; the errors are sentences for readers.
    """
    form = request.form
    body: dict[str, object] = {"text": "\n".join(form.get("text", "").strip().splitlines())}
    body["links"] = form.get("links", "").split()
    if email := form.get("email", "").strip():
        body["email"] = email
    errors = [_wrong("website", _WORDS["website"])] if form.get("website") else []
    try:
        submission: NewSubmission = load(schema, body)
    except InvalidBody as exc:
        fields = dict.fromkeys(one["pointer"].split("/")[1] for one in exc.errors)
        errors += [_wrong(name, _words(name, schema)) for name in fields]
    if errors:
        raise InvalidBody("Correct the fields below, and send the form again.", errors=errors)
    return submission


def _wrong(name: str, words: str) -> FieldError:
    return FieldError(pointer=f"/{name}", detail=words, code="invalid")


def _words(name: str, schema: SubmissionForm) -> str:
    is_reply = name == "links" and isinstance(schema, ReplyForm)
    return _WORDS["link" if is_reply else name]
