"""Load stored contexts. A context never changes, so a score can refer to it by name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.cells import Cell
from service.methods.rates import NO_COUNT, TruthCount, rates_of
from service.methods.tally import STARTING_CONTEXT, Context, Shrinkage
from service.storage.models import ContextRow, TopicRename
from service.storage.renames import current_name, standing_renames
from service.values.vocabulary import Basis, ClaimKind, Stance


class StoredContext(TypedDict):
    """The context for one basis, as stored in JSON."""

    kappa: float
    offset: float
    drift: float
    shrinkage: list[float]
    claims: int
    cells: list[list[Any]]
    """The members of each cell, its weight and its true weight."""


CONTEXT_PREFIX = "ctx_"
_NAME = re.compile(rf"{CONTEXT_PREFIX}[0-9]{{1,9}}", re.ASCII)
RENAMES = sa.select(
    sa.func.count(TopicRename.recorded_at).label("made"),
    sa.func.max(TopicRename.recorded_at).label("last_made"),
    sa.func.count(TopicRename.undone_at).label("undone"),
    sa.func.max(TopicRename.undone_at).label("last_undone"),
)
"""The query for the state of the topic renames: how many were made and undone, and when."""


def read_context_name(text: str) -> str:
    """Parse the name of a context.

    Raises:
        ValueError: No context can have this name.
    """
    if text != STARTING_CONTEXT.id and not _NAME.fullmatch(text):
        raise ValueError("Not the name of a context.")
    return text


def context_name(number: int) -> str:
    """Return the name of a context in scores."""
    return f"{CONTEXT_PREFIX}{number}"


def stored_context(session: Session, row: ContextRow, basis: Basis) -> Context:
    """Return a stored context. Its topics have their current names (R21b)."""
    stored: StoredContext | None = row.contexts[basis]
    if stored is None:
        return replace(STARTING_CONTEXT, id=context_name(row.number), as_of=row.recorded_at)
    return Context(
        id=context_name(row.number),
        as_of=row.recorded_at,
        rates=rates_of(current_cells(session, row, basis)),
        kappa=stored["kappa"],
        shrinkage=Shrinkage(*stored["shrinkage"]),
        offset=stored["offset"],
        drift=stored["drift"],
    )


def current_cells(session: Session, row: ContextRow, basis: Basis = Basis.RESOLVED) -> dict[Cell, TruthCount]:
    """Return the counts of a context by cell, under the current names of topics."""
    stored: StoredContext = row.contexts[basis]
    renames = standing_renames(session, TopicRename.context >= row.number)
    cells: dict[Cell, TruthCount] = {}
    for (stance, kind, commitment, topic), weight, true in stored["cells"]:
        named = None if topic is None else current_name(topic, renames)
        cell = Cell(Stance(stance), ClaimKind(kind), commitment, named)
        cells[cell] = cells.get(cell, NO_COUNT).plus(TruthCount(weight, true))
    return cells
