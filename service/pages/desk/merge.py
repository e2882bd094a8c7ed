"""/desk/merge: merge two outlets, and undo a merge"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from flask import Response, render_template, request

from service.claims import listing, recent_merges
from service.errors import NotFound, OutletMerged, ServiceError
from service.outlets import edit
from service.outlets import merge as merging
from service.outlets.describe import OutletView
from service.outlets.track_record import EVERYTHING
from service.pages.desk.forms import Form
from service.pages.sign_in import desk_blueprint, redirect_to
from service.scores.read import read_score
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import check_scope
from service.web.runtime import caller, runtime

blp = desk_blueprint("merge")

_SHARED = 20
"""The largest number of claims listed that both outlets reported."""
_MERGES = 50
"""The largest number of earlier merges listed."""


@blp.get("/desk/merge")
def show_merge() -> str:
    """Show two outlets side by side, and the latest merges."""
    return _show(request.args)


@blp.post("/desk/merge")
def merge_outlet() -> Response | tuple[str, int]:
    """Merge an outlet into another."""
    at, now = runtime(), utc_now()
    outlet, into = (request.form.get(name, "") for name in ("outlet", "into"))
    try:
        check_scope(Scope.OUTLETS_WRITE)
        merge, _ = merging.merge_outlet(at.db, at.cache, outlet, into=into, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(request.form, problem), problem.status
    return redirect_to(f"/desk/merge?{urlencode({'done': merge.outlet})}")


@blp.post("/desk/merge/undo")
def undo_merge() -> Response | tuple[str, int]:
    """Undo the merge of an outlet."""
    at, now, outlet = runtime(), utc_now(), request.form.get("outlet", "")
    try:
        check_scope(Scope.OUTLETS_WRITE)
        merging.undo_merge(at.db, at.cache, outlet, if_match=None, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(request.form, problem), problem.status
    return redirect_to(f"/desk/merge?{urlencode({'outlet': outlet})}")


def _show(asked: Form, problem: ServiceError | None = None) -> str:
    db, now = runtime().db, utc_now()
    both = {name: _find_outlet(asked.get(name, "").strip()) for name in ("outlet", "into")}
    found = [outlet.slug for outlet in both.values() if outlet is not None]
    return render_template(
        "desk/merge.html",
        asked=asked,
        both=both,
        scores={slug: read_score(db, slug, lens=EVERYTHING, now=now) for slug in found},
        shared=listing.list_shared_claims(db, found, limit=_SHARED + 1, now=now) if len(set(found)) == 2 else [],
        most_shared=_SHARED,
        merge=_find_merge(asked.get("done", "")),
        merges=recent_merges.list_merges(db, limit=_MERGES),
        problem=problem,
    )


def _find_outlet(reference: str) -> OutletView | None:
    with suppress(NotFound, OutletMerged):
        return edit.get_outlet(runtime().db, reference) if reference else None
    return None


def _find_merge(outlet: str) -> merging.MergeView | None:
    """Return the merge of an outlet; None if the outlet is not merged or the text is empty."""
    with suppress(NotFound):
        return merging.get_merge(runtime().db, outlet) if outlet else None
    return None
