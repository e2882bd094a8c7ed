"""Columns that several tables have: words of the vocabulary, and what was redacted."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

Redacted = Annotated[list[dict[str, Any]] | None, mapped_column(sa.JSON(none_as_null=True))]
"""The members of a row that were redacted, each with the reason and the moment, as they are shown."""


def named(kind: type[enum.StrEnum], name: str) -> sa.Enum:
    """A column of words, one of which it must be: both databases check it."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )
