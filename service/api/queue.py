"""/v1/queue"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from service import browse
from service.answers import page_of
from service.auth import requires
from service.runtime import runtime
from service.schemas.claims import Queue
from service.schemas.fields import PageQuery
from service.vocabulary import Scope
from service.web import Blueprint

blp = Blueprint("queue", __name__, url_prefix="/v1/queue", description="What waits to be resolved")


@blp.route("")
@requires(Scope.READ)
@blp.arguments(PageQuery, location="query")
@blp.response(200, Queue)
def list_due_claims(query: dict[str, Any]) -> Any:
    """List the claims that are due, the longest overdue and the most reported first"""
    return page_of(query, partial(browse.list_due_claims, runtime().db, now=dt.datetime.now(dt.UTC)))
