"""A client of the API of a remote Borneout service."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Generic, Literal, NotRequired, TypedDict, TypeVar

import urllib3

from service.errors import CannotRun, ServiceError, Unauthorized, problem_types

_TIMEOUT = 30.0  # seconds
_RETRIES = urllib3.Retry(None, connect=0, read=0, redirect=1, status=0, other=0)
_PROBLEMS = {kind.name: kind for kind in problem_types()}


class RemoteRow(TypedDict):
    """A report or resolution as the service returns it, as far as we use it."""

    id: str


class RemoteOutlet(RemoteRow):
    """An outlet as the service returns it, as far as we use it."""

    slug: str
    name: str
    parent: str | None


class RemoteClaim(RemoteRow):
    """A claim as the service returns it, as far as we use it."""

    reports: list[RemoteRow]


class RemoteWarning(TypedDict):
    """A warning about a resolution as the service returns it."""

    code: Literal["known-before-reports"]
    detail: str


class RemoteResolution(RemoteRow):
    """A resolution as the service returns it, as far as we use it."""

    verdict: str | None
    truth: float | None
    known_at: str
    known_precision: str
    supersedes: str | None
    warnings: NotRequired[list[RemoteWarning]]


class RemoteMerge(TypedDict):
    """The merge of an outlet as the service returns it, as far as we use it."""

    into: str


ItemT = TypeVar("ItemT")


class RemotePage(TypedDict, Generic[ItemT]):
    """A page of a list as the service returns it."""

    items: list[ItemT]
    next_cursor: NotRequired[str | None]


class Unreachable(CannotRun):
    """A service that does not respond, is not a Borneout service, or rejects the key."""


class NoResponse(Unreachable):
    """A missing response, which leaves the result of a call unknown."""


class RemoteApi:
    """Calls to a remote service, which raise its problems as our own errors."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"}
        self._pool = urllib3.PoolManager(headers=headers, timeout=_TIMEOUT, retries=_RETRIES)

    def get(self, path: str, **query: str) -> Any:
        """Return the body of the response to a GET. Redirects, such as that of a merged outlet, are followed."""
        return self._read(self._send("GET", path, fields=query, redirect=True))

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        """Yield the items of a list, page by page."""
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page: RemotePage[Any] = self.get(path, **query, **cursor)
            yield from page["items"]
            cursor = {"cursor": next_cursor} if (next_cursor := page.get("next_cursor")) else None

    def post(self, path: str, body: Mapping[str, object]) -> tuple[bool, Any]:
        """Return whether a POST created a row, and the body of its response."""
        response = self._send("POST", path, json=body, redirect=False)
        return response.status == HTTPStatus.CREATED, self._read(response)

    def _send(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request, and retry it while it exceeds a rate limit."""
        try:
            response = self._pool.request(method, self._address + path, **options)
            while response.status == HTTPStatus.TOO_MANY_REQUESTS:
                time.sleep(_retry_after(response))
                response = self._pool.request(method, self._address + path, **options)
        except urllib3.exceptions.HTTPError as exc:
            raise NoResponse(f"{self._address} does not respond: {exc}") from exc
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NoResponse(f"{self._address} does not respond (status {response.status}).")
        return response

    def _read(self, response: urllib3.BaseHTTPResponse) -> Any:
        """Return the JSON of a response, or raise the problem that it contains."""
        try:
            content = response.json()
            problem = _PROBLEMS[content["type"].rpartition("/problems/")[2]] if _is_problem(response) else None
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            message = f"{self._address} is not a Borneout service (status {response.status})."
            raise Unreachable(message) from exc
        if problem is Unauthorized:
            raise Unreachable(f"{self._address} rejects the import: {content['detail']}")
        if problem is not None:
            raise _error(problem, content)
        return content


def _is_problem(response: urllib3.BaseHTTPResponse) -> bool:
    return response.status >= HTTPStatus.BAD_REQUEST


def _error(problem: type[ServiceError], content: Any) -> ServiceError:
    return problem(content["detail"], errors=content.get("errors", ()))


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    """Return how many seconds to wait before the next request."""
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if re.fullmatch("[0-9]{1,4}", seconds) else 1.0
