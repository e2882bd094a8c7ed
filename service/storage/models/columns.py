"""Column types that several tables share: closed vocabularies and redactions."""

from __future__ import annotations

import enum
from typing import Annotated, NotRequired, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from service.values.ids import SLUG_LENGTH
from service.values.topics import TOPIC_LENGTH


class RedactionNote(TypedDict):
    """A redacted member of a row, as the JSON column stores it and as it is shown."""

    member: str
    reason: str
    recorded_at: str
    """An RFC 3339 instant."""


class ReviewNote(TypedDict):
    """A review of a claim by a fact-checker, as the JSON column stores it and as it is shown."""

    publisher: str | None
    url: str | None
    rating: str | None
    """The name of the rating."""
    value: str | None
    """The number of the rating, as published, like the best and the worst number of its scale."""
    best: str | None
    worst: str | None
    verdict: str | None
    """The verdict that the rating gives; None if it gives none."""
    truth: float | None
    """The truth of a partial verdict."""
    merged_from: NotRequired[str]
    """The id of the merged claim that it is from (R22a). It is not shown."""


Redacted = Annotated[list[RedactionNote] | None, mapped_column(sa.JSON(none_as_null=True))]
"""The redacted members of a row."""
Reviews = Annotated[list[ReviewNote] | None, mapped_column(sa.JSON(none_as_null=True))]
"""The reviews of a claim; None if it has none."""


SLUG = sa.String(SLUG_LENGTH).with_variant(sa.String(SLUG_LENGTH, collation="C"), "postgresql")
"""The type of a slug that a list is sorted by. It is sorted by its bytes, in the same order on both databases."""
TOPIC = sa.String(TOPIC_LENGTH).with_variant(sa.String(TOPIC_LENGTH, collation="C"), "postgresql")
"""The type of a topic. It is sorted by its bytes, so that all topics below one are one range of an index."""


def enum_column(words: type[enum.StrEnum], name: str) -> sa.Enum:
    """Return a text column with a closed vocabulary, which both databases check."""
    return sa.Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )
