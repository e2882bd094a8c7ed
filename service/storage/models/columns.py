"""Column types that several tables share: enumerations, redactions, reviews, slugs and topics."""

from __future__ import annotations

import enum
from typing import Annotated, NotRequired, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from service.values.ids import SLUG_LENGTH
from service.values.topics import TOPIC_LENGTH


class RedactionNote(TypedDict):
    """A note on a redacted member of a row, in the form that is stored and shown."""

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
"""The notes on the redacted members of a row; None if it has none."""
Reviews = Annotated[list[ReviewNote] | None, mapped_column(sa.JSON(none_as_null=True))]
"""The reviews of a claim; None if it has none."""


SLUG = sa.String(SLUG_LENGTH).with_variant(sa.String(SLUG_LENGTH, collation="C"), "postgresql")
"""The type of a slug column that lists are sorted by. Both databases sort it by bytes."""
TOPIC = sa.String(TOPIC_LENGTH).with_variant(sa.String(TOPIC_LENGTH, collation="C"), "postgresql")
"""The type of a topic column. It sorts by bytes, so a topic's descendants are one range of an index."""


def enum_column(words: type[enum.StrEnum], name: str) -> sa.Enum:
    """Return the type of a text column in which both databases accept only the values of an enumeration."""
    return sa.Enum(
        words,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )
