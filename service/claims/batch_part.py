"""Record a part of a batch of claims, in which no external id is repeated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.additions import Additions
from service.claims.describe import describe_claims
from service.claims.load import WHOLE, surviving_claim
from service.claims.record import NewClaim, check_first_reports, check_same, mentioned_outlets, new_claim
from service.claims.report_rules import NewReport, add_reports
from service.claims.resolve import NewResolution, append_resolution, new_resolution, warnings_about
from service.claims.views import ClaimView, ResolutionWarning
from service.errors import FieldError, Forbidden, InvalidBody, ServiceError, nested
from service.outlets.known import OutletName
from service.outlets.mentions import Directory
from service.storage.facts import reporting_outlets
from service.storage.models import Claim
from service.storage.predicates import is_among
from service.values.vocabulary import Caller, Scope


@dataclass(frozen=True, slots=True)
class BatchClaim:
    """A claim of a batch, with its reports and an optional resolution."""

    claim: NewClaim
    reports: Sequence[NewReport]
    resolution: NewResolution | ServiceError | None
    """The resolution, the error for a malformed one, or None."""


BatchEntry: TypeAlias = BatchClaim | ServiceError
"""A claim of a batch, or the error for a malformed one."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of one claim of a batch. With a view and an error, only its resolution was rejected."""

    claim: ClaimView | None
    is_new: bool
    error: ServiceError | None
    warnings: Sequence[ResolutionWarning]


class _Outcome(NamedTuple):
    """The result of one claim of a batch before its view is built."""

    claim: Claim | None = None
    is_new: bool = False
    error: ServiceError | None = None
    warnings: Sequence[ResolutionWarning] = ()


def external_id_of(entry: BatchEntry) -> str | None:
    """Return the external id of a claim of a batch; None if it has none or is malformed."""
    return None if isinstance(entry, ServiceError) else entry.claim["external_id"]


def places_of(error: ServiceError, pointer: str) -> list[FieldError]:
    """Return the field errors of an error, nested below a JSON pointer; without any, one for the pointer."""
    return nested(error, pointer) or [FieldError(pointer=pointer, detail=error.detail, code=error.name)]


class Recording:
    """The recording of one part of a batch of claims.

    Each claim is checked completely before anything is changed for it, so a rejected claim changes nothing.
    """

    def __init__(self, session: Session, entries: Sequence[BatchEntry], *, caller: Caller, now: dt.datetime) -> None:
        self.stale: set[str] = set()
        """The slugs of the outlets whose scores change."""
        self._session = session
        self._entries = entries
        self._caller = caller
        self._now = now
        self._directory = Directory(session, now=now)
        self._known = _known_claims(session, filter(None, map(external_id_of, entries)))
        self._additions = Additions(session)

    def results(self) -> list[BatchResult]:
        """Record the claims of the part, and return their results in the same order."""
        self._directory.prefetch(_named_outlets(self._entries))
        outcomes = [self._outcome(entry) for entry in self._entries]
        self._additions.finish()
        return self._described(outcomes)

    def _described(self, outcomes: Sequence[_Outcome]) -> list[BatchResult]:
        """Return the results of outcomes, with the views of their claims.

        A view does not list claims that were recorded later in the batch as similar.
        """
        recorded = [outcome.claim for outcome in outcomes if outcome.claim is not None]
        views = {view.id: view for view in describe_claims(self._session, recorded, now=self._now)}
        later = {outcome.claim.id for outcome in outcomes if outcome.claim is not None and outcome.is_new}
        results = []
        for outcome in outcomes:
            view = None
            if outcome.claim is not None:
                later.discard(outcome.claim.id)
                view = views[outcome.claim.id]
                view = replace(view, similar=[other for other in view.similar if other not in later])
            results.append(BatchResult(view, outcome.is_new, outcome.error, outcome.warnings))
        return results

    def _outcome(self, entry: BatchEntry) -> _Outcome:
        if isinstance(entry, ServiceError):
            return _Outcome(error=entry)
        try:
            claim, is_new = self._record(entry)
        except ServiceError as exc:
            self._directory.drop_unused()
            return _Outcome(error=exc)
        try:
            warnings = self._resolve(claim, entry.resolution)
        except ServiceError as exc:
            return _Outcome(claim, is_new, _of_resolution(exc, claim.id))
        return _Outcome(claim, is_new, warnings=warnings)

    def _record(self, entry: BatchClaim) -> tuple[Claim, bool]:
        """Record a claim unless its external id is already recorded; return it, and whether it is new."""
        directory, caller, now = self._directory, self._caller, self._now
        if (known := self._known.get(entry.claim["external_id"] or "")) is not None:
            current = surviving_claim(self._session, known)
            check_same(known, entry.claim, entry.reports, directory, current=current, caller=caller, now=now)
            directory.drop_unused()
            return current, False
        claim = new_claim(entry.claim, caller=caller, now=now)
        filings = check_first_reports(claim, entry.reports, directory, caller=caller, now=now)
        self._additions.add_claim(claim)
        self._additions.add_reports(claim, [filing.report for filing in filings if filing.is_new])
        add_reports(claim, filings)
        directory.settle(caller)
        self.stale |= reporting_outlets(claim)
        return claim, True

    def _resolve(self, claim: Claim, given: NewResolution | ServiceError | None) -> list[ResolutionWarning]:
        """Resolve a claim if a resolution is given, and return the warnings about the resolution."""
        if given is None:
            return []
        if isinstance(given, ServiceError):
            raise given
        if Scope.RESOLUTIONS_WRITE not in self._caller.scopes:
            raise Forbidden(
                f"You tried to resolve a claim without the scope {Scope.RESOLUTIONS_WRITE}. Use a key with that scope."
            )
        if claim.group is not None:
            self._additions.write()  # because the other claims of the group are queried
        resolution = new_resolution(self._session, claim, given, caller=self._caller, now=self._now)
        self._additions.add_resolution(claim, resolution)
        append_resolution(claim, resolution)
        self.stale |= reporting_outlets(claim)
        return warnings_about(claim, resolution)


def _of_resolution(error: ServiceError, claim_id: UUID) -> ServiceError:
    """Return the error for a resolution, with JSON pointers relative to its claim in the batch."""
    places = places_of(error, "/resolution")
    if isinstance(error, InvalidBody):
        return InvalidBody(
            "The resolution breaks a rule and was not recorded. Correct the members listed in `errors`, and send "
            f"it with POST /v1/claims/{claim_id}/resolutions.",
            errors=places,
        )
    error.errors = places
    return error


def _known_claims(session: Session, external_ids: Iterable[str]) -> dict[str, Claim]:
    """Return the recorded claims by external id, locked until the transaction ends."""
    names = set(external_ids)
    if not names:
        return {}
    rows = sa.select(Claim).where(is_among(session, Claim.external_id, names)).order_by(Claim.id)
    # Lock before reading the rest, so that the read includes the commit of the previous writer.
    session.execute(rows.with_only_columns(Claim.id).with_for_update())
    return {str(claim.external_id): claim for claim in session.scalars(rows.options(*WHOLE))}


def _named_outlets(entries: Iterable[BatchEntry]) -> Iterator[str | OutletName]:
    for entry in entries:
        yield from mentioned_outlets([] if isinstance(entry, ServiceError) else entry.reports)
