"""/compare: outlets side by side"""

from __future__ import annotations

import datetime as dt
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow.validate import Length

from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Lens
from service.pages.layout import page_blueprint, read_query, show
from service.pages.outlet import question
from service.schemas.fields import Body, Text, one_of
from service.scores import comparison
from service.values.ids import SLUG_LENGTH
from service.values.names import slug_of
from service.values.vocabulary import Basis, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("compare")

_MOST = 4


class CompareQuery(Body):
    """Which outlets, and on what."""

    outlet = ma.fields.List(Text(SLUG_LENGTH), load_default=list, validate=Length(max=_MOST))
    topic = Text(100, load_default=None)
    basis = one_of(Basis, load_default=Basis.RESOLVED)


@blp.get("/compare")
@requires(Scope.READ)
def compare_outlets() -> Response:
    """Outlets on everything, and on the claims that all of them reported"""
    asked = read_query(CompareQuery())
    lens = Lens(asked["topic"], asked["basis"], as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
    meant = list(dict.fromkeys(slug_of(text) or text for text in asked["outlet"]))
    found = _compare(meant, lens)
    shown = {"found": found, "meant": meant, "most": _MOST, "is_one": found is None and len(asked["outlet"]) > 1}
    return show("compare.html", **shown, lens=lens, question=question(lens))


def _compare(meant: list[str], lens: Lens) -> dict[str, Any] | None:
    """Two outlets or more side by side; None where there are not so many, or they were merged into one."""
    if len(meant) < 2:
        return None
    found = comparison.compare_outlets(runtime().db, meant, lens=lens, now=dt.datetime.now(dt.UTC))
    return found if len(found["outlets"]) > 1 else None
