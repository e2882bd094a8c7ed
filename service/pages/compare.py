"""/compare: outlets side by side"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import marshmallow as ma
from flask import Response
from marshmallow.validate import Length

from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Lens
from service.pages.layout import page_blueprint, read_query, show
from service.pages.outlet import query_string
from service.schemas.fields import Body, Text, TopicPath, one_of
from service.scores.comparison import Comparison, compare_outlets
from service.values.ids import SLUG_LENGTH
from service.values.instants import utc_now
from service.values.names import slug_of
from service.values.vocabulary import Basis, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("compare")

_MAX_OUTLETS = 4


class CompareRequest(TypedDict):
    """The parameters of a comparison, as loaded."""

    outlet: list[str]
    topic: str | None
    basis: Basis


class CompareQuery(Body):
    """The parameters of a comparison."""

    outlet = ma.fields.List(Text(SLUG_LENGTH), load_default=list, validate=Length(max=_MAX_OUTLETS))
    topic = TopicPath(load_default=None)
    basis = one_of(Basis, load_default=Basis.RESOLVED)


@blp.get("/compare")
@requires(Scope.READ)
def show_comparison() -> Response:
    """Compare outlets on all their claims, and on the claims that all of them reported."""
    request: CompareRequest = read_query(CompareQuery())
    lens = Lens(request["topic"], request["basis"], as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
    slugs = list(dict.fromkeys(slug_of(text) or text for text in request["outlet"]))
    found = _compare(slugs, lens)
    is_one = found is None and len(request["outlet"]) > 1
    shown = {"found": found, "meant": slugs, "most": _MAX_OUTLETS, "is_one": is_one}
    return show("compare.html", **shown, lens=lens, question=query_string(lens))


def _compare(slugs: Sequence[str], lens: Lens) -> Comparison | None:
    """Return the comparison, or None if the slugs belong to fewer than two outlets."""
    if len(slugs) < 2:
        return None
    found = compare_outlets(runtime().db, slugs, lens=lens, now=utc_now())
    return found if len(found.outlets) > 1 else None
