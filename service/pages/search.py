"""/search: an outlet by its name or by any address of its pages, and claims by their words"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, redirect
from werkzeug import Response as WerkzeugResponse

from service import browse, lookup, outlets
from service.auth import requires
from service.errors import InvalidQuery, UnknownOutlet
from service.identity import NAME_LENGTH
from service.pages.frame import page_blueprint, read_query, show
from service.runtime import runtime
from service.schemas.fields import Body, Text
from service.vocabulary import Scope

blp = page_blueprint("search")

_SHOWN = 20


class SearchQuery(Body):
    """Some words, or an address."""

    q = Text(2000, load_default=None)


@blp.get("/search")
@requires(Scope.READ)
def search() -> Response | WerkzeugResponse:
    """What is on record under some words, or an address"""
    q = read_query(SearchQuery())["q"]
    found: dict[str, Any] = _find(q.strip()) if q else {"outlets": [], "claims": [], "is_address": False}
    if len(found["outlets"]) == 1 and not found["claims"]:
        return redirect(f"/outlets/{found['outlets'][0]['slug']}")
    return show("search.html", q=q, **found)


def _find(q: str) -> dict[str, Any]:
    """The outlet behind an address and nothing else (R21), or what has the words in its name or text."""
    if "." in q.strip(".") and " " not in q:
        try:
            return {"outlets": [lookup.lookup_outlet(runtime().db, url=q).outlet], "claims": [], "is_address": True}
        except UnknownOutlet:
            return {"outlets": [], "claims": [], "is_address": True}
        except InvalidQuery:  # no address after all
            pass
    db, now, words = runtime().db, dt.datetime.now(dt.UTC), q[:NAME_LENGTH]
    named = outlets.list_outlets(db, q=words, after=None, limit=_SHOWN)
    claimed = browse.list_claims(db, q=words, after=None, limit=_SHOWN, now=now)
    more = {"more_outlets": named.next is not None, "more_claims": claimed.next is not None}
    return {"outlets": named.items, "claims": claimed.items, "is_address": False, **more}
