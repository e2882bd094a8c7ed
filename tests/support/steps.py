"""Steps that change scores, drawn by Hypothesis: applied one after another, or recorded once in their final state."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.cache.score_cache import ScoreCache
from service.claims.correct import correct_report
from service.claims.record import NewClaim, record_claim
from service.claims.report import add_report, withdraw_report
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution, resolve_claim
from service.errors import ServiceError
from service.outlets.merge import merge_outlet, undo_merge
from service.outlets.track_record import Lens
from service.storage.db import Database
from service.storage.models import Outlet, Report
from service.values.ids import new_id
from service.values.vocabulary import OPERATOR, Basis, ClaimKind, OutletKind, Stance, StanceSource, Verdict
from service.web.cached_scores import cached_scores

START = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
END = START + dt.timedelta(hours=1)
OUTLETS = 3
ORDER_OF_REPORTS = (Report.published_at, Report.recorded_at, Report.id)
WHOLE = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=0.9)


@dataclass
class Known:
    """The accepted state of a claim, from which its final state can be recorded in another database."""

    id: object
    given: NewClaim
    reports: list[NewReport] = field(default_factory=list)
    newest: object = None
    standing: Verdict | None = None
    truth: float | None = None
    known_at: dt.datetime | None = None


@dataclass
class Place:
    """A database with its cache, and the outlets of one example."""

    db: Database
    cache: ScoreCache
    slugs: list[str] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)
    made: int = 0
    merged: dict[str, str] = field(default_factory=dict)

    def begin(self):
        """Start an example with new outlets, which are created for many examples at once, with the same slugs
        everywhere.
        """
        if not self.untouched:
            self.untouched = [f"outlet-{self.made + number}" for number in range(100 * OUTLETS)]
            self.made += len(self.untouched)
            self._make(self.untouched)
        self.slugs = [self.untouched.pop() for _ in range(OUTLETS)]
        self.merged = {}

    def _make(self, slugs):
        common = {"kind": OutletKind.WEBSITE, "scorable": True, "recorded_at": START}
        with self.db.write() as session:
            session.add_all(Outlet(id=new_id(), slug=slug, name=slug, name_key=slug, **common) for slug in slugs)

    def scores(self, lens):
        """Return the scores of all outlets, without the times of the calls."""
        found = cached_scores(self.db, self.cache, self.slugs, lens=lens, now=END)
        items = [json.loads(response.body) for response in found]
        return [{name: item[name] for name in item if name not in ("computed_at", "as_of")} for item in items]


def days(*numbers):
    return st.sampled_from([START + number * dt.timedelta(days=1) for number in numbers])


# An outlet is given by its index among the outlets, a claim by its index among the recorded claims.
reports = st.fixed_dictionaries(
    {
        "outlet": st.integers(0, OUTLETS - 1),
        "stance": st.sampled_from(Stance),
        "published_at": days(-30, -10, -3, -1, 0),
        "relays": st.sampled_from([None, None, "?", 0, 1, 2]),
        "commitment": st.sampled_from([None, 4]),
        "probability": st.sampled_from([None, 0.7]),
    }
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "stance": st.sampled_from([None, *Stance]),
        "probability": st.sampled_from([None, 0.2, 0.5, 0.9]),
        "commitment": st.sampled_from([None, 1, 4]),
        "url": st.sampled_from([None, "https://example.org/1"]),
    },
)
claims = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([ClaimKind.FACT, ClaimKind.EVENT, ClaimKind.EVENT, ClaimKind.OPINION]),
        "resolves_by": days(-4, 10),
        "topic": st.sampled_from([None, "a", "a/b"]),
        "group": st.sampled_from([None, "g"]),
    }
)
verdicts = st.sampled_from([None, *Verdict])
known = st.none() | days(-20, -5, -2)
which = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("record"), claims, st.lists(reports, min_size=1, max_size=2)),
    st.tuples(st.just("report"), which, reports),
    st.tuples(st.just("resolve"), which, verdicts, known),
    st.tuples(st.just("resolve"), which, verdicts, known),
    st.tuples(st.just("correct"), which, which, changes),
    st.tuples(st.just("withdraw"), which, which),
    st.tuples(st.just("merge"), st.integers(0, OUTLETS - 1), st.integers(0, OUTLETS - 1)),
    st.tuples(st.just("part"), st.integers(0, OUTLETS - 1)),
    st.tuples(st.just("read")),
)
sequences = st.lists(steps, min_size=1, max_size=9)


def new_report(place, given):
    relays = given["relays"]
    cited = None if relays in (None, "?") else place.slugs[relays]
    return NewReport(
        outlet=place.slugs[given["outlet"]],
        stance=given["stance"],
        commitment=given.get("commitment"),
        probability=given.get("probability"),
        published_at=given["published_at"],
        url=None,
        quote=None,
        relays=None if relays is None else {"outlet": cited, "cited_as": None},
    )


def new_resolution(verdict, truth, known_at, supersedes):
    return NewResolution(
        verdict=verdict, truth=truth, known_at=known_at, evidence=[], note="Seen.", supersedes=supersedes
    )


def record(place, on_record, given, reports_, *, now):
    claim = NewClaim(
        text="Any.",
        kind=given["kind"],
        topic=given["topic"],
        tags=[],
        resolves_by=given["resolves_by"] if given["kind"] is ClaimKind.EVENT else None,
        group=given["group"] and f"{place.slugs[0]} {given['group']}",
        external_id=None,
    )
    new_reports = [new_report(place, one) for one in reports_]
    done, _ = record_claim(place.db, place.cache, claim=claim, reports=new_reports, caller=OPERATOR, now=now)
    on_record.append(Known(done.id, claim))


def report(place, on_record, number, given, *, now):
    if on_record:
        claim, added = on_record[number % len(on_record)], new_report(place, given)
        add_report(place.db, place.cache, claim.id, report=added, caller=OPERATOR, now=now)


def correct(place, on_record, number, index, changed, *, now):
    for report_id in _one_report(place, on_record, number, index):
        correct_report(place.db, place.cache, report_id, changes=changed, if_match=None, caller=OPERATOR, now=now)


def withdraw(place, on_record, number, index, *, now):
    for report_id in _one_report(place, on_record, number, index):
        withdraw_report(place.db, place.cache, report_id, reason="Mistaken.", caller=OPERATOR, now=now)


def _one_report(place, on_record, number, index):
    """Return the id of one report of a claim in a list, or no id without a claim."""
    if not on_record:
        return []
    with place.db.read() as session:
        filed = select(Report.id).where(Report.claim_id == on_record[number % len(on_record)].id)
        ids = session.scalars(filed.order_by(*ORDER_OF_REPORTS)).all()
    return [ids[index % len(ids)]]


def counted_reports(place, claim_id):
    """Return the reports of a claim that are not withdrawn, as lines of an export have them, in order."""
    loaded = [selectinload(Report.outlet), selectinload(Report.cited), selectinload(Report.withdrawal)]
    with place.db.read() as session:
        filed = session.scalars(
            select(Report).where(Report.claim_id == claim_id).order_by(*ORDER_OF_REPORTS).options(*loaded)
        )
        return [
            NewReport(
                outlet=one.outlet.slug,
                stance=one.stance if one.stance_source is StanceSource.STATED else None,
                commitment=one.commitment,
                probability=one.probability,
                published_at=one.published_at,
                url=one.url,
                quote=one.quote,
                relays={"outlet": one.cited and one.cited.slug, "cited_as": one.cited_as} if one.is_relay else None,
                lexicon=one.lexicon,
            )
            for one in filed
            if one.withdrawal is None
        ]


def resolve(place, on_record, number, verdict, known_at, *, now):
    if on_record:
        claim = on_record[number % len(on_record)]
        truth = 0.3 if verdict is Verdict.PARTIAL else None
        resolution = new_resolution(verdict, truth, known_at, claim.newest)
        done = resolve_claim(place.db, place.cache, claim.id, resolution=resolution, caller=OPERATOR, now=now)
        claim.newest, claim.standing, claim.truth = done.id, verdict, truth
        claim.known_at = known_at or claim.known_at or now


def merge(place, _, outlet, into, *, now):
    outlet, into = place.slugs[outlet], place.slugs[into]
    merge_outlet(place.db, place.cache, outlet, into=into, caller=OPERATOR, now=now)
    place.merged[outlet] = into


def part(place, _, outlet, *, now):
    undo_merge(place.db, place.cache, place.slugs[outlet], if_match=None, caller=OPERATOR, now=now)
    del place.merged[place.slugs[outlet]]


def read(place, _, *, now):  # noqa: ARG001 - a step like the others
    """Read the scores, so that the cache has scores to invalidate."""
    place.scores(WHOLE)


STEPS = {
    "record": record,
    "report": report,
    "correct": correct,
    "withdraw": withdraw,
    "resolve": resolve,
    "merge": merge,
    "part": part,
    "read": read,
}


def work_through(place, sequence):
    """Apply every step that the rules allow, and return the recorded claims."""
    on_record = []
    for minute, (name, *arguments) in enumerate(sequence):
        try:
            STEPS[name](place, on_record, *arguments, now=START + minute * dt.timedelta(minutes=1))
        except ServiceError:
            continue
    for claim in on_record:
        claim.reports = counted_reports(place, claim.id)
    return [claim for claim in on_record if claim.reports]


def tell_once(place, on_record, merged, rng):
    """Record the final state: claims in any order, and reports in any order that keeps ties (R6)."""
    for outlet, into in merged.items():
        merge_outlet(place.db, place.cache, outlet, into=into, caller=OPERATOR, now=END)
    for claim in rng.sample(on_record, len(on_record)):
        outlets = rng.sample(place.slugs, OUTLETS)
        place_of = {outlet: outlets.index(merged.get(outlet, outlet)) for outlet in outlets}
        in_order = sorted(claim.reports, key=lambda one: (place_of[one["outlet"]], one["published_at"]))
        done, _ = record_claim(place.db, place.cache, claim=claim.given, reports=in_order, caller=OPERATOR, now=END)
        if claim.standing is not None:
            resolution = new_resolution(claim.standing, claim.truth, claim.known_at, None)
            resolve_claim(place.db, place.cache, done.id, resolution=resolution, caller=OPERATOR, now=END)
