"""The base class of the service's errors, and the problem documents that describe them to clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NotRequired, TypedDict

# "in" is a keyword, so this one member needs the functional form.
FieldError = TypedDict("FieldError", {"pointer": str, "detail": str, "code": str, "in": NotRequired[str]})


class ProblemDocument(TypedDict):
    """The JSON object in the body of an error response, a problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldError]]
    instance: NotRequired[str]


class ServiceError(Exception):
    """The base class of the errors that the service raises on purpose.

    Subclasses set `status`, `name` and `title`. Their docstring is the explanation on the page
    `/problems/{name}`: what the caller did, which rule it broke, and what to do next, in at most two
    sentences. An instance adds `detail`, which describes this occurrence, and `errors`, the invalid
    places as JSON pointers. `service.web.blueprint` turns an instance into an RFC 9457 document.
    """

    status: ClassVar[int]
    name: ClassVar[str]
    title: ClassVar[str]
    retry_after: int | None = None
    """The number of seconds after which a retry may succeed."""

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def document(self) -> ProblemDocument:
        """Return the members of the problem document, except `instance`, which depends on the request."""
        document = ProblemDocument(
            type=f"/problems/{self.name}", title=self.title, status=self.status, detail=self.detail
        )
        if self.errors:
            document["errors"] = self.errors
        return document


def problem_types() -> list[type[ServiceError]]:
    """Return all problem types, sorted by status, each before its subclasses."""
    waiting, found = ServiceError.__subclasses__()[::-1], list[type[ServiceError]]()
    while waiting:
        found.append(kind := waiting.pop())
        waiting += kind.__subclasses__()[::-1]
    return sorted(found, key=lambda kind: kind.status)


def nested(error: ServiceError, pointer: str) -> list[FieldError]:
    """Return the errors of a nested object, with the pointer of that object added before their pointers."""
    return [{**place, "pointer": pointer + place["pointer"]} for place in error.errors]
