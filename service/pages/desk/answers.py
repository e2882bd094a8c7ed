"""/desk/pending and /desk/disputes: decide on submissions from the public forms, and close disputes"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request
from marshmallow import Schema
from marshmallow.validate import Range

from service.claims import dispute as disputes
from service.claims import pending
from service.claims.views import PendingView
from service.errors import InvalidBody, NotFound, ServiceError
from service.pages.desk.forms import as_id
from service.pages.layout import read_query
from service.pages.sign_in import desk_blueprint, redirect_to
from service.schemas.disputes import ClosureIn
from service.schemas.fields import MAX_PAGE, Count, PageQuery
from service.schemas.loading import load
from service.schemas.pending import AcceptanceIn, RefusalIn
from service.values.instants import utc_now
from service.values.vocabulary import DisputeStatus, Scope, SubmissionStatus
from service.web.auth import check_scope
from service.web.responses import page_of
from service.web.runtime import caller, runtime

blp = desk_blueprint("answers")

_WORDS = {
    "reason": "Enter a reason of at most 2,000 characters.",
    "verified": "Enter how you verified that the outlet sent the reply, in at most 500 characters.",
}
"""The message for each invalid field."""


class AnswersQuery(PageQuery):
    """A page of submissions or disputes, shorter than a page of the API."""

    limit = Count(load_default=20, validate=Range(1, MAX_PAGE))


@blp.get("/desk/pending")
def show_pending() -> str:
    """Show the submissions that the editor may decide, the oldest first."""
    check_scope(Scope.RESOLUTIONS_WRITE, Scope.OUTLETS_WRITE)
    return _show_pending()


@blp.post("/desk/pending/<uuid:pending_id>/accept")
def accept(pending_id: UUID) -> Response | tuple[str, int]:
    """Accept and publish a submission."""
    at, now = runtime(), utc_now()
    try:
        verified = _read(AcceptanceIn(), "verified") if "verified" in request.form else None
        done = pending.accept_pending(at.db, at.cache, pending_id, verified=verified, caller=caller(), now=now)
    except ServiceError as problem:
        return _show_pending(problem, pending_id), problem.status
    return redirect_to(f"/desk/pending?{urlencode({'done': done.id})}")


@blp.post("/desk/pending/<uuid:pending_id>/refuse")
def refuse(pending_id: UUID) -> Response | tuple[str, int]:
    """Refuse a submission with a reason for its sender."""
    try:
        reason = _read(RefusalIn(), "reason")
        done = pending.refuse_pending(runtime().db, pending_id, reason=reason, caller=caller(), now=utc_now())
    except ServiceError as problem:
        return _show_pending(problem, pending_id), problem.status
    return redirect_to(f"/desk/pending?{urlencode({'done': done.id})}")


@blp.get("/desk/disputes")
def show_disputes() -> str:
    """Show the open disputes, the oldest first."""
    return _show_disputes()


@blp.post("/desk/disputes/<uuid:dispute_id>/closure")
def close_dispute(dispute_id: UUID) -> Response | tuple[str, int]:
    """Close a dispute with a public reason."""
    at, now = runtime(), utc_now()
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        reason = _read(ClosureIn(), "reason")
        done = disputes.close_dispute(at.db, at.cache, dispute_id, reason=reason, caller=caller(), now=now)
    except ServiceError as problem:
        return _show_disputes(problem, dispute_id), problem.status
    return redirect_to(f"/desk/disputes?{urlencode({'done': done.claim})}")


def _show_pending(problem: ServiceError | None = None, at: UUID | None = None) -> str:
    waiting = partial(pending.list_pending, runtime().db, status=SubmissionStatus.PENDING, caller=caller())
    items, _, _ = page_of(read_query(AnswersQuery()), waiting)
    form = request.form
    return render_template("desk/pending.html", pending=items, done=_last_decided(), problem=problem, at=at, form=form)


def _show_disputes(problem: ServiceError | None = None, at: UUID | None = None) -> str:
    listed = partial(disputes.list_disputes, runtime().db, status=DisputeStatus.OPEN)
    items, _, _ = page_of(read_query(AnswersQuery()), listed)
    done = as_id(request.args.get("done", ""))
    return render_template("desk/disputes.html", disputes=items, done=done, problem=problem, at=at, form=request.form)


def _last_decided() -> PendingView | None:
    """Return the submission named in the address as decided last; None if the editor may not see it."""
    with suppress(NotFound):
        done = as_id(request.args.get("done", ""))
        return None if done is None else pending.get_decided(runtime().db, done, caller=caller())
    return None


def _read(schema: Schema, name: str) -> str:
    """Return the only field of a form.

    Raises:
        InvalidBody: The field is blank or too long.
    """
    try:
        text: str = load(schema, {name: request.form.get(name, "").strip()})[name]
    except InvalidBody as exc:
        raise InvalidBody.at(f"/{name}", _WORDS[name], "invalid") from exc
    return text
