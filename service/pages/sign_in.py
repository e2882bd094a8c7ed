"""/desk/sign-in and /desk/sign-out, and the session check for all pages of the desk."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import unquote, urlencode

from flask import Blueprint, Response, g, render_template, request

from service.access.sessions import Ticket, find_editor, issue_ticket
from service.errors import ServiceError, Unauthorized
from service.pages.layout import page_blueprint
from service.values.vocabulary import Scope
from service.web.auth import check_failures, check_scope, count_call, count_failure, set_caller
from service.web.form_origin import check_sender
from service.web.responses import forbid_caching
from service.web.runtime import runtime
from service.web.session_cookie import begin_session, current_ticket, end_session

blp = page_blueprint("sign_in")

_DESK_PATH = re.compile(r"/desk(?:[/?][!-\[\]-~]*)?", re.ASCII)
_ANY_PATH = re.compile(r"/(?!/)[!-\[\]-~]*", re.ASCII)
_ENDED = "Your session has expired, or its key was rotated or revoked."


def desk_blueprint(name: str) -> Blueprint:
    """Return a blueprint of pages that require a session."""
    pages = page_blueprint(name)
    pages.before_request(_require_session)
    pages.after_request(forbid_caching)
    return pages


def redirect_to(address: str) -> Response:
    """Redirect after a form, so that reloading the page does not send the form again."""
    return forbid_caching(Response(status=303, headers={"Location": address}))


@blp.get("/desk/sign-in")
def show_sign_in() -> Response:
    """Show the sign-in form, which asks for an API key."""
    return _sign_in_page(request.args.get("next", ""))


@blp.post("/desk/sign-in")
def sign_in() -> Response:
    """Start a session with an API key."""
    check_sender()
    try:
        ticket = _ticket_for(request.form.get("key", "").strip())
    except ServiceError as problem:
        return _sign_in_page(request.form.get("next", ""), problem)
    response = redirect_to(_safe_path(request.form.get("next", "")))
    begin_session(response, ticket)
    return response


@blp.post("/desk/sign-out")
def sign_out() -> Response:
    """End the session."""
    check_sender()
    response = redirect_to("/desk/sign-in")
    end_session(response)
    return response


def _require_session() -> Response | None:
    """Authenticate a request by its session; without one, let the editor sign in.

    A read is redirected to the sign-in page. A form receives that page with an error instead, because it was not
    saved.
    """
    check_sender()
    ticket, now = current_ticket(), dt.datetime.now(dt.UTC)
    editor = None if ticket is None else find_editor(runtime().db, ticket, now=now)
    is_read = request.method in ("GET", "HEAD")
    if editor is None:
        if is_read:
            return redirect_to(f"/desk/sign-in?{urlencode({'next': request.full_path.rstrip('?')})}")
        return _sign_in_page("", Unauthorized(f"{_ENDED} Nothing was saved. Sign in, and send the form again."))
    count_call("reads" if is_read else "writes", editor.caller.key_id)
    set_caller(editor.caller)
    if not runtime().settings.public_read:
        check_scope(Scope.READ)
    g.editor = editor.name
    return None


def _ticket_for(secret: str) -> Ticket:
    check_failures()
    if (ticket := issue_ticket(runtime().db, secret, now=dt.datetime.now(dt.UTC))) is None:
        count_failure()
        raise Unauthorized("This API key is not valid. It may be mistyped, expired or revoked.")
    return ticket


def _sign_in_page(path: str, problem: ServiceError | None = None) -> Response:
    # Browsers send no cookie when a link from another site is followed, even if there is a session.
    is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
    is_closed = not runtime().settings.public_read
    page = render_template(
        "sign_in.html", next=_safe_path(path), is_foreign=is_foreign, is_closed=is_closed, problem=problem
    )
    response = Response(page, problem.status if problem else 200, content_type="text/html; charset=utf-8")
    if problem is not None and problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return forbid_caching(response)


def _safe_path(path: str) -> str:
    """Return the path to open after sign-in; /desk in place of a path that is not allowed.

    Only paths of the desk are allowed or, if reading requires a session, all paths of this service.
    """
    allowed = _DESK_PATH if runtime().settings.public_read else _ANY_PATH
    leads_up = ".." in unquote(path)  # above the base path, to another application on the same host
    return path if allowed.fullmatch(path) and not leads_up else "/desk"
