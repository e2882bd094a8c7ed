"""JSON as RFC 8259 has it, without what Python's reader lets pass. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from service.errors import FieldError, MalformedJson

_LONGEST_INTEGER = 40


class _Refused:
    """Marks a value that must not be there, until its place is known."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def parse_json(data: bytes) -> Any:
    """Read one JSON value.

    A number that is too large for a float becomes infinite, so that the field it stands in refuses it.

    Raises:
        MalformedJson: It is not JSON in UTF-8, names a member twice, holds NaN or Infinity, or nests without end.
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_constant=lambda name: _Refused(f"{name} is not a JSON value."),
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits),
        )
        errors = [_place(pointer, refused) for pointer, refused in _refused(value)]
    except RecursionError as exc:
        raise _malformed([_place("", _Refused("Nests too deeply."))]) from exc
    except ValueError as exc:
        raise _malformed([_place("", _Refused(f"Not JSON in UTF-8: {exc}."))]) from exc
    if errors:
        raise _malformed(errors)
    return value


def _malformed(errors: list[FieldError]) -> MalformedJson:
    return MalformedJson("The body is not JSON that can be read.", errors=errors)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = _Refused("The member is given twice.") if name in found else value
    return found


def _refused(value: Any, pointer: str = "") -> Iterator[tuple[str, _Refused]]:
    if isinstance(value, _Refused):
        yield pointer, value
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from _refused(below, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _refused(below, f"{pointer}/{index}")


def _place(pointer: str, refused: _Refused) -> FieldError:
    return FieldError(pointer=pointer, detail=refused.detail, code="malformed")
