"""/desk/sign-in and /desk/sign-out, and what every page of the desk asks first: who is there."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlencode

from flask import Blueprint, Response, g, render_template, request

from service.access.sessions import Ticket, find_editor, issue_ticket
from service.errors import ServiceError, Unauthorized
from service.pages.layout import page_blueprint
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import check_failures, check_scope, count_call, count_failure, set_caller
from service.web.responses import forbid_caching
from service.web.runtime import runtime
from service.web.session_cookie import begin_session, check_sender, current_ticket, end_session

blp = page_blueprint("door")

_DESK = re.compile(r"/desk(?:[/?][!-\[\]-~]*)?", re.ASCII)
_HERE = re.compile(r"/(?!/)[!-\[\]-~]*", re.ASCII)
_ENDED = "The session has ended: after 12 hours, or because its key was rotated, has expired or was revoked."


def desk_blueprint(name: str) -> Blueprint:
    """A blueprint of pages for whoever is signed in, and for nobody else."""
    behind = page_blueprint(name)
    behind.before_request(_let_in)
    behind.after_request(forbid_caching)
    return behind


def redirect_to(address: str) -> Response:
    """After a form: a page, which can be loaded again without sending the form again."""
    return forbid_caching(Response(status=303, headers={"Location": address}))


@blp.get("/desk/sign-in")
def show_door() -> Response:
    """Ask for a key"""
    return _ask(request.args.get("next", ""))


@blp.post("/desk/sign-in")
def sign_in() -> Response:
    """Begin a session for who has a key"""
    check_sender()
    try:
        ticket = _ticket_for(request.form.get("key", "").strip())
    except ServiceError as problem:
        return _ask(request.form.get("next", ""), problem)
    response = redirect_to(_inside(request.form.get("next", "")))
    begin_session(response, ticket)
    return response


@blp.post("/desk/sign-out")
def sign_out() -> Response:
    """End the session"""
    check_sender()
    response = redirect_to("/desk/sign-in")
    end_session(response)
    return response


def _let_in() -> Response | None:
    """Let a request go on as the key's that is signed in; else ask for one."""
    check_sender()
    ticket, now = current_ticket(), utc_now()
    editor = None if ticket is None else find_editor(runtime().db, ticket, now=now)
    is_read = request.method in ("GET", "HEAD")
    if editor is None:
        if is_read:
            return redirect_to(f"/desk/sign-in?{urlencode({'next': request.full_path.rstrip('?')})}")
        return _ask("", Unauthorized(f"{_ENDED} Nothing was changed. Sign in, and send the form again."))
    count_call("reads" if is_read else "writes", editor.caller.key_id)
    set_caller(editor.caller)
    if not runtime().settings.public_read:
        check_scope(Scope.READ)
    g.editor = editor.name
    return None


def _ticket_for(secret: str) -> Ticket:
    check_failures()
    if (ticket := issue_ticket(runtime().db, secret, now=utc_now())) is None:
        count_failure()
        raise Unauthorized("This is not an API key, or no longer one.")
    return ticket


def _ask(asked: str, problem: ServiceError | None = None) -> Response:
    # A link from another site comes without the cookie, whoever follows it; one from here has it.
    is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
    shown = {"next": _inside(asked), "is_foreign": is_foreign, "is_closed": not runtime().settings.public_read}
    page = render_template("sign_in.html", **shown, problem=problem)
    response = Response(page, problem.status if problem else 200, content_type="text/html; charset=utf-8")
    if problem is not None and problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return forbid_caching(response)


def _inside(address: str) -> str:
    """Where to go on after signing in: on the desk, or where reading is closed on any page; never on another site."""
    within = _DESK if runtime().settings.public_read else _HERE
    leads_up = ".." in unquote(address)  # out of the base path, to another program of the same site
    return address if within.fullmatch(address) and not leads_up else "/desk"
