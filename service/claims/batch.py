"""Record many claims in one transaction: either all or none, or each independently of the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.batch_part import BatchClaim, BatchEntry, BatchResult, Recording, external_id_of, places_of
from service.errors import InvalidBody, ServiceError
from service.storage.db import Database, retried
from service.values.vocabulary import Caller


@retried
def record_claims(
    db: Database, cache: ScoreCache, entries: Sequence[BatchEntry], *, atomic: bool, caller: Caller, now: dt.datetime
) -> list[BatchResult]:
    """Record a batch of claims with their reports and resolutions, as one call for each claim would.

    Unless `atomic` is set, a claim is recorded even if its resolution is rejected.

    Args:
        db: The database.
        cache: The score cache, in which the scores of the outlets are invalidated.
        entries: The claims, or the errors for malformed ones.
        atomic: Whether to record nothing if a claim or a resolution is rejected.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        InvalidBody: The batch is atomic, and a claim or a resolution was rejected; `errors` names all places.
    """
    with db.write() as session, session.no_autoflush:
        stale: set[str] = set()
        results: list[BatchResult] = []
        for part in _parts(entries):
            recording = Recording(session, part, caller=caller, now=now)
            results += recording.results()
            stale |= recording.stale
        if atomic:
            _check_all(results)
        if stale:
            invalidate_scores(session, cache, stale, now=now)
    return results


def _parts(entries: Iterable[BatchEntry]) -> Iterator[list[BatchClaim | ServiceError]]:
    """Yield a batch in parts, each without a repeated external id.

    When an external id repeats in a later part, its claim has already been recorded.
    """
    part: list[BatchEntry] = []
    names: set[str] = set()
    for entry in entries:
        if (name := external_id_of(entry)) is not None:
            if name in names:
                yield part
                part, names = [], set()
            names.add(name)
        part.append(entry)
    yield part


def _check_all(results: Sequence[BatchResult]) -> None:
    """Check that no claim or resolution of a batch was rejected.

    Raises:
        InvalidBody: A claim or resolution was rejected; `errors` names all places.
    """
    errors = [
        place
        for index, result in enumerate(results)
        if result.error is not None
        for place in places_of(result.error, f"/claims/{index}")
    ]
    if errors:
        raise InvalidBody(
            "You asked to record all claims or none, and some of them break a rule, so nothing was recorded. "
            "Correct the places listed in `errors`, or leave out `atomic`.",
            errors=errors,
        )
