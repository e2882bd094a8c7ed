"""/desk/pairs: merge claims that are probably the same, or mark them as different"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, render_template, request
from marshmallow.validate import Range

from service.claims import merge as merging
from service.claims import pairs, recent_merges
from service.errors import InvalidBody, NotFound, ServiceError
from service.pages.desk.forms import as_id
from service.pages.layout import read_query
from service.pages.sign_in import desk_blueprint, redirect_to
from service.schemas.fields import MAX_PAGE, Count, PageQuery
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import check_scope
from service.web.responses import page_of
from service.web.runtime import caller, runtime

blp = desk_blueprint("pairs")

_MERGES = 50
"""The largest number of earlier merges listed."""


class PairsQuery(PageQuery):
    """The query of the list of similar claims. `limit` counts the claims compared, not the pairs found."""

    limit = Count(load_default=20, validate=Range(1, MAX_PAGE))


@blp.get("/desk/pairs")
def show_pairs() -> str:
    """Show the pairs of claims that are probably the same."""
    return _show()


@blp.post("/desk/pairs/merge")
def merge_claims() -> Response | tuple[str, int]:
    """Merge a claim into another."""
    at, now = runtime(), utc_now()
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        claim, into = _ids("claim", "into")
        merging.merge_claim(at.db, at.cache, claim, into=into, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(problem), problem.status
    return redirect_to(f"/desk/pairs?{urlencode({'done': claim})}")


@blp.post("/desk/pairs/undo")
def undo_merge() -> Response | tuple[str, int]:
    """Undo the merge of a claim."""
    at, now = runtime(), utc_now()
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        [claim] = _ids("claim")
        merging.undo_claim_merge(at.db, at.cache, claim, if_match=None, caller=caller(), now=now)
    except ServiceError as problem:
        return _show(problem), problem.status
    return redirect_to("/desk/pairs")


@blp.post("/desk/pairs/distinct")
def mark_distinct() -> Response | tuple[str, int]:
    """Mark two claims as different, so that they are not listed as a pair again."""
    try:
        check_scope(Scope.RESOLUTIONS_WRITE)
        claim, other = _ids("claim", "other")
        pairs.mark_distinct(runtime().db, claim, other=other, caller=caller(), now=utc_now())
    except ServiceError as problem:
        return _show(problem), problem.status
    return redirect_to("/desk/pairs")


def _show(problem: ServiceError | None = None) -> str:
    now, db = utc_now(), runtime().db
    same = pairs.list_same_texts(db, now=now)
    done = as_id(request.args.get("done", ""))
    similar, _, _ = page_of(read_query(PairsQuery()), partial(pairs.list_similar_texts, db, now=now))
    return render_template(
        "desk/pairs.html",
        same=same,
        similar=similar,
        merge=_find_merge(done),
        merges=recent_merges.list_claim_merges(db, limit=_MERGES),
        problem=problem,
    )


def _ids(*names: str) -> list[UUID]:
    """Return the claim ids in the named fields of the form.

    Raises:
        InvalidBody: A field does not contain an id.
    """
    ids = [as_id(request.form.get(name, "")) for name in names]
    for name, id_ in zip(names, ids, strict=True):
        if id_ is None:
            raise InvalidBody.at(
                f"/{name}", "You sent a value that is not the id of a claim. Reload the page, and try again.", "invalid"
            )
    return [id_ for id_ in ids if id_ is not None]


def _find_merge(claim: UUID | None) -> merging.ClaimMergeView | None:
    """Return the merge of a claim; None if the claim is not merged or no id is given."""
    with suppress(NotFound):
        return None if claim is None else merging.get_claim_merge(runtime().db, claim)
    return None
