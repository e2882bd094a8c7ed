"""The ranking of outlets, which the API, the page and the CSV file share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.ledger.seal import LAST_HEAD
from service.methods.tally import Context
from service.outlets.track_record import Lens, OutletRecord
from service.scores.describe import describe_score
from service.scores.places import Measures, Place
from service.scores.read import read_records
from service.scores.score import Score
from service.scores.stored_order import StoredOrder
from service.storage.models import Outlet
from service.storage.predicates import is_among
from service.storage.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The snapshot and the context of a ranking's first page, which later pages use, too."""

    snapshot: Snapshot
    context: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking at one moment: the stored order, with recently changed outlets computed and inserted."""

    session: Session
    lens: Lens
    context: Context
    now: dt.datetime
    stored: StoredOrder
    computed: Mapping[str, OutletRecord]
    """The records of the outlets whose stored place may be outdated, by slug."""
    measures: Mapping[str, Measures]
    """The measures of the same outlets, by slug."""

    def places(self, *, after: tuple[float, str] | None = None, limit: int) -> list[Place]:
        """Return up to `limit` places that follow a sort key, or the first ones if it is None."""
        criteria = self.stored.criteria
        places = [criteria.place(slug, each) for slug, each in self.measures.items() if self._is_ranked(each)]
        later = (place for place in places if after is None or place.key > after)
        return sorted([*self.stored.places(after, limit), *later])[:limit]

    def waiting(self, limit: int) -> list[str]:
        """Return the slugs of unranked outlets, sorted by resolved claims, then by claims, both descending."""
        computed = [
            (each.resolved, each.claims, slug)
            for slug, each in self.measures.items()
            if each.claims and not self._is_ranked(each)
        ]
        found = sorted([*self.stored.waiting(limit), *computed], reverse=True)[:limit]
        return [slug for _, _, slug in sorted(found, key=lambda one: (-one[0], -one[1], one[2]))]

    def count(self) -> tuple[int, int]:
        """Return the number of ranked outlets, and the number of unranked outlets that have claims."""
        ranked, waiting = self.stored.count()
        computed = [self._is_ranked(each) for each in self.measures.values() if each.claims]
        return ranked + sum(computed), waiting + len(computed) - sum(computed)

    def records(self, slugs: Iterable[str]) -> dict[str, OutletRecord]:
        """Return the records of outlets by slug."""
        wanted = set(slugs)
        found = {slug: record for slug, record in self.computed.items() if slug in wanted}
        if others := wanted - found.keys():
            chosen = is_among(self.session, Outlet.slug, others)
            found |= {one.slug: one for one in read_records(self.session, chosen, self.lens, now=self.now)}
        return found

    def scores(self, records: Iterable[OutletRecord]) -> list[Score]:
        """Return the scores of these records, in the same order."""
        head = self.session.scalar(LAST_HEAD)
        return [describe_score(record, self.context, self.lens, now=self.now, ledger=head) for record in records]

    @property
    def changes_at(self) -> dt.datetime | None:
        """The moment at which the ranking next changes without a write, because a claim falls due."""
        moments = self.stored.next_change(after=self.now), *(record.changes_at for record in self.computed.values())
        return min((moment for moment in moments if moment is not None), default=None)

    def _is_ranked(self, measures: Measures) -> bool:
        return measures.resolved >= self.stored.criteria.min_resolved
