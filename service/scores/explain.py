"""Explain a score: what it is made of, how it came about through time, and how good stated probabilities were."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, replace
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.score_cache import EncodedResponse
from service.methods.beta import jeffreys_interval
from service.methods.calibration import Bin, Outcome, bins, decompose
from service.methods.context import Context
from service.methods.explanation import put_in_words, share
from service.methods.rates import UNIT
from service.methods.reliability import METHOD, Reliability, Working
from service.methods.tally import tally
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens, OutletRecord
from service.scores.contexts import context_of
from service.scores.contributions import Scored, grow, month_ends, own_record, read_scored
from service.scores.describe import describe_score
from service.storage.db import Database
from service.storage.models import Claim, Outlet, Version
from service.storage.paging import decode_cursor, encode_cursor, read_sort_key
from service.values.documents import etag_of
from service.values.instants import format_instant, parse_instant
from service.values.vocabulary import Basis, Role

_Place: TypeAlias = tuple[dt.datetime, UUID]
"""When a claim's answer became known, and which claim it is."""

_OF_SCORE = ("outlet", "topic", "basis", "as_of", "method", "status", "reliability", "record", "context")
_DECOMPOSED = ("reliability", "resolution", "uncertainty", "within_bins")


def explain_score(
    db: Database, reference: str, *, lens: Lens, cursor: str | None, limit: int, now: dt.datetime
) -> EncodedResponse:
    """What the score of an outlet is made of, with some of the claims it rests on, the last known first (R19).

    The pages after the first are of the same record, as it was on record then: a cursor begins with that moment.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: A moment lies ahead, or the cursor is not one of this list.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlet = require_outlet(session, reference)
        bound_to = ["explanation", outlet.id, *astuple(lens)]
        begun, after = (now, None) if cursor is None else _read_cursor(cursor, bound_to)
        # Another machine, whose clock is ahead, may have answered with the page before.
        seen = lens if after is None else replace(lens, recorded_by=lens.recorded_by or min(begun, now))
        seen.refuse_future(now)
        context = context_of(session, seen.recorded_by)
        scored = read_scored(session, outlet, seen, now=now)
        rest = sorted((one for one in scored if after is None or _place(one) < after), key=_place, reverse=True)
        page = rest[:limit]
        texts = claim_texts(session, [one.claim_id for one in page], seen.recorded_by)
    record = own_record(outlet, scored)
    working = working_of(record, context, lens.topic)
    lasting = _describe_working(record, context, seen, working, now=now)
    lasting["contributions"] = [describe_contribution(one, texts[one.claim_id], working, context) for one in page]
    next_cursor = _cursor(begun, page[-1], bound_to) if len(rest) > limit else None
    passing = {"next_cursor": next_cursor, "computed_at": format_instant(now)}
    body = json.dumps(lasting | passing).encode()
    return EncodedResponse(body, _tag(lasting, lens), next_cursor=next_cursor)


def score_history(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> EncodedResponse:
    """The score of an outlet as of the end of each month since its first claim was known, and as of now.

    Args:
        db: The database.
        reference: The outlet's slug or id.
        lens: How to look at the record; at no past moment.
        now: The moment of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
    """
    with db.read() as session:
        outlet = require_outlet(session, reference)
        context = context_of(session)
        scored = read_scored(session, outlet, replace(lens, basis=Basis.RESOLVED), now=now)
    record = own_record(outlet, [])
    score = describe_score(record, context, lens, now=now)
    shown = {name: score[name] for name in ("outlet", "topic", "basis", "method", "context")}
    points = list(describe_points(record, scored, context, lens, now=now))
    document = shown | {"items": points, "computed_at": format_instant(now)}
    lasting = shown | {"items": [*points[:-1], points[-1] | {"as_of": None}]}
    return EncodedResponse(json.dumps(document).encode(), etag_of(lasting))


def outlet_calibration(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> EncodedResponse:
    """How often what an outlet gave a probability proved true, by tenths of probability.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: `as_of` lies ahead.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlet = require_outlet(session, reference)
        scored = read_scored(session, outlet, lens, now=now)
    lasting = describe_calibration(outlet, scored, lens, now=now)
    body = json.dumps(lasting | {"computed_at": format_instant(now)}).encode()
    return EncodedResponse(body, _tag(lasting, lens))


def describe_calibration(outlet: Outlet, scored: Sequence[Scored], lens: Lens, *, now: dt.datetime) -> dict[str, Any]:
    """What came of the probabilities that an outlet stated on some claims."""
    stated = list(_outcomes(scored))
    own = tally(own_record(outlet, scored).parts, Role.OWN, scorable=outlet.scorable)
    parts = decompose(stated)
    return {
        "outlet": outlet.slug,
        "topic": lens.topic,
        "basis": lens.basis,
        "as_of": format_instant(lens.moment(now)),
        "method": METHOD,
        "resolved": own.resolved,
        "stated": len(stated),
        "brier": None if own.brier is None else asdict(own.brier),
        "decomposition": None if parts is None else {name: getattr(parts, name) for name in _DECOMPOSED},
        "bins": [_describe_bin(part, lens.level) for part in bins(stated)],
    }


def _read_cursor(cursor: str, bound_to: object) -> tuple[dt.datetime, _Place]:
    begun, known_at, claim_id = read_sort_key(decode_cursor(cursor, bound_to), [parse_instant, parse_instant, UUID])
    return begun, (known_at, claim_id)


def _cursor(begun: dt.datetime, last: Scored, bound_to: object) -> str:
    return encode_cursor((format_instant(begun), format_instant(last.known_at), str(last.claim_id)), bound_to)


def _place(one: Scored) -> _Place:
    return one.known_at, one.claim_id


def claim_texts(session: Session, claims: Collection[UUID], recorded_by: dt.datetime | None) -> dict[UUID, str]:
    """What claims say, or said at a past moment."""
    texts = dict(session.execute(sa.select(Claim.id, Claim.text).where(Claim.id.in_(claims))).all())
    if recorded_by is not None:
        later = sa.select(Version.subject_id, Version.content).where(Version.subject_id.in_(claims))
        later = later.where(Version.recorded_at > recorded_by).order_by(Version.number.desc())
        texts |= {claim_id: content["text"] for claim_id, content in session.execute(later)}
    return texts


def _tag(lasting: dict[str, Any], lens: Lens) -> str:
    """A tag that the mere passing of time does not change."""
    return etag_of(lasting | {"as_of": None} if lens.is_current else lasting)


def working_of(record: OutletRecord, context: Context, topic: str | None) -> Working:
    """What the score of a record is worked out from."""
    own = tally(record.parts, Role.OWN, scorable=record.scorable)
    return Working(own.right, own.expected(context), own.resolved, context.reference(topic), context.kappa)


def _describe_working(
    record: OutletRecord, context: Context, lens: Lens, working: Working, *, now: dt.datetime
) -> dict[str, Any]:
    score = describe_score(record, context, lens, now=now)
    return {name: score[name] for name in _OF_SCORE} | {
        "prior": None if working.resolved == 0 else _describe_prior(working),
        "sums": None if working.resolved == 0 else _describe_sums(working),
        "formula": list(put_in_words(working, score["reliability"] and Reliability(**score["reliability"]))),
    }


def _describe_prior(working: Working) -> dict[str, float]:
    return {"kappa": working.kappa, "m": working.m, "weight": working.kappa * working.m}


def _describe_sums(working: Working) -> dict[str, float]:
    return {
        "n": working.resolved,
        "k": working.right,
        "expected": working.expected,
        "mu": working.mu,
        "nu": working.nu,
        "alpha": working.mu * working.nu,
        "beta": (1 - working.mu) * working.nu,
        "reference": working.reference,
        "d": working.shift,
    }


def describe_contribution(one: Scored, text: str, working: Working, context: Context) -> dict[str, Any]:
    """A claim that a score rests on, with its part in it."""
    right, expected = one.amounts.right / UNIT, context.expected(one.cell)
    return {
        "claim": str(one.claim_id),
        "text": text,
        "kind": one.claim.kind,
        "topic": one.claim.topic,
        "stance": one.report.stance,
        "commitment": one.report.commitment,
        "published_at": format_instant(one.report.published_at),
        "known_at": format_instant(one.known_at),
        "verdict": one.claim.verdict,
        "right": right,
        "expected": expected,
        "log_odds": share(working, right=right, expected=expected),
    }


def describe_points(
    record: OutletRecord, scored: Sequence[Scored], context: Context, lens: Lens, *, now: dt.datetime
) -> Iterator[dict[str, Any]]:
    """The score of a record at the end of each month and now, while the claims are added to it that begin to count."""
    ends = month_ends(min(one.known_at for one in scored), now) if scored else ()
    point: dict[str, Any] = {}
    for moment, parts in grow({}, scored, (*ends, now), lens.basis):
        if parts is not None:
            score = describe_score(replace(record, parts=parts), context, replace(lens, as_of=moment), now=now)
            point = {name: score[name] for name in ("as_of", "status", "reliability", "record")}
        point |= {"as_of": format_instant(moment)}
        yield dict(point)


def _outcomes(scored: Iterable[Scored]) -> Iterator[Outcome]:
    for one in scored:
        if one.report.probability is not None and one.claim.truth is not None:
            yield Outcome(one.report.probability, one.claim.truth)


def _describe_bin(part: Bin, level: float) -> dict[str, Any]:
    lower, upper = jeffreys_interval(part.truth * part.weight, part.weight, level)
    return {
        "lower": part.lower,
        "upper": part.upper,
        "n": round(part.weight),
        "mean_probability": part.probability,
        "share_true": part.truth,
        "interval": {"lower": lower, "upper": upper, "level": level},
    }
