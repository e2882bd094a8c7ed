"""Check reports against the rules (R4, R6b, R7) before they are added to a claim."""

from __future__ import annotations

import datetime as dt
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, NotRequired, TypedDict

from service.claims.repeats import differing_members, report_differs
from service.errors import FieldError, InvalidBody, ReportDiffers, nested
from service.methods.claim import ORDER
from service.methods.commitment import read_commitment
from service.methods.commitment_lexicon import LEXICON_VERSION
from service.methods.relays import relay_cycle
from service.outlets.known import OutletName
from service.outlets.mentions import Directory
from service.storage.base import detached, is_plain, plain
from service.storage.facts import (
    OnRecord,
    as_filed,
    counting_reports,
    fingerprint_of,
    next_fingerprint,
    reports_on_record,
)
from service.storage.models import Claim, Outlet, Report
from service.values.ids import new_id
from service.values.instants import precision_of, start_of_day
from service.values.vocabulary import Caller, Stance, StanceSource

CLOCK_SLACK = dt.timedelta(minutes=5)
"""The maximum time by which a report may be dated in the future, because the clocks of feeds differ."""
SELF_RELAY = FieldError(
    pointer="/relays/outlet",
    detail="An outlet cannot relay itself or an outlet merged with it. Name another outlet, or leave relays out.",
    code="self-relay",
)


class Relay(TypedDict):
    """The source that a report cites; without an outlet, an unknown source (R7)."""

    outlet: str | OutletName | None
    cited_as: str | None


class NewReport(TypedDict):
    """A report as sent."""

    outlet: str | OutletName | None
    """None for the outlet that publishes at `url`."""
    stance: Stance | None
    """None for the stance that `probability` implies, or else `support` (R6b)."""
    commitment: int | None
    probability: float | None
    published_at: dt.date
    """An instant, or a bare date for the start of its day (R6a)."""
    url: str | None
    quote: str | None
    relays: Relay | None
    lexicon: NotRequired[str | None]
    """The version of the lexicon used to read `commitment`; sent only in a line of an export."""


class Filing(NamedTuple):
    """A report that passed the checks: a new one, or the recorded one that it repeats."""

    report: Report
    is_new: bool


def check_reports(
    claim: Claim, reports: Mapping[str, NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> list[Filing]:
    """Check reports against the rules before they are added to a claim, which is loaded and locked.

    Args:
        claim: The claim.
        reports: The reports as sent, by their JSON pointers in the request.
        directory: The directory that finds or creates their outlets.
        caller: The API key of the call.
        now: The time of the call.

    Returns:
        For each report, the new one to add, or the recorded one that it repeats (R4).

    Raises:
        InvalidBody: Reports break a rule; `errors` names all places.
        ReportDiffers: Reports repeat others and differ from them; `errors` names all places.
    """
    known = reports_on_record(directory.session, claim)
    differing: list[FieldError] = []
    filings: dict[str, Filing] = {}
    errors: list[FieldError] = []
    for pointer, given in reports.items():
        try:
            report = _new_report(claim, given, directory, caller=caller, now=now)
        except InvalidBody as exc:
            errors += nested(exc, pointer)
            continue
        try:
            same = _repeated(report, given, known)
        except ReportDiffers as exc:
            differing += nested(exc, pointer)
            continue
        filings[pointer] = Filing(same, same is report)
        # A recorded report, or a line of an export, may be older than the merge of its two outlets.
        if same is report and "lexicon" not in given and _relays_itself(report):
            errors.append({**SELF_RELAY, "pointer": pointer + SELF_RELAY["pointer"]})
    _refuse(errors or list(_cycles(claim, filings)), differing)
    return list(filings.values())


def _refuse(errors: list[FieldError], differing: list[FieldError]) -> None:
    """Raise an error if reports break a rule or, if none does, if they differ from those they repeat."""
    if errors:
        raise InvalidBody(
            "A report breaks a rule of the record, and nothing was recorded. Correct the members listed in errors.",
            errors=errors,
        )
    if differing:
        raise ReportDiffers(
            "You sent a recorded report again with different values for the members listed in errors. Correct the "
            "recorded report with PATCH /v1/reports/{id}, or leave these members out.",
            errors=differing,
        )


def _repeated(report: Report, given: NewReport, known: dict[str, list[OnRecord]]) -> Report:
    """Return the known report that a new one repeats, or else add the new one to `known` and return it.

    A report that differs from a withdrawn one is new; a report that equals an earlier version of another is not (R4).

    Raises:
        ReportDiffers: The report repeats one that counts, and differs from it.
    """
    found: list[OnRecord] = []
    while versions := known.get(report.fingerprint):
        found += versions
        report.fingerprint = next_fingerprint(report.fingerprint)
    same = [version.report for version in found if not differing_members(given, version)]
    if same:
        return next((repeated for repeated in same if repeated.withdrawal is None), same[0])
    for version in found:
        if version.counts:
            raise report_differs(version.report, differing_members(given, version))
    known[report.fingerprint] = [OnRecord(report)]
    return report


def add_reports(claim: Claim, filings: Iterable[Filing]) -> None:
    """Add the new reports to a claim, in the order of publication."""
    for filing in filings:
        if filing.is_new:
            filing.report.claim_id = claim.id
            insort(claim.reports, filing.report, key=ORDER)


def _relays_itself(report: Report) -> bool:
    """Return whether a report cites its own outlet, or one merged with it (R7, R22)."""
    filed = as_filed(report)
    return filed.cited_id == filed.outlet_id


def _cycles(claim: Claim, filings: Mapping[str, Filing]) -> Iterator[FieldError]:
    """Yield an error for each new relay in a cycle of outlets that only relay each other (R7)."""
    new = {pointer: as_filed(filing.report) for pointer, filing in filings.items() if filing.is_new}
    if not any(report.is_relay for report in new.values()):
        return
    cycle = set(relay_cycle([*counting_reports(claim), *new.values()]) or ())
    detail = "This relay closes a cycle of outlets that all relay each other. Send the own report of one of them first."
    for pointer, report in new.items():
        if {report.outlet_id, report.cited_id} <= cycle:
            yield FieldError(pointer=f"{pointer}/relays/outlet", detail=detail, code="relay-cycle")


def _new_report(claim: Claim, given: NewReport, directory: Directory, *, caller: Caller, now: dt.datetime) -> Report:
    """Return a new report that is not added to its claim yet.

    It is a plain object that is not part of a session if the claim is one.

    Raises:
        InvalidBody: The report breaks a rule, or names an unknown outlet; `errors` names all places.
    """
    outlet, cited = _outlets_of(given, directory, now=now)
    stance, source = stance_of(given["stance"], given["probability"])
    commitment, lexicon = _commitment_in(given)
    make = plain if is_plain(claim) else detached
    report = make(
        Report,
        {
            "id": new_id(),
            "outlet": outlet,
            "outlet_id": outlet.id,
            "stance": stance,
            "stance_source": source,
            "commitment": commitment,
            "lexicon": lexicon,
            "probability": given["probability"],
            "published_at": start_of_day(given["published_at"]),
            "published_precision": precision_of(given["published_at"]),
            "url": given["url"],
            "quote": given["quote"],
            "is_relay": given["relays"] is not None,
            "cited": cited,
            "cited_id": None if cited is None else cited.id,
            "cited_as": None if given["relays"] is None else given["relays"]["cited_as"],
            "filed_by": caller.key_id,
            "recorded_at": now,
            "claim_id": None,
            "corrected_at": None,
            "redacted": None,
            "withdrawal": None,
        },
    )
    report.fingerprint = fingerprint_of(report)
    return report


def _commitment_in(given: NewReport) -> tuple[int | None, str | None]:
    """Return the commitment of a report and the lexicon version used to read it.

    In a line of an export, both are given. Otherwise, the commitment is stated, or read from the quote now.
    """
    if "lexicon" in given:
        return given["commitment"], given["lexicon"]
    return commitment_of(given["commitment"], given["quote"])


def _outlets_of(given: NewReport, directory: Directory, *, now: dt.datetime) -> tuple[Outlet, Outlet | None]:
    """Check a report as sent, and return its own outlet and the cited one.

    Raises:
        InvalidBody: As `_new_report`.
    """
    errors: list[FieldError] = []
    outlet, cited = _try(partial(_publisher, directory, given), "/outlet", errors), None
    if given["relays"] is not None and given["relays"]["outlet"] is not None:
        at = start_of_day(given["published_at"])
        cited = _try(partial(directory.get, given["relays"]["outlet"], at=at), "/relays/outlet", errors)
    if start_of_day(given["published_at"]) > now + CLOCK_SLACK:
        detail = "Lies in the future. Send a past moment."
        errors.append(FieldError(pointer="/published_at", detail=detail, code="future"))
    errors += stance_errors(given["stance"], given["probability"])
    if outlet is not None and cited is not None and outlet.id == cited.id:
        errors.append(SELF_RELAY)
    if errors or outlet is None:
        raise InvalidBody("The report breaks a rule of the record.", errors=errors)
    return outlet, cited


def stance_of(stated: Stance | None, probability: float | None) -> tuple[Stance, StanceSource]:
    """Return the stated stance, or the one that the probability implies, with its source (R6b)."""
    if stated is None and probability is not None:
        return Stance.implied_by(probability), StanceSource.PROBABILITY
    return stated or Stance.SUPPORT, StanceSource.STATED


def stance_errors(stated: Stance | None, probability: float | None) -> Iterator[FieldError]:
    """Yield an error if a stated stance does not agree with the probability (R6b)."""
    if stated is None or probability is None or stated.agrees_with(probability):
        return
    if stated.takes_side:
        detail = (
            f"Contradicts the probability {probability}: support needs at least 0.5, and deny at most 0.5. Correct one "
            "of them, or leave the stance out."
        )
        yield FieldError(pointer="/stance", detail=detail, code="contradiction")
    else:
        detail = f"A report with the stance {stated} states no probability. Leave one of them out."
        yield FieldError(pointer="/probability", detail=detail, code="unexpected")


def commitment_of(stated: int | None, quote: str | None) -> tuple[int | None, str | None]:
    """Return the commitment and the lexicon version used to read it; the version is None if it was stated."""
    if stated is not None or quote is None:
        return stated, None
    reading = read_commitment(quote)
    return (None, None) if reading is None else (reading.level, LEXICON_VERSION)


def _publisher(directory: Directory, given: NewReport) -> Outlet:
    """Return the outlet that a report names or, without a name, the one that published at its `url`."""
    at = start_of_day(given["published_at"])
    if given["outlet"] is not None:
        return directory.get(given["outlet"], at=at)
    if given["url"] is None:
        raise InvalidBody.at("", "The report has neither outlet nor url. Send one of them.", "required")
    return directory.publisher_of(given["url"], at=at)


def _try(find: Callable[[], Outlet], pointer: str, errors: list[FieldError]) -> Outlet | None:
    """Return the outlet that a search finds; if it fails, add its errors to `errors`, and return None."""
    try:
        return find()
    except InvalidBody as exc:
        errors += nested(exc, pointer)
        return None
