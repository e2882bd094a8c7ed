"""Load lines into a service elsewhere, through its API: what `borneout import --server` does.

Each line is a few calls, every one of which may be sent again: what is on record already is found by its slug,
its external id or its content. So a load that was cut off is finished by running it again, as at home.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import urllib3

from service.errors import BadRequest, ClaimDiffers, InvalidBody, ServiceError, SlugTaken, problem_types
from service.filing import NewReport
from service.identity import domain_key
from service.imports import LineResult, LineStatus, in_flat_line
from service.lines import ClaimLine, FlatLine, Line, OutletLine, ReadLine, ReportLine, ResolutionLine
from service.outlets import NewOutlet
from service.resolutions import NewResolution
from service.schemas.claims import ClaimIn
from service.schemas.outlets import OutletIn
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionIn

_TIMEOUT = 30.0  # seconds
_REFUSED, _BROKEN = 400, 500
_KINDS = {kind.name: kind for kind in problem_types()}
_AGAIN = urllib3.Retry(3, status_forcelist=(502, 503, 504), allowed_methods=None, backoff_factor=0.5)


class Unreachable(RuntimeError):
    """The service elsewhere does not answer, or not as a Borneout does."""


class Remote:
    """A service elsewhere."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"}
        self._pool = urllib3.PoolManager(headers=headers, timeout=_TIMEOUT, retries=_AGAIN)

    def load(self, line: ReadLine) -> LineResult:
        """Load one line; what became of it.

        Raises:
            Unreachable: The service does not answer.
        """
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
                return self._report(self._known(line.claim), line.report)
            case ResolutionLine():
                claim = self._known(line.claim)
                resolved = self._resolve(claim, line.resolution)
                return LineStatus.CREATED if resolved else LineStatus.UNCHANGED, claim
            case FlatLine():
                return self._flat(line)

    def _outlet(self, outlet: NewOutlet) -> tuple[LineStatus, Any]:
        if outlet["slug"] is None:
            named = self._get("/v1/outlets", q=outlet["name"], limit="200")["items"]
            known = [found for found in named if found["name"] == outlet["name"]]
        else:
            known = [found for found in [self._get(f"/v1/outlets/{quote(outlet['slug'])}")] if found]
        sent = {**OutletIn().dump(outlet), "domains": [domain_key(domain) for domain in outlet["domains"]]}
        for found in known:
            if all(found[member] == value for member, value in sent.items() if (member, value) != ("slug", None)):
                return LineStatus.UNCHANGED, found
        if known and outlet["slug"] is None:
            raise SlugTaken(f"The outlet {known[0]['slug']!r} is on record and does not agree.")
        return LineStatus.CREATED, self._post("/v1/outlets", sent)[1]

    def _claim(self, line: ClaimLine) -> tuple[LineStatus, Any]:
        reports = [ReportIn().dump(report) for report in line.reports]
        created, claim = self._post("/v1/claims", ClaimIn().dump(line.claim) | {"reports": reports})
        resolved = line.resolution is not None and self._resolve(claim, line.resolution)
        if created:
            return LineStatus.CREATED, claim
        return LineStatus.UPDATED if resolved else LineStatus.UNCHANGED, claim

    def _report(self, claim: Any, report: NewReport) -> tuple[LineStatus, Any]:
        created, filed = self._post(f"/v1/claims/{claim['id']}/reports", ReportIn().dump(report))
        return LineStatus.CREATED if created else LineStatus.UNCHANGED, filed

    def _flat(self, line: FlatLine) -> tuple[LineStatus, Any]:
        claim = self._find(str(line.claim["external_id"]))
        if claim is None:
            return self._claim(ClaimLine(line.claim, [line.report], line.resolution))
        if claim["text"] != line.claim["text"] or line.claim["topic"] not in (None, claim["topic"]):
            raise ClaimDiffers(f"The claim {claim['id']} has this claim_id and does not agree.")
        status, report = self._report(claim, line.report)
        resolved = line.resolution is not None and self._resolve(claim, line.resolution)
        return LineStatus.UPDATED if resolved and status is LineStatus.UNCHANGED else status, report

    def _resolve(self, claim: Any, resolution: NewResolution) -> bool:
        """Add a resolution, unless the claim has, or once had, one that says the same; whether it was added."""
        path = f"/v1/claims/{claim['id']}/resolutions"
        sent = ResolutionIn().dump(resolution)
        said = ["verdict", "truth", *(["known_at"] if sent["known_at"] else [])]
        if any(all(found[member] == sent[member] for member in said) for found in self._get(path)["items"]):
            return False
        self._post(path, sent)
        return True

    def _known(self, external_id: str) -> Any:
        if (claim := self._find(external_id)) is None:
            raise InvalidBody.at("/claim", f"No claim {external_id!r} is on record.", "unknown-claim")
        return claim

    def _find(self, external_id: str) -> Any:
        return next(iter(self._get("/v1/claims", external_id=external_id)["items"]), None)

    def _get(self, path: str, **query: str) -> Any:
        """What a path answers; None where nothing is on record."""
        answer = self._call("GET", path, fields=query)
        return None if answer.status == HTTPStatus.NOT_FOUND else self._content(answer)

    def _post(self, path: str, body: dict[str, Any]) -> tuple[bool, Any]:
        """Whether something was made, and what."""
        answer = self._call("POST", path, json=body)
        return answer.status == HTTPStatus.CREATED, self._content(answer)

    def _call(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(method, self._address + path, **options)
        except urllib3.exceptions.HTTPError as exc:
            raise Unreachable(f"{self._address} does not answer: {exc}") from exc

    def _content(self, answer: urllib3.BaseHTTPResponse) -> Any:
        try:
            content = answer.json()
        except ValueError as exc:
            raise Unreachable(f"{self._address} does not answer as a Borneout does (status {answer.status}).") from exc
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or answer.status >= _BROKEN:
            raise Unreachable(f"{self._address} refuses the load: {content.get('detail')}")
        if answer.status >= _REFUSED:
            raise _error_told(content)
        return content


def _error_told(problem: dict[str, Any]) -> ServiceError:
    """The error that a problem document tells."""
    kind = _KINDS.get(str(problem.get("type")).removeprefix("/problems/"), BadRequest)
    return kind(str(problem.get("detail")), errors=problem.get("errors", []))
