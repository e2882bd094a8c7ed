"""/desk: the queue of due claims, which editors filter, skip and resolve"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from flask import Response, render_template, request

from service.claims import record, resolve, story
from service.claims.queue import QueuedClaim
from service.claims.topic_names import common_topics
from service.errors import ClaimMerged, InvalidBody, NotFound, ServiceError
from service.pages.desk.forms import as_id
from service.pages.desk.place import Age, kept, queue_address, read_queue
from service.pages.desk.resolution_body import read_resolution
from service.pages.desk.resolution_form import resolution_form, undo_form
from service.pages.sign_in import desk_blueprint, redirect_to
from service.values.instants import utc_now
from service.values.vocabulary import Scope, Verdict
from service.web.auth import check_scope
from service.web.responses import CursorPage
from service.web.runtime import caller, runtime
from service.web.session_cookie import remember_skipped, skipped_claims

blp = desk_blueprint("desk")

TOPICS = 200
"""The largest number of topics that forms suggest."""


@blp.get("/desk")
def show_queue() -> str | tuple[str, int]:
    """Show the claims that wait for a verdict and match the filters, by default the due ones."""
    return _show()


@blp.post("/desk")
def resolve_ticked() -> Response | tuple[str, int]:
    """Resolve all ticked claims with the same verdict and evidence."""
    ticked = [claim_id for text in request.form.getlist("claim") if (claim_id := as_id(text)) is not None]
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        if not ticked:
            raise InvalidBody.at("/claim", "Tick at least one claim.", "required")
    except ServiceError as problem:
        return _show(problem), problem.status
    problems = _resolve_all(ticked)
    if problems:
        return _show(next(iter(problems.values())), problems=problems, ticked=ticked), 422
    return redirect_to(queue_address(resolved=str(len(ticked))))


@blp.post("/desk/claims/<uuid:claim_id>/skip")
def skip_claim(claim_id: UUID) -> Response:
    """Hide a claim from the queue for the rest of the session."""
    then = request.args.get("then")
    response = redirect_to(queue_address(**({"then": then} if then else {"skipped": str(claim_id)})))
    remember_skipped(response, [*(other for other in skipped_claims() if other != claim_id), claim_id])
    return response


@blp.post("/desk/skipped")
def show_skipped_again() -> Response:
    """Show skipped claims in the queue again."""
    response = redirect_to(queue_address())
    remember_skipped(response, [])
    return response


@blp.get("/desk/keys")
def show_keys() -> str:
    """Show the keyboard shortcuts of the desk."""
    return render_template("desk/keys.html")


def _resolve_all(claims: Sequence[UUID]) -> dict[UUID, ServiceError]:
    """Resolve claims one by one, and return the error of each rejected claim by its id."""
    at, now, problems = runtime(), utc_now(), dict[UUID, ServiceError]()
    for claim_id in dict.fromkeys(claims):
        try:
            given = read_resolution(request.form, record.get_claim(at.db, claim_id, now=now), now=now)
            resolve.resolve_claim(at.db, at.cache, claim_id, resolution=given, caller=caller(), now=now)
        except ServiceError as problem:
            problems[claim_id] = problem
    return problems


def _show(
    problem: ServiceError | None = None,
    *,
    problems: Mapping[UUID, ServiceError] | None = None,
    ticked: Sequence[UUID] = (),
) -> str:
    now, skipped = utc_now(), skipped_claims()
    queue: CursorPage[QueuedClaim] = CursorPage([], None)
    try:
        queue = read_queue(skipped, now=now)
    except ServiceError as wrong:
        problem = problem or wrong
    done = _last_resolved(now)
    return render_template(
        "desk/queue.html",
        queue=queue,
        forms={claim.id: resolution_form(claim, now=now) for claim in queue.items},
        place=kept(),
        skipped=len(skipped),
        done=done,
        undo=None if done is None else undo_form(done.resolutions),
        open_claim=_expanded_claim(queue.items),
        ages=list(Age),
        verdicts=list(Verdict),
        topics=common_topics(runtime().db, limit=TOPICS),
        problem=problem,
        problems=problems or {},
        ticked=set(ticked),
        form=request.form,
    )


def _last_resolved(now: dt.datetime) -> story.Story | None:
    """Return the claim just resolved, which the URL names; None if there is none."""
    with suppress(NotFound, ClaimMerged):
        claim_id = as_id(request.args.get("done", ""))
        return None if claim_id is None else story.get_story(runtime().db, claim_id, now=now)
    return None


def _expanded_claim(claims: Sequence[QueuedClaim]) -> UUID | None:
    """Return the id of the claim to show with its form open, if any.

    It is the claim that the URL names or, after a claim was resolved or skipped, the first one.
    """
    then, ids = as_id(request.args.get("then", "")), [claim.id for claim in claims]
    if then in ids:
        return then
    return ids[0] if ids and not request.args.keys().isdisjoint(("done", "skipped")) else None
