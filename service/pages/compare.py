"""/compare: the records of two to four outlets side by side"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TypedDict
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response
from marshmallow.validate import Length

from service.methods.reliability import DEFAULT_LEVEL
from service.outlets.track_record import Lens
from service.pages.layout import page_blueprint, read_query, show
from service.pages.outlet import query_string
from service.pages.outlet_fields import NamedOutlet, find_named
from service.schemas.fields import Body, Text, TopicPath, one_of
from service.scores.comparison import Comparison, compare_outlets
from service.values.ids import NAME_LENGTH
from service.values.instants import utc_now
from service.values.vocabulary import Basis, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("compare")

_MAX_OUTLETS = 4


class CompareRequest(TypedDict):
    """The query of a comparison after parsing."""

    outlet: list[str]
    topic: str | None
    basis: Basis


class CompareQuery(Body):
    """The query of a comparison: its outlets, and the part of their records to compare."""

    outlet = ma.fields.List(Text(NAME_LENGTH), load_default=list, validate=Length(max=_MAX_OUTLETS))
    topic = TopicPath(load_default=None)
    basis = one_of(Basis, load_default=Basis.RESOLVED)


@blp.get("/compare")
@requires(Scope.READ)
def show_comparison() -> Response:
    """Compare outlets on all their claims, and on the claims that all of them reported."""
    request: CompareRequest = read_query(CompareQuery())
    lens = Lens(request["topic"], request["basis"], as_of=None, recorded_by=None, level=DEFAULT_LEVEL)
    fields = [find_named(text) for text in request["outlet"]]
    found = _compare(fields, lens)
    shown = {"found": found, "fields": fields, "most": _MAX_OUTLETS, "is_one": found is None and len(fields) > 1}
    correct = partial(_corrected, fields, lens)
    response = show("compare.html", **shown, lens=lens, question=query_string(lens), correct=correct)
    if any(field.outlet is None for field in fields):
        response.status_code = 400
    return response


def _corrected(fields: Sequence[NamedOutlet], lens: Lens, wrong: NamedOutlet, slug: str) -> str:
    """Return the address of the same comparison, with a slug in place of an unknown name."""
    query = [("outlet", slug if field is wrong else field.text) for field in fields]
    more = query_string(lens).replace("?", "&", 1)
    return f"/compare?{urlencode(query)}{more}"


def _compare(fields: Sequence[NamedOutlet], lens: Lens) -> Comparison | None:
    """Return the comparison, or None if a name is unknown or the names belong to fewer than two outlets."""
    slugs = list(dict.fromkeys(field.outlet.slug for field in fields if field.outlet is not None))
    if len(slugs) < 2 or any(field.outlet is None for field in fields):
        return None
    return compare_outlets(runtime().db, slugs, lens=lens, now=utc_now())
