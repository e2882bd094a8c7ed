"""/desk: the queue of due claims, the forms that resolve and correct a claim, and the activity of today"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request
from marshmallow.validate import Range

from service.claims import activity, listing, resolve, story
from service.errors import ClaimMerged, NotFound, ServiceError
from service.pages import claim_words
from service.pages.forms import UndoForm, as_id, read_resolution, undo_form
from service.pages.layout import read_query
from service.pages.sign_in import desk_blueprint, redirect_to
from service.schemas.fields import MAX_PAGE, Count, PageQuery
from service.values.instants import utc_now
from service.values.vocabulary import Scope, Verdict
from service.web.auth import check_scope
from service.web.responses import page_of
from service.web.runtime import caller, runtime

blp = desk_blueprint("desk")


class DeskQuery(PageQuery):
    """A page of the queue, with fewer claims than a page of the API."""

    limit = Count(load_default=20, validate=Range(1, MAX_PAGE))


@blp.get("/desk")
def show_queue() -> str:
    """Show the due claims, the longest overdue and most reported first."""
    now, query = utc_now(), read_query(DeskQuery())
    queue, _, _ = page_of(query, partial(listing.list_due_claims, runtime().db, now=now))
    done = _last_resolved(now)
    return render_template(
        "desk/queue.html",
        queue=queue,
        cursor=query["cursor"],
        done=done,
        at=_expanded_claim(queue.items),
        verdicts=list(Verdict),
        undo=_undo_form(done),
    )


@blp.get("/desk/claims/<uuid:claim_id>")
def show_claim(claim_id: UUID) -> str:
    """Show the form that resolves a claim, or corrects or withdraws its resolution."""
    return _show_claim(claim_id)


@blp.post("/desk/claims/<uuid:claim_id>/resolutions")
def resolve_claim(claim_id: UUID) -> Response | tuple[str, int]:
    """Resolve a claim, or correct or withdraw its resolution."""
    at, now, form = runtime(), utc_now(), request.form
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        resolve.resolve_claim(at.db, at.cache, claim_id, resolution=read_resolution(form), caller=caller(), now=now)
    except ServiceError as problem:
        return _show_claim(claim_id, problem), problem.status
    return redirect_to(_queue_url(claim_id))


@blp.get("/desk/today")
def show_today() -> str:
    """Show what was done today, by this key or by all."""
    midnight = dt.datetime.combine(utc_now().date(), dt.time(), dt.UTC)
    key_id = None if "all" in request.args else caller().key_id
    done = activity.list_activity(runtime().db, since=midnight, key_id=key_id)
    return render_template("desk/today.html", done=done, of_all=key_id is None)


def _show_claim(claim_id: UUID, problem: ServiceError | None = None) -> str:
    found = story.get_story(runtime().db, claim_id, now=utc_now())
    return render_template(
        "desk/claim.html",
        claim=found.claim,
        state=claim_words.state(found),
        resolutions=found.resolutions,
        problem=problem,
        form=request.form,
        verdicts=list(Verdict),
        undo=_undo_form(found),
    )


def _last_resolved(now: dt.datetime) -> story.Story | None:
    """Return the claim that the editor resolved last, if the URL names an existing one."""
    with suppress(NotFound, ClaimMerged):
        claim_id = as_id(request.args.get("done", ""))
        return None if claim_id is None else story.get_story(runtime().db, claim_id, now=now)
    return None


def _undo_form(found: story.Story | None) -> UndoForm | None:
    """Return the form that undoes the newest resolution of a claim, unless that is a withdrawal."""
    resolutions = [] if found is None else found.resolutions
    return undo_form(resolutions) if resolutions and resolutions[-1].verdict else None


def _queue_url(claim_id: UUID) -> str:
    """Return the URL of the queue after a claim was resolved, at the claim that follows it."""
    position = {name: value for name in ("cursor", "then") if (value := request.form.get(name))}
    return f"/desk?{urlencode({'done': str(claim_id)} | position)}"


def _expanded_claim(claims: Sequence[listing.QueuedClaim]) -> UUID | None:
    """Return the claim whose form is open: the one that the URL names, or the first after a claim was resolved."""
    then, ids = as_id(request.args.get("then", "")), [claim.id for claim in claims]
    if then in ids:
        return then
    return ids[0] if ids and "done" in request.args else None
