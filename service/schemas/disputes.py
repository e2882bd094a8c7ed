"""Disputes in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Length

from service.schemas import shown
from service.schemas.fields import Answer, Body, PageQuery, Text, WebAddress, one_of
from service.schemas.redacted import redacted
from service.values.vocabulary import DisputeStatus, Via


class DisputeIn(Body):
    """A dispute to file: the reason why a resolution is wrong, with evidence."""

    reason = Text(2000, required=True, metadata={"description": "The reason why the resolution is wrong; public."})
    evidence = ma.fields.List(
        WebAddress(),
        load_default=list,
        validate=Length(max=20),
        metadata={"description": "The addresses of pages that support the reason."},
    )


class ClosureIn(Body):
    """The reason for closing a dispute without changing the resolution."""

    reason = Text(2000, required=True, metadata={"description": "The reason why the resolution is kept; public."})


class ClosureOut(Answer):
    """The closure of a dispute, either with a reason or by a new resolution."""

    reason = shown.text(
        "The reason why the resolution was kept; null if a new resolution closed the dispute.", allow_none=True
    )
    resolution = shown.identifier(
        "The id of the resolution that superseded the disputed one; null if a reason closed the dispute.",
        allow_none=True,
    )
    recorded_at = shown.instant("When the dispute was closed.")


class DisputeOut(Answer):
    """A dispute: a statement that a resolution is wrong."""

    id = shown.identifier("The dispute's id.")
    claim = shown.identifier("The id of the claim.")
    resolution = shown.identifier("The id of the disputed resolution.")
    status = shown.choice(DisputeStatus, "The state of the dispute.")
    reason = shown.text("The reason why the resolution is wrong, in the words of the sender.")
    evidence = shown.texts("The addresses of pages that support the reason.")
    via = shown.choice(Via, "The way in which the dispute was filed.")
    closure = shown.part(ClosureOut, "The closure of the dispute; null while it is open.", allow_none=True)
    recorded_at = shown.recorded_at()
    redacted = redacted()


DisputePage = shown.page_of("DisputePage", DisputeOut, "disputes")


class DisputeQuery(PageQuery):
    """Filter and paging parameters for the list of disputes."""

    status = one_of(DisputeStatus, "Only disputes with this status.")
