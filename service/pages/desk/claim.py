"""/desk/claims/{id}: resolve a claim, or correct, withdraw or undo its resolution"""

from __future__ import annotations

from uuid import UUID

from flask import Response, render_template, request

from service.claims import record, resolve, story
from service.errors import ServiceError
from service.pages.claim_state import state_of
from service.pages.desk.place import kept, queue_address
from service.pages.desk.resolution_body import read_resolution
from service.pages.desk.resolution_form import resolution_form, undo_form
from service.pages.sign_in import desk_blueprint, redirect_to
from service.values.instants import utc_now
from service.values.vocabulary import Scope, Verdict
from service.web.auth import check_scope
from service.web.runtime import caller, runtime

blp = desk_blueprint("claim_at_the_desk")


@blp.get("/desk/claims/<uuid:claim_id>")
def show_claim(claim_id: UUID) -> str:
    """Show the form that resolves a claim, or corrects or withdraws its resolution."""
    return _show(claim_id)


@blp.post("/desk/claims/<uuid:claim_id>/preview")
def preview(claim_id: UUID) -> str:
    """Show the form with the entered values and the number of late reports (R6). Nothing is saved."""
    return _show(claim_id)


@blp.post("/desk/claims/<uuid:claim_id>/resolutions")
def resolve_claim(claim_id: UUID) -> Response | tuple[str, int]:
    """Resolve a claim, or correct or withdraw its resolution."""
    at, now = runtime(), utc_now()
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        given = read_resolution(request.form, record.get_claim(at.db, claim_id, now=now), now=now)
        resolve.resolve_claim(at.db, at.cache, claim_id, resolution=given, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(claim_id, problem), problem.status
    then = request.args.get("then")
    return redirect_to(queue_address(done=str(claim_id), **({"then": then} if then else {})))


def _show(claim_id: UUID, problem: ServiceError | None = None) -> str:
    now = utc_now()
    found = story.get_story(runtime().db, claim_id, now=now)
    return render_template(
        "desk/claim.html",
        claim=found.claim,
        state=state_of(found),
        resolutions=found.resolutions,
        names=found.names,
        form=resolution_form(found.claim, request.form or None, now=now),
        place=kept(),
        then=request.args.get("then"),
        verdicts=list(Verdict),
        undo=undo_form(found.resolutions),
        saved=request.args.get("saved"),
        problem=problem,
    )
