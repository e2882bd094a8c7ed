"""The header of a table: the positions of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import UnreadableFile
from service.transfer.files.columns import COLUMNS, Content, Names, find_columns, is_internal, known_names, name_key

_SHOWN = 12
"""The number of unknown columns that an error lists."""
_UNNAMED = re.compile(r"unnamed:\d+(?:\.\d+)*")
"""The name that pandas gives to a column without one."""
_MARK = re.compile(r"[^\w\s\"'.-]| +")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table, as its header names them."""

    columns: tuple[tuple[int, str], ...]
    """The position and the name of each known column."""
    width: int
    """The number of columns, including those without a name."""
    nameless: tuple[int, ...]
    """The positions of the columns without a name."""
    names: tuple[str, ...]
    """The names of the known columns as the file spells them, in lower case."""

    def behind_row_names(self, cells: Sequence[object]) -> Header:
        """Return the header, shifted by one column if a first row with these cells begins with a row name.

        R's `write.table` writes no header cell for the row names, so its rows begin with a number and have one more
        cell than the header.
        """
        if len(cells) != self.width + 1 or not str(cells[0]).isdecimal():
            return self
        shifted = tuple((place + 1, name) for place, name in self.columns)
        return Header(shifted, self.width + 1, (0,), self.names)

    def is_repeated(self, cells: Sequence[object]) -> bool:
        """Return whether a row repeats the header, as in concatenated files."""
        return all(
            place < len(cells) and _plain(cells[place]) == name
            for (place, _), name in zip(self.columns, self.names, strict=True)
        )


def read_header(cells: Sequence[str], names: Names, *, subject: str) -> Header:
    """Read the header of a table, and return its columns.

    Args:
        cells: The cells of the header.
        names: The names that the caller gave to columns.
        subject: The words for the header in an error, such as `The header`.

    Raises:
        UnreadableFile: A column is unknown or named twice, or no column is named.
    """
    known = known_names(names)
    keys = [name_key("x" if is_internal(cell) else cell) for cell in cells]
    nameless = tuple(place for place, key in enumerate(keys) if not key or _UNNAMED.fullmatch(key))
    wrong = [cells[place] for place, key in enumerate(keys) if key not in known and place not in nameless]
    columns = tuple((place, known[key]) for place, key in enumerate(keys) if key in known and place not in nameless)
    kept = tuple(column for column in columns if COLUMNS[column[1]] is not Content.IGNORED)
    if wrong or not kept:
        raise UnreadableFile(f"{subject} {_explain_unknown(wrong, cells, names)}")
    found = [column for _, column in kept]
    if twice := sorted({column for column in found if found.count(column) > 1}):
        raise UnreadableFile(f"Two columns are named {twice[0]}. Rename or remove one of them.")
    return Header(kept, len(keys), nameless, tuple(_plain(cells[place]) for place, _ in kept))


def _explain_unknown(wrong: list[str], cells: Sequence[str], names: Names) -> str:
    listed = ", ".join(COLUMNS)
    if not wrong:
        return f"names no columns. Name at least one of the columns {listed}."
    filled = [cell for cell in cells if cell.strip()]
    for mark in dict.fromkeys(_MARK.findall(filled[0])) if len(filled) == 1 else ():
        if len(find_columns(filled[0].split(mark), names)) > 1:
            return (
                f"separates its columns by {mark!r}, which is not supported. Use commas, semicolons, tabs or vertical "
                "bars."
            )
    shown = ", ".join(repr(name[:60]) for name in wrong[:_SHOWN])
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return (
        f"has unknown columns: {shown}{more}. Rename them to one of {listed}, or use the option map: outlet=Quelle "
        "reads the column Quelle as outlet, and x=Quelle ignores it."
    )


def _plain(cell: object) -> str:
    return str(cell).strip(' \t\ufeff"').casefold()
