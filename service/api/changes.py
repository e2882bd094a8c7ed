"""/v1/changes"""

from __future__ import annotations

from typing import TypedDict

from flask import g

from service.schemas.changes import ChangesOut, ChangesQuery
from service.transfer import changes
from service.transfer.changes import ChangesView
from service.values.vocabulary import Caller, Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.responses import link_next
from service.web.runtime import runtime

blp = Blueprint("changes", __name__, url_prefix="/v1", description="A feed of all changes to the record.")

_RETRY_AFTER = {"Retry-After": "5"}


class Query(TypedDict):
    """The parsed parameters of a request for changes."""

    cursor: str | None
    limit: int
    wait: int


@blp.route("/changes")
@requires(Scope.READ)
@blp.arguments(ChangesQuery, location="query")
@blp.response(
    200,
    ChangesOut,
    headers={"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
)
def list_changes(query: Query) -> tuple[ChangesView, int, dict[str, str]]:
    """Follow changes to the record

    Returns every change to an outlet, claim, report, resolution, dispute, reply, topic or context exactly once, in the
    order of commits, the oldest first. Start without `cursor`, and send `next_cursor` with each following request. An
    empty page means that there are no newer changes yet. A change appears about a second after its commit. The feed
    contains no API keys, authors of changes, scores or forecasts; `examples/recompute.py` computes the scores from it.

    With `wait`, a request at the end of the feed returns as soon as there is a change. A key can have one waiting
    request at a time, and each process limits the number of its waiting requests. Further requests, and all requests
    without a key, return at once with `Retry-After`. The wait ends early when the process stops.

    Changes are never removed from the feed, but a redaction removes content from earlier changes. A cursor from before
    the database was restored from a backup may cause a 400 (`cursor-expired`).
    """
    at, limit, wait = runtime(), query["limit"], query["wait"]
    caller: Caller | None = g.get("caller") or g.get("key")
    page = changes.list_changes(at.db, cursor=query["cursor"], limit=limit)
    if wait and caller is None:
        return _respond(page, _RETRY_AFTER)
    if not wait or page.items or caller is None:
        return _respond(page)
    with at.waits.begin(caller.key_id) as may_wait:
        if not may_wait:
            return _respond(page, _RETRY_AFTER)
        return _respond(changes.await_changes(at.db, page, limit=limit, seconds=wait, pause=at.waits.pause))


def _respond(page: ChangesView, headers: dict[str, str] | None = None) -> tuple[ChangesView, int, dict[str, str]]:
    return page, 200, {**link_next(page.next_cursor), **(headers or {})}
