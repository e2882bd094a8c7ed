"""/desk/pending: accept or refuse the submissions from the public forms"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request

from service.claims import decide, pending
from service.claims.submission_views import PendingView
from service.errors import NotFound, ServiceError
from service.pages.desk.answers import AnswersQuery, read_answer
from service.pages.desk.forms import as_id
from service.pages.layout import read_query
from service.pages.sign_in import desk_blueprint, redirect_to
from service.schemas.pending import AcceptanceIn, RefusalIn
from service.values.instants import utc_now
from service.values.vocabulary import Scope, SubmissionStatus
from service.web.auth import check_scope
from service.web.responses import page_of
from service.web.runtime import caller, runtime

blp = desk_blueprint("pending_at_the_desk")


@blp.get("/desk/pending")
def show_pending() -> str:
    """Show the submissions that the editor may decide on, the oldest first."""
    check_scope(Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE)
    return _show_pending()


@blp.post("/desk/pending/<uuid:pending_id>/accept")
def accept(pending_id: UUID) -> Response | tuple[str, int]:
    """Accept and publish a submission."""
    at, now = runtime(), utc_now()
    try:
        verified = read_answer(AcceptanceIn(), "verified") if "verified" in request.form else None
        done = decide.accept_pending(at.db, at.cache, pending_id, verified=verified, caller=caller(), now=now)
    except ServiceError as problem:
        return _show_pending(problem, pending_id), problem.status
    return redirect_to(f"/desk/pending?{urlencode({'done': done.id})}")


@blp.post("/desk/pending/<uuid:pending_id>/refuse")
def refuse(pending_id: UUID) -> Response | tuple[str, int]:
    """Refuse a submission with a reason for its sender."""
    try:
        reason = read_answer(RefusalIn(), "reason")
        done = decide.refuse_pending(runtime().db, pending_id, reason=reason, caller=caller(), now=utc_now())
    except ServiceError as problem:
        return _show_pending(problem, pending_id), problem.status
    return redirect_to(f"/desk/pending?{urlencode({'done': done.id})}")


def _show_pending(problem: ServiceError | None = None, at: UUID | None = None) -> str:
    waiting = partial(pending.list_pending, runtime().db, status=SubmissionStatus.PENDING, caller=caller())
    items, _, _ = page_of(read_query(AnswersQuery()), waiting)
    form = request.form
    return render_template("desk/pending.html", pending=items, done=_last_decided(), problem=problem, at=at, form=form)


def _last_decided() -> PendingView | None:
    """Return the submission just decided, which the URL names; None if the editor may not see it."""
    with suppress(NotFound):
        done = as_id(request.args.get("done", ""))
        return None if done is None else pending.get_decided(runtime().db, done, caller=caller())
    return None
