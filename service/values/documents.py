"""Parse JSON strictly, write it canonically, and compute the ETags of documents. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any

import rfc8785

from service.errors import FieldError, MalformedJson

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that every JSON parser reads exactly."""
_MOST_DIGITS = 40
"""Integers with more digits are parsed as floats, because Python parses long integers slowly."""
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_ALWAYS_PLAIN = frozenset({str, bool, NoneType})
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNTAGGED = frozenset({"last_used_at", "similar"})
"""Members left out of an ETag, because they change even when no client writes."""


def members_of(document: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a dataclass as a dictionary, without copying their values.

    >>> from service.values.vocabulary import OPERATOR
    >>> list(members_of(OPERATOR))
    ['key_id', 'scopes']
    """
    return {field.name: getattr(document, field.name) for field in fields(document)}


def as_json(document: object) -> dict[str, Any]:
    """Return a document as a dictionary of JSON types, for storage in a JSON column."""
    return dict(json.loads(json.dumps(document, default=_encode)))


def etag_of(document: object) -> str:
    """Return the ETag of a document: a hash of all its members except those in `_UNTAGGED`.

    >>> etag_of({"slug": "bild"}) == etag_of({"slug": "bild"}) != etag_of({"slug": "welt"})
    True
    """
    return hashlib.sha256(json.dumps(document, default=_encode_tagged).encode()).hexdigest()[:16]


def _encode(value: object) -> object:
    """Return a dataclass as a dictionary, and any other value that is not JSON as text."""
    return members_of(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def _encode_tagged(value: object) -> object:
    encoded = _encode(value)
    if isinstance(encoded, dict):
        return {name: member for name, member in encoded.items() if name not in _UNTAGGED}
    return encoded


def canonical_json(value: object) -> str:
    """Return the canonical JSON text of a value (RFC 8785).

    Integers of more than 53 bits become strings, because RFC 8785 cannot represent them.

    >>> canonical_json({"b": 1.0, "a": "é", "c": 2**53})
    '{"a":"é","b":1,"c":"9007199254740992"}'
    """
    if _is_plain(value):
        text = _CANONICAL.encode(value)
        if text.isascii() or not _SURROGATE.search(text):  # rfc8785 rejects surrogates
            return text
    try:
        return rfc8785.dumps(value).decode()  # type: ignore[arg-type]
    except rfc8785.IntegerDomainError:
        return rfc8785.dumps(_without_large_integers(value)).decode()


def _is_plain(value: object) -> bool:
    """Return whether Python's JSON encoder, which is much faster, writes a value as RFC 8785 does.

    The two differ in large integers, in floats that are whole or written with an exponent, and in the order of members
    whose names are not ASCII.
    """
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    if isinstance(value, float):
        return 1e-4 <= abs(value) < 1e15 and not value.is_integer()
    if isinstance(value, dict):
        return all(isinstance(name, str) and name.isascii() for name in value) and _are_plain(value.values())
    return isinstance(value, list | tuple) and _are_plain(value)


def _are_plain(values: Collection[object]) -> bool:
    return _ALWAYS_PLAIN.issuperset(map(type, values)) or all(map(_is_plain, values))


def _without_large_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_large_integers(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without_large_integers(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > LARGEST_INTEGER else value


class _Invalid:
    """A placeholder for an invalid JSON value, until the pointer to it is known."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def parse_json(data: bytes) -> Any:
    """Parse JSON strictly: UTF-8 only, no repeated members, no NaN or Infinity.

    A number that is too large for a float becomes infinity, which the schema of its field rejects.

    Raises:
        MalformedJson: The data is not JSON in UTF-8, has a duplicate member, NaN or Infinity, or is nested too deeply.
    """
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_constant=lambda name: _Invalid(f"{name} is not a JSON value. Send a number or null."),
            parse_int=lambda digits: int(digits) if len(digits) <= _MOST_DIGITS else float(digits),
        )
        errors = [] if _is_flat(value) else [_field_error(pointer, each) for pointer, each in _find_invalid(value)]
    except RecursionError as exc:
        raise _malformed([_field_error("", _Invalid("The value is nested too deeply. Send fewer levels."))]) from exc
    except UnicodeDecodeError as exc:
        detail = f"Not UTF-8: byte {exc.start + 1} is {data[exc.start]:#04x}. Send JSON in UTF-8."
        raise _malformed([FieldError(pointer="", detail=detail, code="encoding")]) from exc
    except ValueError as exc:
        raise _malformed([_field_error("", _Invalid(f"Not valid JSON: {exc}."))]) from exc
    if errors:
        raise _malformed(errors)
    return value


def _malformed(errors: list[FieldError]) -> MalformedJson:
    return MalformedJson("You sent a body that is not valid JSON. Correct the places in errors.", errors=errors)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = Counter(name for name, _ in pairs)
        repeated = _Invalid("The member is repeated. Send it only once.")
        members |= {name: repeated for name, times in names.items() if times > 1}
    return members


def _is_flat(value: Any) -> bool:
    """Return whether a value is an object without nested or invalid members, as most lines of files are."""
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
