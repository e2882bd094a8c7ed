"""Load lines into a remote service through its API, for `borneout import --server`.

The result of a line is the same as for a local import, with these differences:

* A line is several calls and not one transaction. If the service rejects the resolution of a claim or report because
  of existing records, or because of the rights of the key, only the resolution is rejected, and the result of the line
  says so.
* A claim line needs a report.
* An earlier version of a record is recognised only for claims, and only if the line has all its members.
* A line with `merged_into` merges an outlet that is not merged yet, where a local import rejects the line: an earlier
  import may have been interrupted between the two calls. A line without it leaves a merged outlet unchanged.
* A line is sent again from the start if a response was lost. Existing rows are looked up first, so nothing is created
  twice, but the result may then be `unchanged` instead of `created`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NotRequired, TypedDict
from urllib.parse import quote
from uuid import UUID

from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution, check_resolution
from service.claims.views import ResolutionWarning
from service.cli.remote_api import (
    NoResponse,
    RemoteApi,
    RemoteClaim,
    RemoteMerge,
    RemoteOutlet,
    RemotePage,
    RemoteResolution,
    RemoteRow,
)
from service.errors import ClaimDiffers, InvalidBody, NotFound, ServiceError, SlugTaken, nested
from service.outlets.domains import ShownDomain
from service.outlets.edit import NewOutlet, domains_of
from service.schemas.claims import ClaimIn
from service.schemas.outlets import OutletIn
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionIn
from service.storage.versions import is_same
from service.transfer.lines import (
    ClaimLine,
    FlatLine,
    Line,
    LineResult,
    LineStatus,
    OutletLine,
    ReadLine,
    ReportLine,
    ResolutionLine,
    in_line,
    required_id,
)
from service.values.instants import is_same_end, parse_instant, utc_now
from service.values.names import name_key
from service.values.vocabulary import Precision

_RETRY_DELAYS = (0.5, 2.0)  # seconds before a line is sent again


class OutletBody(TypedDict):
    """The body of a call that records an outlet."""

    name: str
    slug: NotRequired[str]
    kind: str
    domains: list[ShownDomain]
    aliases: list[str]
    parent: str | None
    scorable: bool


class Remote:
    """A remote service that lines are loaded into."""

    def __init__(self, address: str, key: str) -> None:
        self._api = RemoteApi(address, key)
        self._warnings: list[ResolutionWarning] = []
        """The warnings about the resolution of the current line."""

    def load(self, line: ReadLine) -> LineResult:
        """Load one line and return its result.

        Raises:
            Unreachable: The service does not respond.
        """
        for delay in _RETRY_DELAYS:
            with suppress(NoResponse):
                return self._load_once(line)
            time.sleep(delay)
        return self._load_once(line)

    def _load_once(self, line: ReadLine) -> LineResult:
        if isinstance(line.content, ServiceError):
            return LineResult(line.number, LineStatus.REJECTED, error=line.content)
        self._warnings = []
        try:
            status, row = self._load(line.content)
        except ServiceError as exc:
            exc.errors = in_line(line.content, exc.errors)
            return LineResult(line.number, LineStatus.REJECTED, error=exc)
        return LineResult(line.number, status, UUID(row["id"]), warnings=self._warnings)

    def _load(self, line: Line) -> tuple[LineStatus, RemoteRow]:
        is_new: bool
        row: RemoteRow
        match line:
            case OutletLine():
                return self._load_outlet(line.outlet)
            case ClaimLine():
                return self._load_claim(line)
            case ReportLine():
                is_new, row = self._add_report(self._find_claim(line.claim), line.report)
            case ResolutionLine():
                claim = self._find_claim(line.claim)
                check_resolution(line.resolution, now=utc_now())
                is_new, row = self._resolve(claim, line.resolution)
            case FlatLine():
                return self._load_flat(line)
        return LineStatus.CREATED if is_new else LineStatus.UNCHANGED, row

    def _load_outlet(self, outlet: NewOutlet) -> tuple[LineStatus, RemoteOutlet]:
        if outlet["slug"] is None or (into := outlet.get("merged_into")) is None:
            return self._load_unmerged(outlet)
        path = f"/v1/outlets/{quote(outlet['slug'], safe='')}/merge"
        with suppress(NotFound):
            merge: RemoteMerge = self._api.get(path)
            if merge["into"] == into:  # the outlet's own members cannot be read while it is merged
                return LineStatus.UNCHANGED, self._get_outlet(into)
        status, found = self._load_unmerged(outlet)
        is_new, _ = self._api.post(path, {"into": into})
        return LineStatus.UPDATED if is_new and status is LineStatus.UNCHANGED else status, found

    def _load_unmerged(self, outlet: NewOutlet) -> tuple[LineStatus, RemoteOutlet]:
        body: OutletBody = OutletIn().dump(outlet)
        body["domains"] = [domain.show() for domain in domains_of(outlet)]
        if outlet["slug"] is None:
            return self._load_named(outlet["name"], body)
        created: RemoteOutlet
        try:
            _, created = self._api.post("/v1/outlets", body)
        except SlugTaken:
            found = self._get_outlet(outlet["slug"])
            is_merged = found["slug"] != outlet["slug"]  # the outlet's own members cannot be compared
            if not is_merged and not self._agrees(found, body):
                raise
            return LineStatus.UNCHANGED, found
        return LineStatus.CREATED, created

    def _load_named(self, name: str, body: OutletBody) -> tuple[LineStatus, RemoteOutlet]:
        """Load an outlet without a slug, which is identified by its name."""
        del body["slug"]
        known = list(self._find_outlets(name))
        if same := next((outlet for outlet in known if self._agrees(outlet, body)), None):
            return LineStatus.UNCHANGED, same
        if known:
            raise SlugTaken(f"The outlet {known[0]['slug']!r} has this name, but differs. Give the other one a slug.")
        created: RemoteOutlet
        _, created = self._api.post("/v1/outlets", body)
        return LineStatus.CREATED, created

    def _find_outlets(self, name: str) -> Iterator[RemoteOutlet]:
        """Yield the outlets with a name, in any spelling."""
        outlet: RemoteOutlet
        for outlet in self._api.pages("/v1/outlets", q=name, limit="200"):
            if name_key(outlet["name"]) == name_key(name):
                yield outlet

    def _get_outlet(self, reference: str) -> RemoteOutlet:
        outlet: RemoteOutlet = self._api.get(f"/v1/outlets/{quote(reference, safe='')}")
        return outlet

    def _agrees(self, found: RemoteOutlet, body: OutletBody) -> bool:
        """Return whether an outlet has every member that was sent."""
        sent = dict(body)
        if body["parent"] is not None and body["parent"] != found["parent"]:  # it may be an id
            sent["parent"] = self._get_outlet(body["parent"])["slug"]
        members = dict(found)
        return all(is_same(name, members[name], value) for name, value in sent.items())

    def _load_claim(self, line: ClaimLine) -> tuple[LineStatus, RemoteClaim]:
        required_id(line.claim)
        _check_resolution(line.resolution)
        is_new, claim = self._record(line, line.reports)
        is_resolved = self._add_resolution(claim, line.resolution)
        return _status(is_new=is_new, is_resolved=is_resolved), claim

    def _load_flat(self, line: FlatLine) -> tuple[LineStatus, RemoteRow]:
        _check_resolution(line.resolution)
        given = {"/text"} if line.claim["topic"] is None else {"/text", "/topic"}
        try:
            is_new, claim = self._record(line, [line.report])
        except ClaimDiffers as exc:
            exc.errors = [place for place in exc.errors if place["pointer"] in given]
            if exc.errors:
                raise
            is_new, claim = False, self._find_claim(required_id(line.claim))
        is_new, report = (True, claim["reports"][0]) if is_new else self._add_report(claim, line.report)
        is_resolved = self._add_resolution(claim, line.resolution)
        return _status(is_new=is_new, is_resolved=is_resolved), report

    def _record(self, line: ClaimLine | FlatLine, reports: Sequence[NewReport]) -> tuple[bool, RemoteClaim]:
        body = {**ClaimIn().dump(line.claim), "reports": [ReportIn().dump(report) for report in reports]}
        return self._api.post("/v1/claims", body)

    def _add_report(self, claim: RemoteClaim, report: NewReport) -> tuple[bool, RemoteRow]:
        return self._api.post(f"/v1/claims/{claim['id']}/reports", ReportIn().dump(report))

    def _add_resolution(self, claim: RemoteClaim, resolution: NewResolution | None) -> bool:
        """Add the resolution of a line whose claim or report was loaded, and return whether it is new."""
        try:
            return resolution is not None and self._resolve(claim, resolution)[0]
        except ServiceError as exc:
            detail = f"The line was loaded, but its resolution was rejected. {exc.detail}"
            raise type(exc)(detail, errors=nested(exc, "/resolution")) from exc

    def _resolve(self, claim: RemoteClaim, resolution: NewResolution) -> tuple[bool, RemoteRow]:
        """Add a resolution unless the claim has, or once had, an equal one, and return whether it is new."""
        path = f"/v1/claims/{claim['id']}/resolutions"
        page: RemotePage[RemoteResolution] = self._api.get(path)
        for found in page["items"]:
            if _is_same(found, resolution):
                return False, RemoteRow(id=found["id"])
        recorded: RemoteResolution
        is_new, recorded = self._api.post(path, ResolutionIn().dump(resolution))
        self._warnings = [ResolutionWarning(**warning) for warning in recorded.get("warnings", [])]
        return is_new, recorded

    def _find_claim(self, external_id: str) -> RemoteClaim:
        page: RemotePage[RemoteClaim] = self._api.get("/v1/claims", external_id=external_id)
        if page["items"]:
            return page["items"][0]
        raise InvalidBody.at("/claim", f"No claim has the external_id {external_id!r}.", "unknown-claim")


def _is_same(found: RemoteResolution, given: NewResolution) -> bool:
    """Return whether a resolution of the service has all members that were sent."""
    known_at, precision = parse_instant(found["known_at"]), Precision(found["known_precision"])
    same_moment = given["known_at"] is None or is_same_end(known_at, precision, given["known_at"])
    same_truth = given["truth"] in (None, found["truth"])
    same_order = given["supersedes"] is None or str(given["supersedes"]) == found["supersedes"]
    return found["verdict"] == given["verdict"] and same_truth and same_moment and same_order


def _check_resolution(resolution: NewResolution | None) -> None:
    """Check the resolution of a line before any part of the line is sent."""
    try:
        if resolution is not None:
            check_resolution(resolution, now=utc_now())
    except InvalidBody as exc:
        raise InvalidBody(exc.detail, errors=nested(exc, "/resolution")) from exc


def _status(*, is_new: bool, is_resolved: bool) -> LineStatus:
    if is_new:
        return LineStatus.CREATED
    return LineStatus.UPDATED if is_resolved else LineStatus.UNCHANGED
