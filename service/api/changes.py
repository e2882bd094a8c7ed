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

blp = Blueprint("changes", __name__, url_prefix="/v1", description="Every change of the record, for followers.")

_RETRY_AFTER = {"Retry-After": "5"}


class Query(TypedDict):
    """The query of a follower."""

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
    """Follow the changes of the record

    Returns every change of an outlet, claim, report, resolution, dispute, reply, topic or context once, in the order of
    commits, the oldest first. Start without `cursor`, and send `next_cursor` with the next request, for ever: an empty
    page means that there is no newer change yet. A change appears about a second after its commit. Changes of API keys
    and authors of changes are not in the feed. Scores and forecasts are not either; `examples/recompute.py` computes
    the scores from these changes.

    With `wait`, a request at the end of the feed is answered as soon as there is a change. A key can have one waiting
    request, and a process has few. Any further request, and every one without a key, is answered at once with
    `Retry-After`. The wait ends early if the process stops.

    Changes are never removed from the feed. A redaction removes content from earlier changes. A cursor from a later
    state of the database than the current one, such as before a backup was restored, causes a 400 (`cursor-expired`).
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
