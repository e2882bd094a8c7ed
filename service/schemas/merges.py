"""Merges of outlets and of claims in requests and responses."""

from __future__ import annotations

import marshmallow as ma

from service.schemas import shown
from service.schemas.fields import Answer, Body, Text
from service.values.ids import SLUG_LENGTH


class MergeIn(Body):
    """The target of a merge of outlets."""

    into = Text(SLUG_LENGTH, required=True, metadata={"description": "The slug or id of the outlet that remains."})


class MergeOut(Answer):
    """A merge of one outlet into another."""

    outlet = shown.text("The slug of the outlet that was merged.")
    into = shown.text("The slug of the outlet that it was merged into.")
    merged_at = shown.instant("When it was merged.")


class ClaimMergeIn(Body):
    """The target of a merge of claims."""

    into = ma.fields.UUID(required=True, metadata={"description": "The id of the claim that remains."})


class ClaimMergeOut(Answer):
    """A merge of one claim into another."""

    claim = ma.fields.UUID(required=True, metadata={"description": "The id of the claim that was merged."})
    into = ma.fields.UUID(required=True, metadata={"description": "The id of the claim that it was merged into."})
    merged_at = shown.instant("When it was merged.")
