"""Recognise flat lines that repeat a recorded report, as in a file that is sent again.

Most lines of such a file change nothing. For each of them, one report is read instead of all reports on the claim.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from service.claims.report_rules import NewReport, stance_of
from service.claims.resolutions import is_same_resolution
from service.outlets.mentions import Directory
from service.storage.base import plain
from service.storage.facts import fingerprint_of
from service.storage.models import Claim, Outlet, Report
from service.transfer.known_claims import KnownClaims, find_reports
from service.transfer.lines import FlatLine, ReadLine
from service.values.instants import start_of_day


class _Candidate(NamedTuple):
    """A flat line that may repeat a report, with the claim id and fingerprint that the report would have."""

    number: int
    line: FlatLine
    place: tuple[UUID, str]


def find_repeated(
    session: Session, known: KnownClaims, lines: Iterable[ReadLine], directory: Directory
) -> dict[int, Report]:
    """Return the reports that flat lines repeat, by the number of the line.

    Such a line agrees with the report and with the resolutions of the claim. The caller must still compare the text and
    topic of the claim.
    """
    candidates = list(_candidates(known, lines, directory))
    if not candidates:
        return {}
    claims, fingerprints = zip(*{candidate.place for candidate in candidates}, strict=True)
    found = {(one.claim_id, one.fingerprint): one for one in find_reports(session, {*claims}, fingerprints)}
    return {
        number: report
        for number, line, place in candidates
        if (report := found.get(place)) is not None and _is_same_report(report, line.report)
    }


def _candidates(known: KnownClaims, lines: Iterable[ReadLine], directory: Directory) -> Iterable[_Candidate]:
    for number, content in ((line.number, line.content) for line in lines):
        if not isinstance(content, FlatLine):
            continue
        claim = known.claims.get(str(content.claim["external_id"]))
        outlet = directory.identify(content.report["outlet"])
        if claim is not None and outlet is not None and _has_resolution(claim, content):
            yield _Candidate(number, content, (claim.id, _fingerprint(outlet, content.report)))


def _has_resolution(claim: Claim, line: FlatLine) -> bool:
    """Return whether a claim already has the resolution of a line, or the line has none."""
    given = line.resolution
    return given is None or any(is_same_resolution(resolution, given) for resolution in claim.resolutions)


def _fingerprint(outlet: Outlet, report: NewReport) -> str:
    stance, _ = stance_of(report["stance"], report["probability"])
    members = {"outlet": outlet, "stance": stance, "published_at": start_of_day(report["published_at"])}
    no_relay = {"is_relay": False, "cited": None, "cited_as": None}
    return fingerprint_of(plain(Report, {**members, "url": report["url"], **no_relay}))


def _is_same_report(report: Report, given: NewReport) -> bool:
    commitment, probability = given["commitment"], given["probability"]
    return commitment in (None, report.commitment) and probability in (None, report.probability)
