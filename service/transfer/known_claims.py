"""Read the claims that import lines name, with their reports and resolutions, in bulk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.outlets.known import read_only_outlets
from service.storage.models import Claim, Dispute, Outlet, Report, Resolution, Withdrawal
from service.storage.predicates import is_among
from service.transfer.plain_rows import RowReader
from service.values.ids import parse_id

_IN_ORDER = (Report.claim_id, Report.published_at, Report.recorded_at, Report.id)


class KnownClaims:
    """The recorded claims that import lines name by external id or by id, locked for the transaction.

    The claims and their reports, resolutions and outlets are plain objects, not ORM rows. A claim has no attribute
    `reports` until `add_reports` reads its reports.
    """

    def __init__(self, session: Session, names: Collection[str]) -> None:
        """Read the claims with these names, and their resolutions."""
        self._session = session
        self._without_reports: dict[UUID, Claim] = {}
        found = self._load(_named(session, names)) if names else {}
        self.merged = {name: claim for name, claim in found.items() if claim.merged_into_id is not None}
        """The named claims that were merged into another one, by name."""
        into = {name: claim.merged_into_id for name, claim in self.merged.items() if claim.merged_into_id is not None}
        if missing := set(into.values()) - {claim.id for claim in found.values()}:
            found |= self._load(is_among(session, Claim.id, missing))
        by_id = {claim.id: claim for claim in found.values()} if into else {}
        self.claims = found | {name: by_id[id_] for name, id_ in into.items()}
        """The claims by name. The name of a merged claim maps to the claim that it was merged into (R22a)."""

    def as_recorded(self, name: str, claim: Claim) -> Claim:
        """Return the claim recorded under a name, even if it has since been merged."""
        return self.merged.get(name, claim)

    def add_reports(self, names: Iterable[str]) -> None:
        """Read the reports on the claims with these names, unless they have been read."""
        named = {claim.id: claim for name in names if (claim := self.claims.get(name)) is not None}
        claims = {id_: claim for id_, claim in named.items() if self._without_reports.pop(id_, None) is not None}
        if claims:
            _add_reports(self._session, claims)

    def _load(self, named: sa.ColumnElement[bool]) -> dict[str, Claim]:
        # This statement waits for the previous writer, so later statements read what that writer committed.
        reader = RowReader(self._session, Claim, "terms", "text_key")
        rows = reader.select().where(named).order_by(Claim.id).with_for_update()
        claims = {claim.id: claim for claim in reader.read(rows)}
        for claim in claims.values():
            claim.resolutions = []
        if claims:
            _add_resolutions(self._session, claims)
        self._without_reports |= claims
        return {claim.external_id or str(claim.id): claim for claim in claims.values()}


def find_reports(session: Session, claims: Iterable[UUID], fingerprints: Iterable[str]) -> Iterator[Report]:
    """Yield the reports on these claims with these fingerprints, to compare lines with them.

    Only the columns for the comparison are read. Corrected, redacted and withdrawn reports are omitted.
    """
    reader = RowReader(
        session, Report, only=("id", "claim_id", "outlet_id", "fingerprint", "commitment", "probability")
    )
    # An expression, so that databases do not use the index to look up each pair of a claim and a fingerprint.
    fingerprint = sa.func.coalesce(Report.fingerprint, "")
    rows = reader.select().where(
        is_among(session, Report.claim_id, claims),
        is_among(session, fingerprint, fingerprints),
        Report.corrected_at.is_(None),
        Report.redacted.is_(None),
        ~sa.exists().where(Withdrawal.report_id == Report.id),
    )
    return reader.read(rows)


def _named(session: Session, names: Collection[str]) -> sa.ColumnElement[bool]:
    named: sa.ColumnElement[bool] = is_among(session, Claim.external_id, names)
    if ids := [id_ for name in names if (id_ := parse_id(name)) is not None]:
        named |= Claim.external_id.is_(None) & is_among(session, Claim.id, ids)
    return named


def _add_reports(session: Session, claims: Mapping[UUID, Claim]) -> None:
    reader = RowReader(session, Report, "page_key", "lexicon", "stance_source")
    on_claims = is_among(session, Report.claim_id, claims)
    reports = list(reader.read(reader.select().where(on_claims).order_by(*_IN_ORDER)))
    withdrawals = _withdrawals(session, on_claims)
    ids = {report.outlet_id for report in reports}
    ids |= {report.cited_id for report in reports if report.cited_id is not None}
    found = read_only_outlets(session, is_among(session, Outlet.id, ids)) if ids else []
    outlets: dict[UUID | None, Outlet | None] = {outlet.id: outlet for outlet in found} | {None: None}
    for claim in claims.values():
        claim.reports = []
    for report in reports:
        vars(report).update(
            outlet=outlets[report.outlet_id],
            cited=outlets[report.cited_id],
            withdrawal=withdrawals.get(report.id) if withdrawals else None,
        )
        claims[report.claim_id].reports.append(report)


def _withdrawals(session: Session, on_claims: sa.ColumnElement[bool]) -> dict[UUID, Withdrawal]:
    """Return the withdrawals of the reports on these claims, by the id of the report."""
    reader = RowReader(session, Withdrawal)
    rows = reader.select().join(Report, Report.id == Withdrawal.report_id).where(on_claims)
    return {withdrawal.report_id: withdrawal for withdrawal in reader.read(rows)}


def _add_resolutions(session: Session, claims: Mapping[UUID, Claim]) -> None:
    reader = RowReader(session, Resolution)
    rows = reader.select().where(is_among(session, Resolution.claim_id, claims)).order_by(Resolution.position)
    resolutions = {}
    for resolution in reader.read(rows):
        resolution.disputes = []
        resolutions[resolution.id] = resolution
        claims[resolution.claim_id].resolutions.append(resolution)
    if resolutions:
        disputes = RowReader(session, Dispute)
        disputed = disputes.select().where(is_among(session, Dispute.resolution_id, resolutions)).order_by(Dispute.id)
        for dispute in disputes.read(disputed):
            resolutions[dispute.resolution_id].disputes.append(dispute)
