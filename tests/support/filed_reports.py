"""Reports on one claim, for the tests of positions and of relays."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from hypothesis import strategies as st

from service.methods.claim import Filed, independent_roots
from service.values.vocabulary import Stance

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SUPPORT, DENY, QUERY, COMMENT = Stance
BILD, SKY, JOE, ASS, MARCA = (UUID(int=number) for number in range(1, 6))
OWN, UNKNOWN = object(), None


def filed(outlet=BILD, stance=SUPPORT, *, hour=0, recorded=0, id_=0, cites=OWN):
    """Return a report; `cites` is the outlet that it relays, or None for an unknown source."""
    return Filed(
        UUID(int=id_),
        outlet,
        stance,
        NOON + hour * HOUR,
        NOON + recorded * HOUR,
        cites is not OWN,
        cites if cites in (BILD, SKY, JOE, ASS, MARCA) else None,
    )


def sides(*reports, known_at=None, under=None):
    """Return the independent roots; by default every outlet is its own topmost parent."""
    named = {BILD, SKY, JOE, ASS, MARCA}
    return independent_roots(reports, known_at, {outlet: outlet for outlet in named} | (under or {}))


def roots(*reports, **options):
    return sides(*reports, **options).together


outlets = st.sampled_from([BILD, SKY, JOE, ASS, MARCA])
report_lists = st.lists(
    st.builds(
        filed,
        outlets,
        st.sampled_from(Stance),
        hour=st.integers(0, 3),
        recorded=st.integers(0, 2),
        id_=st.integers(0, 10**6),
        cites=st.one_of(st.just(OWN), st.just(UNKNOWN), outlets),
    ).filter(lambda report: report.cited_id != report.outlet_id),
    min_size=1,
    max_size=9,
    unique_by=lambda report: report.id,
)
moments = st.none() | st.integers(0, 4).map(lambda hour: NOON + hour * HOUR)
