"""The columns of flat lines, and the names that a file may give them."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias


class Content(enum.Enum):
    """The type of content in a column, which determines how its cells are read."""

    TEXT = enum.auto()
    OPTIONAL_TEXT = enum.auto()
    NUMBER = enum.auto()
    DATE = enum.auto()
    OPTIONAL_DATE = enum.auto()
    STANCE = enum.auto()
    OUTCOME = enum.auto()
    IGNORED = enum.auto()


COLUMNS: Mapping[str, Content] = MappingProxyType(
    {
        "outlet": Content.TEXT,
        "claim_id": Content.TEXT,
        "claim": Content.TEXT,
        "stance": Content.STANCE,
        "published_at": Content.DATE,
        "url": Content.OPTIONAL_TEXT,
        "topic": Content.OPTIONAL_TEXT,
        "probability": Content.NUMBER,
        "commitment": Content.NUMBER,
        "outcome": Content.OUTCOME,
        "resolved_at": Content.OPTIONAL_DATE,
        "x": Content.IGNORED,
    }
)
"""The columns of a table, which are the members of a flat line, with the content of each."""
REQUIRED = frozenset({"outlet", "claim_id", "claim", "published_at"})
"""The columns that a table of reports must have."""
HEAD_ROWS = 11
"""The number of first rows, not counting empty ones, among which the header is found.

A table may have a title above the header.
"""

Names: TypeAlias = tuple[tuple[str, str], ...]
"""Pairs of a column and its name in the file."""

_SEPARATORS = re.compile(r"[\s_#\u00ad\u200b\ufeff-]+")
_INTERNAL = frozenset({"_id", "__v"})
"""The members that MongoDB and Mongoose add to a document."""


def name_key(name: str) -> str:
    """Return the name of a column without case, whitespace, underscores, hyphens and number signs.

    >>> name_key(" Published At") == name_key("published_at")
    True
    """
    return _SEPARATORS.sub("", name).casefold()


_KNOWN = {name_key(column): column for column in COLUMNS}


def known_names(names: Names) -> dict[str, str]:
    """Return the columns by the `name_key` of their names, including the names that the caller gave."""
    return _KNOWN | {name_key(name): column for column, name in names}


def find_columns(cells: Iterable[object], names: Names) -> frozenset[str]:
    """Return the known columns that are named in the cells of a row."""
    known = known_names(names)
    keys = (name_key(cell) for cell in cells if isinstance(cell, str))
    return frozenset(known[key] for key in keys if key in known)


def is_internal(name: str) -> bool:
    """Return whether a member or column was added by MongoDB or Mongoose instead of a person."""
    return name.strip() in _INTERNAL
