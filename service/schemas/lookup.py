"""Which outlet a page belongs to, over the wire."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas.fields import Answer, AnyText, Body, Flag, one_of
from service.schemas.outlets import OutletOut
from service.schemas.scores import ScoreOut
from service.vocabulary import MatchRule

MAX_URLS = 1000

_ADDRESS = (
    "An http or https URL, or a host with or without a path, such as `bild.de/sport`. The host may be in Unicode or "
    "punycode; its case, `www.`, a trailing dot, user, port, query and fragment do not matter."
)


class LookupQuery(Body):
    url = AnyText(
        required=True,
        metadata={
            "description": f"{_ADDRESS} Anything else is 400; what no outlet on record has, such as an IP address or a "
            "public suffix, is 404."
        },
    )


class LookupIn(Body):
    urls = ma.fields.List(
        AnyText(metadata={"description": f"{_ADDRESS} Anything else is not found."}),
        required=True,
        validate=Length(max=MAX_URLS),
    )
    score = Flag(load_default=False, metadata={"description": "Whether to give the outlets' scores"})


class MatchedOut(Answer):
    rule = one_of(
        MatchRule,
        required=True,
        metadata={
            "description": "How the outlet was found, the first that fits: `path`, by a host and the beginning of the "
            "path, in whole segments; `host`, by the page's own host; `parent`, by a host above it, as m.bild.de by "
            "bild.de, and never above what was registered under a public suffix. The longest host comes first, and for "
            "each the longest path."
        },
    )
    key = ma.fields.String(required=True, metadata={"description": "Which of the outlet's domains it was"})


class LookupOut(Answer):
    outlet = ma.fields.Nested(OutletOut, required=True)
    matched = ma.fields.Nested(MatchedOut, required=True)


class Ready(ma.fields.Nested):
    """What already has the shape of its schema."""

    def _serialize(self, nested_obj: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override] # as in marshmallow
        return nested_obj


class LookedUp(Answer):
    url = ma.fields.String(required=True, metadata={"description": "As it was sent"})
    outlet = ma.fields.Nested(OutletOut, required=True, allow_none=True)
    matched = ma.fields.Nested(MatchedOut, required=True, allow_none=True)
    score = Ready(
        ScoreOut,
        allow_none=True,
        metadata={"description": "As `GET /v1/outlets/{outlet}/score` gives it, if asked for"},
    )


class LookupList(Answer):
    items = ma.fields.List(ma.fields.Nested(LookedUp), required=True)
