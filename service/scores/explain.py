"""Explain a score: the calculation step by step, and the contribution of each claim (R19)."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple, dataclass, replace
from itertools import islice
from typing import TypeAlias
from uuid import UUID

from service.methods.explanation import put_in_words
from service.methods.reliability import Skill
from service.methods.tally import Context
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens
from service.scores.contributions import ClaimContribution, describe_contributions, strongest_claims
from service.scores.describe import describe_score, own_tally
from service.scores.read import context_of
from service.scores.score import Score
from service.scores.scored_claims import ScoredClaim, own_record, scored_claims
from service.storage.cursors import decode_cursor, encode_cursor
from service.storage.db import Database
from service.storage.paging import read_sort_key
from service.values.instants import format_instant, parse_instant

_SortKey: TypeAlias = tuple[dt.datetime, UUID]


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """The numbers in the calculation of a score; `methods.reliability.Skill` defines them."""

    n: int
    right: float
    expected: float
    kappa: float
    drift: float
    d: float
    t: float
    nu: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The calculation of a score, with one page of the contributions of claims."""

    score: Score
    sums: ScoreSums | None
    """None if no claim is resolved."""
    formula: list[str]
    raised: list[ClaimContribution]
    """The claims that raised the score most, the strongest first; the same on every page."""
    lowered: list[ClaimContribution]
    """The claims that lowered the score most, the strongest first; the same on every page."""
    contributions: list[ClaimContribution]
    """One page of the claims, sorted by the time their answers became known, the latest first."""
    next_cursor: str | None


def explain_score(
    db: Database, reference: str, *, lens: Lens, cursor: str | None, limit: int, now: dt.datetime
) -> Explanation:
    """Return the calculation of an outlet's score, with a page of the contributions of claims.

    A cursor contains the time of the first page, so that all pages describe the record at that time.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: `as_of` or `recorded_by` is in the future, or the cursor belongs to another list.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlet = require_outlet(session, reference)
        bound_to = ["explanation", outlet.id, *astuple(lens)]
        started, last = (now, None) if cursor is None else _decode(cursor, bound_to)
        lens = lens if last is None else _lens_at(started, lens, now=now)
        context = context_of(session, lens.basis, lens.recorded_by)
        claims = sorted(scored_claims(session, outlet, lens, now=now), key=_sort_key, reverse=True)
        rest = [one for one in claims if last is None or _sort_key(one) < last]
        record = own_record(outlet, claims)
        own = own_tally(record)
        raised, lowered = strongest_claims(claims, own.skill(context), context)
        shown = [*raised, *lowered, *rest[:limit]]
        described = iter(describe_contributions(session, shown, record, context, lens))
    score = describe_score(record, context, lens, now=now)
    rating = own.rating(context, topic=lens.topic, level=lens.level)
    return Explanation(
        score=score,
        sums=_sums(own.skill(context), context),
        formula=list(put_in_words(own.skill(context), rating, drift=context.drift)),
        raised=list(islice(described, len(raised))),
        lowered=list(islice(described, len(lowered))),
        contributions=list(described),
        next_cursor=_encode(started, rest[limit - 1], bound_to) if len(rest) > limit else None,
    )


def _lens_at(started: dt.datetime, lens: Lens, *, now: dt.datetime) -> Lens:
    """Return a lens for the record at the time of the first page, so that all pages agree.

    Raises:
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """
    # The clock of the machine that returned the first page may be ahead.
    lens = replace(lens, recorded_by=lens.recorded_by or min(started, now))
    lens.refuse_future(now)
    return lens


def _decode(cursor: str, bound_to: object) -> tuple[dt.datetime, _SortKey]:
    sort_key = decode_cursor(cursor, bound_to)
    started, known_at, claim_id = read_sort_key(sort_key, [parse_instant, parse_instant, UUID])
    return started, (known_at, claim_id)


def _encode(started: dt.datetime, last: ScoredClaim, bound_to: object) -> str:
    return encode_cursor((format_instant(started), format_instant(last.known_at), str(last.claim_id)), bound_to)


def _sort_key(claim: ScoredClaim) -> _SortKey:
    return claim.known_at, claim.claim_id


def _sums(skill: Skill, context: Context) -> ScoreSums | None:
    if not skill.cells:
        return None
    return ScoreSums(
        n=skill.resolved,
        right=skill.right,
        expected=skill.expected,
        kappa=skill.kappa,
        drift=context.drift,
        d=skill.d,
        t=skill.t,
        nu=skill.nu,
    )
