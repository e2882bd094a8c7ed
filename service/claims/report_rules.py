"""Check reports against the rules (R4, R7) before they are added to a claim."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, NotRequired, TypedDict

from service.errors import FieldError, InvalidBody, nested
from service.methods.commitment import LEXICON_VERSION, read_commitment
from service.methods.provenance import ORDER, relay_cycle
from service.outlets.mentions import Directory, OutletName
from service.storage.facts import as_filed, counting_reports
from service.storage.models import Claim, Outlet, Report
from service.values.ids import new_id
from service.values.instants import format_instant, precision_of, start_of_day
from service.values.names import name_key
from service.values.vocabulary import Caller, Stance

CLOCK_SLACK = dt.timedelta(minutes=5)
"""The accepted difference between the clock of a feed and this server."""
SELF_RELAY = FieldError(
    pointer="/relays/outlet",
    detail="An outlet cannot relay itself or an outlet merged with it. Name another outlet, or leave relays out.",
    code="self-relay",
)


class Relay(TypedDict):
    """The source that a report cites; without an outlet, an unknown source (R7)."""

    outlet: str | None
    cited_as: str | None


class NewReport(TypedDict):
    """A report as sent."""

    outlet: str | OutletName | None
    """None for the outlet that publishes at `url`."""
    stance: Stance
    commitment: int | None
    probability: float | None
    published_at: dt.date
    """An instant, or a bare date for the start of its day (R6a)."""
    url: str | None
    quote: str | None
    relays: Relay | None
    lexicon: NotRequired[str | None]
    """The version of the lexicon that read `commitment`, in a line of an export."""


class Filing(NamedTuple):
    """A report that passed the checks: a new one, or the same one on record."""

    report: Report
    is_new: bool


def check_reports(
    claim: Claim, reports: Mapping[str, NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> list[Filing]:
    """Check whether reports can be added to a claim that is loaded and locked. Adds nothing yet.

    Args:
        claim: The claim.
        reports: The reports as sent, by their JSON pointers in the request.
        directory: The directory that finds or creates their outlets.
        caller: The API key of the call.
        now: The time of the call.

    Returns:
        For each report the new one to add, or the same one on record (R4).

    Raises:
        InvalidBody: Reports break a rule; `errors` names all places.
    """
    # A redacted report is recognised by its original members and, from an export, by its remaining ones.
    known = {_fingerprint(report): report for report in claim.reports if report.redacted}
    known |= {report.fingerprint: report for report in claim.reports}
    filings: dict[str, Filing] = {}
    errors: list[FieldError] = []
    for pointer, given in reports.items():
        try:
            report = _new_report(given, directory, caller=caller, now=now)
        except InvalidBody as exc:
            errors += nested(exc, pointer)
            continue
        same = known.setdefault(report.fingerprint, report)
        filings[pointer] = Filing(same, same is report)
        # A report on record, or a line of an export, may be older than the merge of its two outlets.
        if same is report and "lexicon" not in given and _relays_itself(report):
            errors.append({**SELF_RELAY, "pointer": pointer + SELF_RELAY["pointer"]})
    errors = errors or list(_cycles(claim, filings))
    if errors:
        raise InvalidBody(
            "A report breaks a rule of the record, and nothing was recorded. Correct the members listed in errors.",
            errors=errors,
        )
    return list(filings.values())


def add_reports(claim: Claim, filings: Iterable[Filing]) -> None:
    """Add the new reports to a claim, in the order of publication."""
    for filing in filings:
        if filing.is_new:
            insort(claim.reports, filing.report, key=ORDER)


def _relays_itself(report: Report) -> bool:
    """Return whether an outlet cites an outlet that counts as the same one (R7, R22)."""
    return report.cited is not None and report.cited.surviving is report.outlet.surviving


def _cycles(claim: Claim, filings: Mapping[str, Filing]) -> Iterator[FieldError]:
    """Return an error for each new relay on a cycle without an own report (R7)."""
    new = {pointer: as_filed(filing.report) for pointer, filing in filings.items() if filing.is_new}
    if not any(report.is_relay for report in new.values()):
        return
    cycle = set(relay_cycle([*counting_reports(claim), *new.values()]) or ())
    detail = "This relay closes a cycle of outlets that all relay each other. Send the own report of one of them first."
    for pointer, report in new.items():
        if {report.outlet_id, report.cited_id} <= cycle:
            yield FieldError(pointer=f"{pointer}/relays/outlet", detail=detail, code="relay-cycle")


def _new_report(given: NewReport, directory: Directory, *, caller: Caller, now: dt.datetime) -> Report:
    """Return a new report that is not on its claim yet.

    Raises:
        InvalidBody: The report breaks a rule, or names an unknown outlet; `errors` names all places.
    """
    outlet, cited = _outlets_of(given, directory, now=now)
    commitment, lexicon = _commitment(given)
    report = Report(
        id=new_id(),
        outlet=outlet,
        stance=given["stance"],
        commitment=commitment,
        lexicon=lexicon,
        probability=given["probability"],
        published_at=start_of_day(given["published_at"]),
        published_precision=precision_of(given["published_at"]),
        url=given["url"],
        quote=given["quote"],
        is_relay=given["relays"] is not None,
        cited=cited,
        cited_as=None if given["relays"] is None else given["relays"]["cited_as"],
        filed_by=caller.key_id,
        recorded_at=now,
        withdrawal=None,
    )
    report.fingerprint = _fingerprint(report)
    return report


def _outlets_of(given: NewReport, directory: Directory, *, now: dt.datetime) -> tuple[Outlet, Outlet | None]:
    """Return the reporting and the cited outlet of a report that breaks no rule.

    Raises:
        InvalidBody: As `_new_report`.
    """
    errors: list[FieldError] = []
    outlet, cited = _try(partial(_publisher, directory, given), "/outlet", errors), None
    if given["relays"] is not None and given["relays"]["outlet"] is not None:
        at = start_of_day(given["published_at"])
        cited = _try(partial(directory.get, given["relays"]["outlet"], at=at), "/relays/outlet", errors)
    if start_of_day(given["published_at"]) > now + CLOCK_SLACK:
        errors.append(
            FieldError(pointer="/published_at", detail="Lies in the future. Send a past moment.", code="future")
        )
    if outlet is not None and outlet is cited:
        errors.append(SELF_RELAY)
    if errors or outlet is None:
        raise InvalidBody("The report breaks a rule of the record.", errors=errors)
    return outlet, cited


def _commitment(given: NewReport) -> tuple[int | None, str | None]:
    """Return the stated commitment, or the one read from the quote with the version of the lexicon."""
    if "lexicon" in given:
        return given["commitment"], given["lexicon"]
    if given["commitment"] is not None or given["quote"] is None:
        return given["commitment"], None
    reading = read_commitment(given["quote"])
    return (None, None) if reading is None else (reading.level, LEXICON_VERSION)


def _publisher(directory: Directory, given: NewReport) -> Outlet:
    """Return the outlet that a report names, or else the one that published at its `url` by then."""
    at = start_of_day(given["published_at"])
    if given["outlet"] is not None:
        return directory.get(given["outlet"], at=at)
    if given["url"] is None:
        raise InvalidBody.at("", "The report has neither outlet nor url. Send one of them.", "required")
    return directory.publisher_of(given["url"], at=at)


def _try(find: Callable[[], Outlet], pointer: str, errors: list[FieldError]) -> Outlet | None:
    """Return the found outlet, or add the errors of the search and return None."""
    try:
        return find()
    except InvalidBody as exc:
        errors += nested(exc, pointer)
        return None


def _fingerprint(report: Report) -> str:
    """Return the hash of the members by which a claim has a report only once (R4)."""
    parts = [
        str(report.outlet.id),
        report.stance,
        format_instant(report.published_at),
        report.url,
        report.is_relay,
        None if report.cited is None else str(report.cited.id),
        None if report.cited_as is None else name_key(report.cited_as),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
