"""Load lines into a service elsewhere, through its API: what `borneout import --server` does.

What becomes of a line is what would become of it here, but for this. A line is several calls and not one transaction:
where a claim or a report comes with a resolution that the service refuses for what is on record, the resolution is
refused alone, and the line says so. A claim line needs a report. What stood before a change is known again only of a
claim, and only if the line says all that stood there. An outlet that is on record apart is merged when its line says
so, where here the line is refused: it may be that an earlier load was cut off between the two calls. One that was
merged there is left as it is by a line that does not say so, whatever else that says. A line whose answer was lost is
loaded again from the top, and as everything is looked up first nothing is made twice; it is then told as what it found.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import urllib3

from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution, check_resolution
from service.errors import (
    CannotRun,
    ClaimDiffers,
    Forbidden,
    InvalidBody,
    NotFound,
    ServiceError,
    SlugTaken,
    Unauthorized,
    nested,
    problem_types,
)
from service.outlets.edit import NewOutlet, checked_domains
from service.schemas.claims import ClaimIn
from service.schemas.outlets import OutletIn
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionIn
from service.transfer.lines import ClaimLine, FlatLine, Line, OutletLine, ReadLine, ReportLine, ResolutionLine
from service.transfer.load import LineResult, LineStatus, in_flat_line, required_id
from service.values.names import name_key

_TIMEOUT = 30.0  # seconds
_RETRIES = urllib3.Retry(None, connect=0, read=0, redirect=1, status=0, other=0)
_PAUSES = (0.5, 2.0)  # seconds before a line is loaded the second and the third time
_REFUSED, _BROKEN = 400, 500
_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
_KINDS = {kind.name: kind for kind in problem_types()}


class Unreachable(CannotRun):
    """The service elsewhere does not answer, or not as a Borneout does, or not to this key."""


class _NoAnswer(Unreachable):
    """What became of a call is not known."""


class Remote:
    """A service elsewhere."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"}
        self._pool = urllib3.PoolManager(headers=headers, timeout=_TIMEOUT, retries=_RETRIES)

    def load(self, line: ReadLine) -> LineResult:
        """Load one line; what became of it.

        Raises:
            Unreachable: The service does not answer.
        """
        for pause in _PAUSES:
            with suppress(_NoAnswer):
                return self._line(line)
            time.sleep(pause)
        return self._line(line)

    def _line(self, line: ReadLine) -> LineResult:
        if isinstance(line.content, ServiceError):
            return LineResult(line.number, LineStatus.REJECTED, error=line.content)
        try:
            status, subject = self._load(line.content)
        except ServiceError as exc:
            if isinstance(line.content, FlatLine):
                exc.errors = [{**place, "pointer": in_flat_line(place["pointer"])} for place in exc.errors]
            return LineResult(line.number, LineStatus.REJECTED, error=exc)
        return LineResult(line.number, status, UUID(subject["id"]))

    def _load(self, line: Line) -> tuple[LineStatus, Any]:
        match line:
            case OutletLine():
                return self._outlet(line.outlet)
            case ClaimLine():
                return self._claim(line)
            case ReportLine():
                is_new, subject = self._report(self._known(line.claim), line.report)
            case ResolutionLine():
                claim = self._known(line.claim)
                check_resolution(line.resolution, now=dt.datetime.now(dt.UTC))
                is_new, subject = self._resolution(claim, line.resolution)
            case FlatLine():
                return self._flat(line)
        return LineStatus.CREATED if is_new else LineStatus.UNCHANGED, subject

    def _outlet(self, outlet: NewOutlet) -> tuple[LineStatus, Any]:
        if outlet["slug"] is None or (into := outlet.get("merged_into")) is None:
            return self._apart(outlet)
        merge = f"/v1/outlets/{quote(outlet['slug'], safe='')}/merge"
        with suppress(NotFound):
            if self._get(merge)["into"] == into:  # what was said of it by itself is not to be seen any more
                return LineStatus.UNCHANGED, self._get(f"/v1/outlets/{quote(into, safe='')}")
        status, found = self._apart(outlet)
        is_new, _ = self._post(merge, {"into": into})
        return LineStatus.UPDATED if is_new and status is LineStatus.UNCHANGED else status, found

    def _apart(self, outlet: NewOutlet) -> tuple[LineStatus, Any]:
        sent = OutletIn().dump(outlet) | {"domains": checked_domains(outlet["slug"], outlet["domains"])}
        if outlet["slug"] is None:
            del sent["slug"]
            known = list(self._named(outlet["name"]))
            if same := next((found for found in known if self._agrees(found, sent)), None):
                return LineStatus.UNCHANGED, same
            if known:
                raise SlugTaken(
                    f"The outlet {known[0]['slug']!r} has this name and does not agree; give another a slug."
                )
        try:
            return LineStatus.CREATED, self._post("/v1/outlets", sent)[1]
        except SlugTaken:
            found = self._get(f"/v1/outlets/{sent['slug']}")
            was_merged = found["slug"] != sent["slug"]  # what is on record of it by itself is not to be seen
            if not was_merged and not self._agrees(found, sent):
                raise
            return LineStatus.UNCHANGED, found

    def _named(self, name: str) -> Iterator[Any]:
        """The outlets with a name, however it is spelt."""
        query: dict[str, str] | None = {"q": name, "limit": "200"}
        while query is not None:
            page = self._get("/v1/outlets", **query)
            yield from (found for found in page["items"] if name_key(found["name"]) == name_key(name))
            query = query | {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    def _agrees(self, found: Any, sent: dict[str, Any]) -> bool:
        if sent["parent"] not in (None, found["parent"]):  # it may be named by its id
            sent = sent | {"parent": self._get(f"/v1/outlets/{quote(sent['parent'], safe='')}")["slug"]}
        return all(found[member] == value for member, value in sent.items())

    def _claim(self, line: ClaimLine) -> tuple[LineStatus, Any]:
        required_id(line.claim)
        _check_before(line.resolution)
        created, claim = self._first(line, line.reports)
        resolved = self._resolve(claim, line.resolution)
        return _status(created=created, resolved=resolved), claim

    def _flat(self, line: FlatLine) -> tuple[LineStatus, Any]:
        _check_before(line.resolution)
        spoken_of = {"/text"} if line.claim["topic"] is None else {"/text", "/topic"}
        try:
            created, claim = self._first(line, [line.report])
        except ClaimDiffers as exc:
            exc.errors = [place for place in exc.errors if place["pointer"] in spoken_of]
            if exc.errors:
                raise
            created, claim = False, self._known(required_id(line.claim))
        created, report = (True, claim["reports"][0]) if created else self._report(claim, line.report)
        resolved = self._resolve(claim, line.resolution)
        return _status(created=created, resolved=resolved), report

    def _first(self, line: ClaimLine | FlatLine, reports: Sequence[NewReport]) -> tuple[bool, Any]:
        body = {**ClaimIn().dump(line.claim), "reports": [ReportIn().dump(report) for report in reports]}
        return self._post("/v1/claims", body)

    def _report(self, claim: Any, report: NewReport) -> tuple[bool, Any]:
        return self._post(f"/v1/claims/{claim['id']}/reports", ReportIn().dump(report))

    def _resolve(self, claim: Any, resolution: NewResolution | None) -> bool:
        """Add the resolution that came with a claim or a report which is now on record; whether it is new."""
        try:
            return resolution is not None and self._resolution(claim, resolution)[0]
        except ServiceError as exc:
            detail = f"The line is on record, but its resolution was refused. {exc.detail}"
            raise type(exc)(detail, errors=nested(exc, "/resolution")) from exc

    def _resolution(self, claim: Any, resolution: NewResolution) -> tuple[bool, Any]:
        """Add a resolution, unless the claim has, or once had, one that says the same; whether it is new."""
        path, sent = f"/v1/claims/{claim['id']}/resolutions", ResolutionIn().dump(resolution)
        said = ["verdict", *(name for name in ("truth", "known_at", "supersedes") if sent[name] is not None)]
        for found in self._get(path)["items"]:
            if all(found[member] == sent[member] for member in said):
                return False, found
        return self._post(path, sent)

    def _known(self, external_id: str) -> Any:
        if found := self._get("/v1/claims", external_id=external_id)["items"]:
            return found[0]
        raise InvalidBody.at("/claim", f"No claim {external_id!r} is on record.", "unknown-claim")

    def _get(self, path: str, **query: str) -> Any:
        return self._call("GET", path, fields=query)[1]

    def _post(self, path: str, body: dict[str, Any]) -> tuple[bool, Any]:
        """Whether something was made, and what."""
        status, content = self._call("POST", path, json=body)
        return status == HTTPStatus.CREATED, content

    def _call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        try:
            # Who asks for an outlet that was merged is sent on, as nobody is who would change one.
            options |= {"redirect": method == "GET"}
            while (answer := self._pool.request(method, self._address + path, **options)).status == _TOO_MANY:
                time.sleep(_pause(answer))
        except urllib3.exceptions.HTTPError as exc:
            raise _NoAnswer(f"{self._address} does not answer: {exc}") from exc
        if answer.status >= _BROKEN:
            raise _NoAnswer(f"{self._address} does not answer (status {answer.status}).")
        try:
            content = answer.json()
            refusal = _KINDS[content["type"].rpartition("/problems/")[2]] if answer.status >= _REFUSED else None
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            raise Unreachable(f"{self._address} does not answer as a Borneout does (status {answer.status}).") from exc
        if refusal in (Unauthorized, Forbidden):
            raise Unreachable(f"{self._address} refuses the load: {content['detail']}")
        if refusal is not None:
            raise refusal(content["detail"], errors=content.get("errors", ()))
        return answer.status, content


def _pause(refusal: urllib3.BaseHTTPResponse) -> float:
    """For how long a service that is called too often wants to be left alone, in seconds."""
    said = refusal.headers.get("Retry-After", "")
    return float(said) if re.fullmatch("[0-9]{1,4}", said) else 1.0


def _check_before(resolution: NewResolution | None) -> None:
    """Find a resolution good in itself, before anything of its line is sent."""
    try:
        if resolution is not None:
            check_resolution(resolution, now=dt.datetime.now(dt.UTC))
    except InvalidBody as exc:
        raise InvalidBody(exc.detail, errors=nested(exc, "/resolution")) from exc


def _status(*, created: bool, resolved: bool) -> LineStatus:
    if created:
        return LineStatus.CREATED
    return LineStatus.UPDATED if resolved else LineStatus.UNCHANGED
