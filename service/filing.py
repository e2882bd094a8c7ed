"""The rules that a report has to keep before it is filed on a claim (R4, R7)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, NotRequired, TypedDict

from service.commitment import LEXICON_VERSION, read_commitment
from service.directory import Directory, NamedOutlet
from service.dossier import as_filed, counting_reports
from service.errors import FieldError, InvalidBody, nested
from service.identity import new_id
from service.instants import format_instant
from service.models import Claim, Outlet, Report
from service.provenance import ORDER, relay_cycle
from service.vocabulary import Caller, Stance

CLOCK_SLACK = dt.timedelta(minutes=5)
"""How far the clock of a feed may be ahead of ours."""


class Relay(TypedDict):
    """Whom a report says it has the claim from; without an outlet, nobody in particular (R7)."""

    outlet: str | None
    cited_as: str | None


class NewReport(TypedDict):
    """A report as sent."""

    outlet: str | NamedOutlet | None
    """None for the one whose page `url` is."""
    stance: Stance
    commitment: int | None
    probability: float | None
    published_at: dt.datetime
    url: str | None
    quote: str | None
    relays: Relay | None
    lexicon: NotRequired[str | None]
    """In a line of an export: what read `commitment`, so that nothing is read anew."""


class Filing(NamedTuple):
    """A report that can be filed, or the same one that is on record."""

    report: Report
    is_new: bool


def plan_filings(
    claim: Claim, reports: Mapping[str, NewReport], directory: Directory, *, caller: Caller, now: dt.datetime
) -> list[Filing]:
    """See whether reports can be filed on a claim that is loaded and locked. Nothing is filed yet.

    Args:
        claim: The claim.
        reports: The reports as sent, each under the pointer to it in what was sent.
        directory: Where their outlets are found.
        caller: Who files them.
        now: The moment of the call.

    Returns:
        For each the report to file, or the one on record that it repeats (R4).

    Raises:
        InvalidBody: Some of them break a rule; every place is named.
    """
    # What was redacted is known by what it said, and, from an export, by what it still says.
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
    errors = errors or list(_cycles(claim, filings))
    if errors:
        raise InvalidBody("A report cannot be filed as given.", errors=errors)
    return list(filings.values())


def file_on(claim: Claim, filings: Iterable[Filing]) -> None:
    """File on a claim what is new to it, each report at its place in time."""
    for filing in filings:
        if filing.is_new:
            insort(claim.reports, filing.report, key=ORDER)


def _cycles(claim: Claim, filings: Mapping[str, Filing]) -> Iterator[FieldError]:
    """The new relays that close a circle in which nobody reports in its own name (R7)."""
    new = {pointer: as_filed(filing.report) for pointer, filing in filings.items() if filing.is_new}
    if not any(report.is_relay for report in new.values()):
        return
    circle = set(relay_cycle([*counting_reports(claim), *new.values()]) or ())
    detail = "With this report the outlets relay one another in a circle, and none of them reports in its own name."
    for pointer, report in new.items():
        if {report.outlet_id, report.cited_id} <= circle:
            yield FieldError(pointer=f"{pointer}/relays/outlet", detail=detail, code="relay-cycle")


def _new_report(given: NewReport, directory: Directory, *, caller: Caller, now: dt.datetime) -> Report:
    """A report that is not yet on its claim.

    Raises:
        InvalidBody: It breaks a rule of its own, or an outlet is not on record; all such places at once.
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
        published_at=given["published_at"],
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
    """Who reports, and on whom they rest, where there is nothing against it.

    Raises:
        InvalidBody: As `_new_report`.
    """
    errors: list[FieldError] = []
    outlet, cited = _found(partial(_publisher, directory, given), "/outlet", errors), None
    if given["relays"] is not None and given["relays"]["outlet"] is not None:
        cited = _found(partial(directory.get, given["relays"]["outlet"]), "/relays/outlet", errors)
    if given["published_at"] > now + CLOCK_SLACK:
        errors.append(FieldError(pointer="/published_at", detail="Lies in the future.", code="future"))
    if outlet is not None and outlet is cited:
        errors.append(FieldError(pointer="/relays/outlet", detail="An outlet cannot relay itself.", code="self-relay"))
    if errors or outlet is None:
        raise InvalidBody("The report cannot be filed as given.", errors=errors)
    return outlet, cited


def _commitment(given: NewReport) -> tuple[int | None, str | None]:
    """How far a report goes, as stated or else as its quote reads, and the version of the lexicon that read it."""
    if "lexicon" in given:
        return given["commitment"], given["lexicon"]
    if given["commitment"] is not None or given["quote"] is None:
        return given["commitment"], None
    reading = read_commitment(given["quote"])
    return (None, None) if reading is None else (reading.level, LEXICON_VERSION)


def _publisher(directory: Directory, given: NewReport) -> Outlet:
    """The outlet that a report names, or else the one whose page its `url` is."""
    if given["outlet"] is not None:
        return directory.get(given["outlet"])
    if given["url"] is None:
        raise InvalidBody.at("", "Name the outlet, or give the url of the report on one of its pages.", "required")
    return directory.at(given["url"])


def _found(find: Callable[[], Outlet], pointer: str, errors: list[FieldError]) -> Outlet | None:
    try:
        return find()
    except InvalidBody as exc:
        errors += nested(exc, pointer)
        return None


def _fingerprint(report: Report) -> str:
    """What a report is the same by: outlet, stance, published_at, url and relays (R4); the claim is beside it."""
    parts = [
        str(report.outlet.id),
        report.stance,
        format_instant(report.published_at),
        report.url,
        report.is_relay,
        None if report.cited is None else str(report.cited.id),
        report.cited_as,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
