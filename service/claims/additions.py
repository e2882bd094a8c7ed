"""Insert claims, reports and resolutions in bulk, and update the sums that scores are computed from."""

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
    """A bulk insert of new claims, reports and resolutions, followed by one update of the sums.

    The update is cheaper than with `updating_sums`, because claims only gain reports and resolutions.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[type[Base], list[Base]] = {Claim: [], Report: [], Resolution: []}
        """The rows to insert by model. The models are ordered so that rows refer only to earlier models."""
        self._noted: dict[UUID, tuple[Claim, ClaimFacts]] = {}
        self._added: set[UUID] = set()

    def add_claim(self, claim: Claim) -> None:
        """Queue a new claim for insertion. Its reports and resolution must be queued separately."""
        self._rows[Claim].append(claim)

    def add_reports(self, claim: Claim, reports: Collection[Report]) -> None:
        """Queue new reports for insertion. Call this before they are added to their claim."""
        self._note(claim)
        self._added.update(report.id for report in reports)
        self._rows[Report] += reports

    def add_resolution(self, claim: Claim, resolution: Resolution) -> None:
        """Queue a new resolution for insertion. Call this before it is added to its claim.

        If the claim belongs to the session, the session itself inserts the resolution.
        """
        self._note(claim)
        if is_plain(claim) or claim not in self._session:
            self._rows[Resolution].append(resolution)

    def is_pending(self, claim: Claim) -> bool:
        """Return whether a claim is queued and not inserted yet."""
        return any(row is claim for row in self._rows[Claim])

    def write(self) -> None:
        """Insert the queued rows."""
        self._session.flush()  # created outlets, and resolutions of claims that belong to the session
        insert_rows(self._session, self._rows)
        for rows in self._rows.values():
            rows.clear()

    def finish(self) -> None:
        """Insert the queued rows, and update the sums for all additions."""
        lock_outlets(self._session, [claim for claim, _ in self._noted.values()])
        self.write()
        add_sums(self._session, self._change())

    def _note(self, claim: Claim) -> None:
        """Store the facts of a claim before its first addition, as a basis for the change of the sums."""
        if claim.id not in self._noted:
            self._noted[claim.id] = claim, claim_facts(claim)

    def _change(self) -> Sums:
        """Return the change of the sums by all additions."""
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
        """Add a claim that gained only reports to the sums `before` and `after`.

        Only the sums of the outlets with new reports change and, if the claim has a truth, the rates.
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
