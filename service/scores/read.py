"""Read the scores of outlets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session

from service.errors import UnknownOutlet
from service.ledger.seal import last_head
from service.outlets.find import find_outlets, refuse_merged
from service.outlets.suggest import unknown_slug
from service.outlets.track_record import Lens, read_records
from service.scores.contexts import context_of
from service.scores.describe import Score, describe_score
from service.storage.db import Database
from service.storage.models import Outlet
from service.values.ids import is_slug


def read_score(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> Score:
    """Return the score of one outlet.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidQuery: A moment of the lens is in the future.
    """
    return read_scores(db, [reference], lens=lens, now=now, follow_merges=False)[0]


def read_scores(
    db: Database, references: Sequence[str], *, lens: Lens, now: dt.datetime, follow_merges: bool = True
) -> list[Score]:
    """Return the scores of outlets, in the order given.

    Args:
        db: The database.
        references: The slugs or ids of the outlets.
        lens: The lens on their records.
        now: The time of the call.
        follow_merges: Whether to return, for an outlet that was merged, the score of the outlet it was merged into.

    Raises:
        UnknownOutlet: Some references belong to no outlet.
        OutletMerged: An outlet was merged, and `follow_merges` is false.
        InvalidQuery: A moment of the lens is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlets = _find(session, references)
        if not follow_merges:
            for outlet in outlets:
                refuse_merged(outlet)
        slugs = [outlet.surviving.slug for outlet in outlets]
        chosen = Outlet.id.in_({outlet.surviving.id for outlet in outlets})
        context = context_of(session, lens.basis, lens.recorded_by)
        records = read_records(session, chosen, lens, now=now)
        head = last_head(session)
    scores = {record.slug: describe_score(record, context, lens, now=now, ledger=head) for record in records}
    return [scores[slug] for slug in slugs]


def slugs_of(db: Database, references: Sequence[str]) -> list[str]:
    """Return references as slugs; if all are slugs already, the database is not read.

    Raises:
        UnknownOutlet: Some references belong to no outlet.
    """
    if all(map(is_slug, references)):
        return list(references)
    with db.read() as session:
        return [outlet.slug for outlet in _find(session, references)]


def _find(session: Session, references: Sequence[str]) -> list[Outlet]:
    found = find_outlets(session, references)
    unknown = [reference for reference in references if reference not in found]
    if len(unknown) == 1:
        raise UnknownOutlet(unknown_slug(session, unknown[0]))
    if unknown:
        raise UnknownOutlet(f"Not on record: {', '.join(map(repr, unknown))}.")
    return [found[reference] for reference in references]
