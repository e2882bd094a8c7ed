"""Columns whose values are words of the vocabulary."""

from __future__ import annotations

import enum

import sqlalchemy as sa


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
