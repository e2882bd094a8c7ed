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
    """Each cell as a list of its key, its weight and the weight of its true claims."""


CONTEXT_PREFIX = "ctx_"
_NAME = re.compile(rf"{CONTEXT_PREFIX}[0-9]{{1,9}}", re.ASCII)
RENAMES = sa.select(
    sa.func.count(TopicRename.recorded_at).label("made"),
    sa.func.max(TopicRename.recorded_at).label("last_made"),
    sa.func.count(TopicRename.undone_at).label("undone"),
    sa.func.max(TopicRename.undone_at).label("last_undone"),
)
"""Select the state of topic renames: the numbers made and undone, and the times of the last ones."""


def read_context_name(text: str) -> str:
    """Check that a text has the form of a context's name, and return it.

    Raises:
        ValueError: The text does not have this form.
    """
    if text != STARTING_CONTEXT.id and not _NAME.fullmatch(text):
        raise ValueError("Not the name of a context.")
    return text


def context_name(number: int) -> str:
    """Return the name by which scores refer to the context with this number."""
    return f"{CONTEXT_PREFIX}{number}"


def stored_context(session: Session, row: ContextRow, basis: Basis) -> Context:
    """Return the context stored in a row for a basis, with the current names of its topics (R21b)."""
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
    """Return the counts of true claims in a stored context by cell, with the current names of topics."""
    stored: StoredContext = row.contexts[basis]
    renames = standing_renames(session, TopicRename.context >= row.number)
    cells: dict[Cell, TruthCount] = {}
    for (stance, kind, commitment, topic), weight, true in stored["cells"]:
        named = None if topic is None else current_name(topic, renames)
        cell = Cell(Stance(stance), ClaimKind(kind), commitment, named)
        cells[cell] = cells.get(cell, NO_COUNT).plus(TruthCount(weight, true))
    return cells
