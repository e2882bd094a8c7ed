"""What all errors have in common: a problem type, and one case of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NotRequired, TypedDict

# "in" is a keyword, so this one member needs the functional form.
FieldError = TypedDict("FieldError", {"pointer": str, "detail": str, "code": str, "in": NotRequired[str]})


class ServiceError(Exception):
    """Base of the errors that a caller can act on.

    Subclasses set `status`, `name` and `title`, and their docstring is the explanation that
    `/problems/{name}` answers with. An instance adds `detail`, the sentence for this one case, and
    `errors`, the places at fault as JSON pointers. Nothing here knows about Flask: `service.web`
    turns an instance into an RFC 9457 document.
    """

    status: ClassVar[int]
    name: ClassVar[str]
    title: ClassVar[str]
    retry_after: int | None = None
    """In how many seconds the same call may do better."""

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """The members of the problem document, but for `instance`, which the request knows."""
        document = {"type": f"/problems/{self.name}", "title": self.title, "status": self.status, "detail": self.detail}
        return document | ({"errors": self.errors} if self.errors else {})


def problem_types() -> list[type[ServiceError]]:
    """Every problem type, by status; each before those that it is more general than."""
    waiting, found = ServiceError.__subclasses__()[::-1], list[type[ServiceError]]()
    while waiting:
        found.append(kind := waiting.pop())
        waiting += kind.__subclasses__()[::-1]
    return sorted(found, key=lambda kind: kind.status)


def nested(error: ServiceError, pointer: str) -> list[FieldError]:
    """The places of an error as seen from the document that holds the faulty part at `pointer`."""
    return [{**place, "pointer": pointer + place["pointer"]} for place in error.errors]
