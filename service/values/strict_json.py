"""A JSON parser that rejects what RFC 8259 forbids and Python accepts. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from service.errors import FieldError, MalformedJson

_LONGEST_INTEGER = 40


class _Invalid:
    """A marker for an invalid value, until its pointer is known."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def parse_json(data: bytes) -> Any:
    """Parse a JSON value.

    A number that is too large for a float becomes infinite, and the schema of its field rejects it.

    Raises:
        MalformedJson: The data is not JSON in UTF-8, has a duplicate member, NaN or Infinity, or is nested too deeply.
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_constant=lambda name: _Invalid(f"{name} is not a JSON value."),
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits),
        )
        errors = [] if _is_flat(value) else [_field_error(pointer, each) for pointer, each in _find_invalid(value)]
    except RecursionError as exc:
        raise _malformed([_field_error("", _Invalid("Nests too deeply."))]) from exc
    except UnicodeDecodeError as exc:
        detail = f"Not UTF-8: byte {exc.start + 1} is {data[exc.start]:#04x}. Send JSON in UTF-8."
        raise _malformed([FieldError(pointer="", detail=detail, code="encoding")]) from exc
    except ValueError as exc:
        raise _malformed([_field_error("", _Invalid(f"Not JSON in UTF-8: {exc}."))]) from exc
    if errors:
        raise _malformed(errors)
    return value


def _malformed(errors: list[FieldError]) -> MalformedJson:
    return MalformedJson("The body is not JSON that can be read.", errors=errors)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = Counter(name for name, _ in pairs)
        members |= {name: _Invalid("The member is given twice.") for name, times in names.items() if times > 1}
    return members


def _is_flat(value: Any) -> bool:
    """Return whether a value is an object of valid texts, numbers and the like, as most lines of files are."""
    return isinstance(value, dict) and not any(isinstance(each, dict | list | _Invalid) for each in value.values())


def _find_invalid(value: Any, pointer: str = "") -> Iterator[tuple[str, _Invalid]]:
    if isinstance(value, _Invalid):
        yield pointer, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _find_invalid(member, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_invalid(item, f"{pointer}/{index}")


def _field_error(pointer: str, invalid: _Invalid) -> FieldError:
    return FieldError(pointer=pointer, detail=invalid.detail, code="malformed")
