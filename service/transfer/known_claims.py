"""Load the claims named by import lines, with everything filed under them, in one statement for each table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.outlets.known import read_only_outlets
from service.storage.base import Base, detached, read_only, table_of
from service.storage.models import Claim, Dispute, Outlet, Report, Resolution, Withdrawal
from service.storage.predicates import is_among
from service.values.ids import parse_id


def _columns(model: type[Base], *left_out: str) -> list[sa.Column[object]]:
    return [column for column in table_of(model).columns if column.name not in left_out]


# Columns that no rule depends on are not read.
_CLAIM = _columns(Claim, "terms", "text_key")
_REPORT = _columns(Report, "page_key", "lexicon", "stance_source")
_IN_ORDER = (Report.claim_id, Report.published_at, Report.recorded_at, Report.id)


class KnownClaims(NamedTuple):
    """The claims that lines name."""

    claims: dict[str, Claim]
    """The claims by external id or id; for a merged one the claim that it was merged into (R22a)."""
    merged: dict[str, Claim]
    """The merged claims themselves, without reports."""

    def as_recorded(self, name: str, claim: Claim) -> Claim:
        """Return the claim that was recorded under a name, with the members that a line may repeat."""
        return self.merged.get(name, claim)


def load_claims(session: Session, names: Collection[str]) -> KnownClaims:
    """Return the claims on record with these external ids, or with these ids as in an export, and lock them.

    The claims belong to no session, and neither do their reports, resolutions and outlets.
    """
    found = _load(session, _named(session, names))
    merged = {name: claim for name, claim in found.items() if claim.merged_into_id is not None}
    if not merged:
        return KnownClaims(found, merged)
    into = {name: claim.merged_into_id for name, claim in merged.items() if claim.merged_into_id is not None}
    if missing := set(into.values()) - {claim.id for claim in found.values()}:
        found |= _load(session, is_among(session, Claim.id, missing))
    by_id = {claim.id: claim for claim in found.values()}
    return KnownClaims(found | {name: by_id[id_] for name, id_ in into.items()}, merged)


def _named(session: Session, names: Collection[str]) -> sa.ColumnElement[bool]:
    named: sa.ColumnElement[bool] = is_among(session, Claim.external_id, names)
    if ids := [id_ for name in names if (id_ := parse_id(name)) is not None]:
        named |= Claim.external_id.is_(None) & is_among(session, Claim.id, ids)
    return named


def _load(session: Session, named: sa.ColumnElement[bool]) -> dict[str, Claim]:
    # The statement waits for the previous writer, so that the later ones read what it committed.
    rows = sa.select(*_CLAIM).where(named).order_by(Claim.id).with_for_update()
    found = (detached(Claim, values | {"reports": [], "resolutions": []}) for values in _read(session, _CLAIM, rows))
    claims = {claim.id: claim for claim in found}
    if claims:
        _add_reports(session, claims)
        _add_resolutions(session, claims)
    return {claim.external_id or str(claim.id): claim for claim in claims.values()}


def _add_reports(session: Session, claims: Mapping[UUID, Claim]) -> None:
    on_claims = is_among(session, Report.claim_id, claims)
    reports = list(_read(session, _REPORT, sa.select(*_REPORT).where(on_claims).order_by(*_IN_ORDER)))
    withdrawals = _withdrawals(session, on_claims)
    ids = {report[name] for report in reports for name in ("outlet_id", "cited_id")}
    known = is_among(session, Outlet.id, [id_ for id_ in ids if isinstance(id_, UUID)])
    found = read_only_outlets(session, known) if ids else []
    outlets: dict[object, Outlet | None] = {outlet.id: outlet for outlet in found} | {None: None}
    for claim_id, group in groupby(reports, key=itemgetter("claim_id")):
        claims[claim_id].reports.extend(
            read_only(
                Report,
                report
                | {
                    "outlet": outlets[report["outlet_id"]],
                    "cited": outlets[report["cited_id"]],
                    "withdrawal": withdrawals.get(report["id"]),
                },
            )
            for report in group
        )


def _withdrawals(session: Session, on_claims: sa.ColumnElement[bool]) -> dict[object, Withdrawal]:
    """Return the withdrawals of the reports on these claims, by the id of the report."""
    columns = _columns(Withdrawal)
    rows = sa.select(*columns).join(Report, Report.id == Withdrawal.report_id).where(on_claims)
    return {values["report_id"]: read_only(Withdrawal, values) for values in _read(session, columns, rows)}


def _add_resolutions(session: Session, claims: Mapping[UUID, Claim]) -> None:
    columns = _columns(Resolution)
    rows = sa.select(*columns).where(is_among(session, Resolution.claim_id, claims)).order_by(Resolution.position)
    resolutions = {}
    for values in _read(session, columns, rows):
        resolution = read_only(Resolution, values | {"disputes": []})
        resolutions[resolution.id] = resolution
        claims[resolution.claim_id].resolutions.append(resolution)
    if resolutions:
        columns = _columns(Dispute)
        disputed = sa.select(*columns).where(is_among(session, Dispute.resolution_id, resolutions)).order_by(Dispute.id)
        for values in _read(session, columns, disputed):
            dispute = detached(Dispute, values)
            resolutions[dispute.resolution_id].disputes.append(dispute)


def _read(
    session: Session, columns: Collection[sa.Column[object]], rows: sa.Select[*tuple[object, ...]]
) -> Iterator[dict[str, object]]:
    names = [column.name for column in columns]
    return (dict(zip(names, row, strict=True)) for row in session.connection().execute(rows))
