"""Insert the new claims, reports and resolutions of many lines or items together, and update the sums."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from service.methods.claim import ClaimFacts, positions
from service.outlets.sums import Sums, add_sums, lock_outlets
from service.storage.base import Base, is_plain
from service.storage.bulk import insert_rows
from service.storage.facts import as_filed, claim_facts, counting_reports, surviving_outlet
from service.storage.models import Claim, Report, Resolution


class Additions:
    """New claims, reports and resolutions, which are inserted together with the change of the sums.

    Updating the sums costs less here than with `updating_sums`, because nothing else about the claims changes.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[type[Base], list[Base]] = {Claim: [], Report: [], Resolution: []}
        """The rows to insert, sorted so that each refers only to earlier ones."""
        self._noted: dict[UUID, tuple[Claim, ClaimFacts]] = {}
        self._added: set[UUID] = set()

    def add_claim(self, claim: Claim) -> None:
        """Insert a new claim. Its reports and resolution must be added separately."""
        self._rows[Claim].append(claim)

    def add_reports(self, claim: Claim, reports: Collection[Report]) -> None:
        """Insert reports that are about to be added to a claim."""
        self._note(claim)
        self._added.update(report.id for report in reports)
        self._rows[Report] += reports

    def add_resolution(self, claim: Claim, resolution: Resolution) -> None:
        """Insert a resolution that is about to be added to a claim, unless the session inserts it."""
        self._note(claim)
        if is_plain(claim) or claim not in self._session:
            self._rows[Resolution].append(resolution)

    def is_pending(self, claim: Claim) -> bool:
        """Return whether a claim has not been inserted yet."""
        return any(row is claim for row in self._rows[Claim])

    def write(self) -> None:
        """Insert the rows added so far."""
        self._session.flush()  # created outlets, and resolutions of claims that are in the session
        insert_rows(self._session, self._rows)
        for rows in self._rows.values():
            rows.clear()

    def finish(self) -> None:
        """Insert the rows, and update the sums."""
        lock_outlets(self._session, [claim for claim, _ in self._noted.values()])
        self.write()
        add_sums(self._session, self._change())

    def _note(self, claim: Claim) -> None:
        """Note the facts of a claim before its first addition."""
        if claim.id not in self._noted:
            self._noted[claim.id] = claim, claim_facts(claim)

    def _change(self) -> Sums:
        """Return the change of the sums."""
        before, after = Sums(), Sums()
        for claim, facts in self._noted.values():
            now = claim_facts(claim)
            if now == facts:
                self._add_reports_only(before, after, claim, facts)
                continue
            filed = counting_reports(claim)
            earlier = [report for report in filed if report.id not in self._added]
            before.add_claim(facts, positions(earlier, facts.known_at))
            after.add_claim(now, positions(filed, now.known_at))
        return after.minus(before)

    def _add_reports_only(self, before: Sums, after: Sums, claim: Claim, facts: ClaimFacts) -> None:
        """Add a claim that only gets reports to both sums.

        Only the records of the outlets with new reports change, and the rates if the claim has a truth.
        """
        reports = [report for report in claim.reports if report.withdrawal is None]
        moved = {surviving_outlet(report.outlet).id for report in reports if report.id in self._added}
        if facts.truth is None:
            reports = [report for report in reports if surviving_outlet(report.outlet).id in moved]
        filed = [as_filed(report) for report in reports]
        now = positions(filed, facts.known_at)
        earlier = [report for report in filed if report.outlet_id in moved and report.id not in self._added]
        others = {outlet_id: position for outlet_id, position in now.items() if outlet_id not in moved}
        before.add_claim(facts, others | positions(earlier, facts.known_at), only=moved)
        after.add_claim(facts, now, only=moved)
