"""The columns of flat lines, and how the header of a file names them."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.errors import UnreadableFile

_SHOWN = 12
"""The number of unknown columns that an error lists."""


class Content(enum.Enum):
    """The content of the cells in a column."""

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
"""The members of a flat line, which are the columns of a table."""

_SEPARATORS = re.compile(r"[\s_\u00ad\u200b\ufeff-]+")
_UNNAMED = re.compile(r"unnamed:\d+(?:\.\d+)*")
"""The name that pandas gives to a column without one when it reads a file and writes it again."""
_INTERNAL = "_id"
"""The column with MongoDB's own id of a document."""


def name_key(name: str) -> str:
    """Return the name of a column without case, whitespace, underscores and hyphens.

    >>> name_key(" Published At") == name_key("published_at")
    True
    """
    return _SEPARATORS.sub("", name).casefold()


_KNOWN = {name_key(column): column for column in COLUMNS}


def known_names(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the columns by the keys of their names.

    Args:
        names: Columns with other names, which the caller gave.
    """
    return _KNOWN | {name_key(name): column for column, name in names}


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table."""

    columns: tuple[tuple[int, str], ...]
    """The position and the name of each known column."""
    width: int
    """The number of columns, with those that have no name."""
    nameless: tuple[int, ...]
    """The positions of columns without a name."""

    def behind_row_names(self, cells: Sequence[object]) -> Header:
        """Return the columns of a table whose first row has these cells.

        `write.table` of R names no column for the row names, so the rows begin with a number and have one more cell.
        """
        if len(cells) != self.width + 1 or not str(cells[0]).isdecimal():
            return self
        return Header(tuple((place + 1, name) for place, name in self.columns), self.width + 1, (0,))


def read_header(cells: Sequence[str], names: Iterable[tuple[str, str]]) -> Header:
    """Return the columns that the cells of a header name.

    Raises:
        UnreadableFile: A column is unknown, or named twice.
    """
    known = known_names(names)
    keys = [name_key("x" if cell.strip() == _INTERNAL else cell) for cell in cells]
    nameless = [place for place, key in enumerate(keys) if not key or _UNNAMED.fullmatch(key)]
    columns = [(place, known[key]) for place, key in enumerate(keys) if key in known and place not in nameless]
    if wrong := [cells[place] for place, key in enumerate(keys) if key not in known and place not in nameless]:
        raise UnreadableFile(_unknown(wrong))
    found = [column for _, column in columns if COLUMNS[column] is not Content.IGNORED]
    if twice := sorted({column for column in found if found.count(column) > 1}):
        raise UnreadableFile(f"Two columns are named {twice[0]}. Rename or remove one of them.")
    kept = tuple(column for column in columns if COLUMNS[column[1]] is not Content.IGNORED)
    return Header(kept, len(keys), tuple(nameless))


def count_known(cells: Sequence[str], names: Iterable[tuple[str, str]]) -> int:
    """Return how many cells of a header name a known column."""
    known = known_names(names)
    return sum(name_key(cell) in known for cell in cells)


def _unknown(names: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (
        f"The header has unknown columns: {shown}{more}. Rename them to one of {', '.join(COLUMNS)}, or use the option "
        "map: outlet=Quelle reads the column Quelle as outlet, and x=Quelle ignores it."
    )
