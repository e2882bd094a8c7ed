"""Cells: the groups of similar reports within which outlets are compared. Pure."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from service.values.topics import lineage
from service.values.vocabulary import ClaimKind, Stance

Key: TypeAlias = tuple[Stance, *tuple[ClaimKind | int | str | None, ...]]


class Cell(NamedTuple):
    """A group of reports with the same stance, kind of claim, commitment and topic."""

    stance: Stance
    kind: ClaimKind
    commitment: int | None
    """1 (interest) to 4 (reported as done); None when unknown."""
    topic: str | None

    @property
    def levels(self) -> tuple[Key, Key, Key, Key]:
        """The keys of the cell and of the wider cells that contain it, the widest first."""
        stance, kind, commitment, topic = self
        return (stance,), (stance, kind), (stance, kind, commitment), (stance, kind, commitment, topic)

    @property
    def lineage(self) -> tuple[Key, ...]:
        """The keys in `levels`, with one more for each topic above that of the cell (R21b)."""
        return lineage_of(self.levels[-1])


def lineage_of(key: Key) -> tuple[Key, ...]:
    """Return the keys of a cell and of all cells and topics that contain it, the widest first."""
    stance, *narrower = key
    wide: list[Key] = [(stance, *narrower[:length]) for length in range(min(len(key), 3))]
    if len(key) < 4:
        return tuple(wide)
    topic = key[3]
    topics = [None] if topic is None else lineage(str(topic))
    kind, commitment = narrower[:2]
    deep: list[Key] = [(stance, kind, commitment, part) for part in topics]
    return *wide, *deep
