"""/outlets/{outlet}/calibration: how often claims proved true, by the probability the outlet stated"""

from __future__ import annotations

from typing import TypedDict

from flask import Response
from marshmallow.validate import Range

from service.outlets import edit
from service.pages.layout import page_blueprint, read_query, show
from service.pages.outlet import query_string, read_lens
from service.schemas.fields import Body, Count
from service.scores.stated_claims import list_stated_claims
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("calibration")

_CLAIMS = 50


class StatedRequest(TypedDict):
    """The query after parsing: the lower end of a range in percent, and the first claim to list."""

    stated: int | None
    start: int


class StatedQuery(Body):
    """The query of the page, besides the parameters that select a part of the record."""

    stated = Count(load_default=None, validate=Range(0, 90))
    start = Count(data_key="from", load_default=1, validate=Range(1))


@blp.get("/outlets/<outlet>/calibration")
@requires(Scope.READ)
def show_calibration(outlet: str) -> Response:
    """Show how often claims proved true by stated probability, and list the claims of one range."""
    request: StatedRequest = read_query(StatedQuery())
    db, lens, start, stated = runtime().db, read_lens(), request["start"], request["stated"]
    view = edit.get_outlet(db, outlet)
    tenth = None if stated is None else stated // 10
    found = list_stated_claims(db, outlet, tenth=tenth, start=start - 1, limit=_CLAIMS, lens=lens, now=utc_now())
    following = start + _CLAIMS if start + _CLAIMS <= found.total else None
    shown = {"tenth": tenth, "start": start, "following": following, "question": query_string(lens)}
    return show("calibration.html", outlet=view, found=found, lens=lens, **shown)
