"""A client that runs import jobs on a remote service."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TypedDict, cast
from urllib.parse import urlencode
from uuid import UUID

import urllib3

from service.errors import CannotRun, ProblemDocument, ServiceError, Unauthorized, problem_types
from service.transfer.claimreview.review import ReviewWarning, WarningCode
from service.transfer.files.options import FileOptions
from service.transfer.files.unpack import BLOCK, Readable
from service.transfer.lines import LineResult, LineStatus
from service.transfer.results import ResultLine
from service.values.vocabulary import ImportStatus

_TIMEOUT = 60.0  # seconds
_OUTAGE = 60.0  # seconds for which a call is repeated while the service does not respond
_POLL_INTERVAL = 0.5  # seconds
_PROBLEMS = {kind.name: kind for kind in problem_types()}


class Unreachable(CannotRun):
    """A failed call to a service that does not respond, is not Borneout, or rejects the key."""


class NoResponse(Unreachable):
    """A call without a response from the service, which may still have executed it."""


class Progress(TypedDict):
    """The part of a job's progress that the progress bar shows."""

    read: int
    share: float


class Job(TypedDict):
    """The members of a job that this client uses."""

    id: str
    status: str
    progress: Progress
    problem: ProblemDocument | None


class Server:
    """A remote service that runs import jobs, called with an API key."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address.rstrip("/")
        self._pool = urllib3.PoolManager(headers={"Authorization": f"Bearer {key}"}, timeout=_TIMEOUT)

    def start(self, stream: Readable, options: FileOptions, *, size: int | None, dry_run: bool, call: UUID) -> Job:
        """Send a file to import, and return the job that imports it.

        Args:
            stream: The file.
            options: The options for reading the file.
            size: The size of the file in bytes; None if it is unknown.
            dry_run: Whether to record nothing.
            call: The idempotency key, which makes it safe to repeat the call.

        Raises:
            Unreachable: The service did not respond.
            ServiceError: The service rejected the file.
        """
        headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": str(call)}
        if size is not None:
            headers["Content-Length"] = str(size)
        path = f"/v1/imports?{urlencode(_query(options, dry_run=dry_run))}"
        return _job(self._send("POST", path.removesuffix("?"), body=_blocks(stream), headers=headers))

    def read(self, job: Job) -> Job:
        """Return the current state of a job."""
        return _job(self._ask(f"/v1/imports/{job['id']}"))

    def follow(self, job: Job) -> Iterator[Job]:
        """Yield the state of a job repeatedly until it has ended."""
        while job["status"] in (ImportStatus.QUEUED, ImportStatus.RUNNING):
            yield job
            time.sleep(_POLL_INTERVAL)
            job = self.read(job)
        yield job

    def cancel(self, job: Job) -> None:
        """Cancel a job."""
        self._send("DELETE", f"/v1/imports/{job['id']}", headers={"If-Match": "*"})

    def results(self, job: Job) -> Iterator[LineResult]:
        """Yield the results of the lines of a job."""
        response = self._ask(f"/v1/imports/{job['id']}/results", preload_content=False)
        try:
            for line in response:
                yield _result(json.loads(line))
        except urllib3.exceptions.HTTPError as exc:
            raise Unreachable(f"{self._address} stopped sending the results: {exc}") from exc
        finally:
            response.release_conn()

    def _ask(self, path: str, *, preload_content: bool = True) -> urllib3.BaseHTTPResponse:
        """Send a GET request, and retry for a minute while the service is busy or does not respond."""
        deadline = time.monotonic() + _OUTAGE
        while True:
            try:
                return self._send("GET", path, preload_content=preload_content)
            except (NoResponse, ServiceError) as exc:
                if not is_passing(exc) or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_INTERVAL)

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        preload_content: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        try:
            response = self._pool.request(
                method,
                self._address + path,
                body=body,
                headers={**self._pool.headers, **(headers or {})},
                preload_content=preload_content,
                redirect=False,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as exc:
            raise NoResponse(f"{self._address} does not respond: {exc}") from exc
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._failure(response)
        return response

    def _failure(self, response: urllib3.BaseHTTPResponse) -> CannotRun | ServiceError:
        """Return the error for a failed response."""
        if (location := response.headers.get("Location")) is not None:
            return Unreachable(f"{self._address} redirects to {location}. Use that address.")
        try:
            problem: ProblemDocument = json.loads(response.data)
            error = as_error(problem)
        except (ValueError, LookupError, TypeError, AttributeError):
            kind = NoResponse if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else Unreachable
            return kind(f"{self._address} is not a Borneout service, or is down (status {response.status}).")
        if isinstance(error, Unauthorized):
            return Unreachable(f"{self._address} rejects the import: {error.detail}")
        error.retry_after = _seconds(response.headers.get("Retry-After", ""))
        return error


def is_passing(error: Exception) -> bool:
    """Return whether the same call may succeed later, so that it can be retried."""
    is_busy = isinstance(error, ServiceError) and error.retry_after is not None
    return isinstance(error, NoResponse) or is_busy


def as_error(problem: ProblemDocument) -> ServiceError:
    """Return the error that a problem document describes."""
    kind = _PROBLEMS[problem["type"].rpartition("/problems/")[2]]
    error = kind.__new__(kind)  # some kinds have other arguments
    ServiceError.__init__(error, problem["detail"], errors=problem.get("errors", ()))
    return error


def _query(options: FileOptions, *, dry_run: bool) -> list[tuple[str, str]]:
    given = {"encoding": options.encoding, "locale": options.locale, "feed": options.feed}
    query = [(name, value) for name, value in given.items() if value is not None]
    query += [("map", f"{column}:{name}") for column, name in options.names]
    return [*query, ("dry_run", "true")] if dry_run else query


def _blocks(stream: Readable) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def _job(response: urllib3.BaseHTTPResponse) -> Job:
    job: Job = response.json()
    return job


def _result(line: ResultLine) -> LineResult:
    return LineResult(
        number=line["line"],
        status=LineStatus(line["status"]),
        id=UUID(line["id"]) if "id" in line else None,
        error=as_error(line["problem"]) if "problem" in line else None,
        warnings=[
            ReviewWarning(cast("WarningCode", warning["code"]), warning["detail"])
            for warning in line.get("warnings", ())
        ],
    )


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
