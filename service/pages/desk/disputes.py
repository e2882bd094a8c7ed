"""/desk/disputes: close disputes with a reason"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request

from service.claims import dispute as disputes
from service.claims import dispute_lists
from service.errors import ServiceError
from service.pages.desk.answers import AnswersQuery, read_answer
from service.pages.desk.forms import as_id
from service.pages.layout import read_query
from service.pages.sign_in import desk_blueprint, redirect_to
from service.schemas.disputes import ClosureIn
from service.values.instants import utc_now
from service.values.vocabulary import DisputeStatus, Scope
from service.web.auth import check_scope
from service.web.responses import page_of
from service.web.runtime import caller, runtime

blp = desk_blueprint("disputes_at_the_desk")


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
        reason = read_answer(ClosureIn(), "reason")
        done = disputes.close_dispute(at.db, at.cache, dispute_id, reason=reason, caller=caller(), now=now)
    except ServiceError as problem:
        return _show_disputes(problem, dispute_id), problem.status
    return redirect_to(f"/desk/disputes?{urlencode({'done': done.claim})}")


def _show_disputes(problem: ServiceError | None = None, at: UUID | None = None) -> str:
    listed = partial(dispute_lists.list_disputes, runtime().db, status=DisputeStatus.OPEN)
    items, _, _ = page_of(read_query(AnswersQuery()), listed)
    done = as_id(request.args.get("done", ""))
    return render_template("desk/disputes.html", disputes=items, done=done, problem=problem, at=at, form=request.form)
