"""Column types that several tables share: closed vocabularies and redactions."""

from __future__ import annotations

import enum
from typing import Annotated, NotRequired, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from service.values.ids import SLUG_LENGTH
from service.values.topics import TOPIC_LENGTH


class RedactionNote(TypedDict):
    """A redacted member of a row, in the form that is stored and shown."""

    member: str
    reason: str
    recorded_at: str
    """An RFC 3339 instant."""


class ReviewNote(TypedDict):
    """A review of a claim by a fact-checker, in the form that is stored and shown."""

    publisher: str | None
    url: str | None
    rating: str | None
    """The name of the rating."""
    value: str | None
    """The published number of the rating. `best` and `worst` are the ends of its scale."""
    best: str | None
    worst: str | None
    verdict: str | None
    """The verdict that corresponds to the rating; None if there is none."""
    truth: float | None
    """The truth of a partial verdict."""
    merged_from: NotRequired[str]
    """The id of the merged claim that the review came from (R22a). It is not shown."""


Redacted = Annotated[list[RedactionNote] | None, mapped_column(sa.JSON(none_as_null=True))]
"""The redacted members of a row."""
Reviews = Annotated[list[ReviewNote] | None, mapped_column(sa.JSON(none_as_null=True))]
"""The reviews of a claim; None if it has none."""


SLUG = sa.String(SLUG_LENGTH).with_variant(sa.String(SLUG_LENGTH, collation="C"), "postgresql")
"""The type of a slug that lists are sorted by. Its order is that of its bytes, the same on both databases."""
TOPIC = sa.String(TOPIC_LENGTH).with_variant(sa.String(TOPIC_LENGTH, collation="C"), "postgresql")
"""The type of a topic. Its order is that of its bytes, so all topics below one are one range of an index."""


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
