"""An independent verifier of the ledger, written from docs/ledger.md alone, without our code or libraries."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from itertools import groupby

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def jcs(value):
    """Serialise a value as in RFC 8785."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return _number(float(value))
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
    return "{" + ",".join(f"{_string(name)}:{jcs(each)}" for name, each in members) + "}"


def _string(text):
    return '"' + "".join(_SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def _number(number):
    """Serialise a number as ECMAScript does (Number::toString, with the shortest digits that round-trip)."""
    if number == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    digits = "".join(map(str, digits))
    count, point = len(digits), len(digits) + exponent
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if count > 1 else "") + f"e{point - 1:+d}"
    return "-" * sign + text


def digest(entry):
    """Return the digest of an entry of /v1/audit."""
    before, after = (None if entry[name] is None else jcs(entry[name]) for name in ("before", "after"))
    actor = entry["actor"]["key"], entry["actor"]["name"]
    row = entry["table"], entry["row"], entry["position"]
    return sha256(jcs([entry["id"], entry["recorded_at"], *actor, entry["request_id"], *row, before, after]))


def head(seal, entries):
    """Return the head of a seal of /v1/ledger, from its entries."""
    digests = (entry["digest"] for entry in sorted(entries, key=lambda entry: entry["id"]))
    return sha256(jcs([seal["number"], seal["previous"], seal["recorded_at"]]) + "".join(digests))


def faults(entries, seals):
    """Yield the differences of a ledger from docs/ledger.md."""
    yield from (f"digest of {entry['id']}" for entry in entries if digest(entry) != entry["digest"])
    previous = None
    for number, seal in enumerate(sorted(seals, key=lambda seal: seal["number"]), start=1):
        sealed = [entry for entry in entries if entry["seal"] == number]
        if (seal["number"], seal["previous"], seal["entries"]) != (number, previous, len(sealed)):
            yield f"seal {number}"
        if head(seal, sealed) != seal["head"]:
            yield f"head of {number}"
        previous = seal["head"]
    in_order = sorted(entries, key=lambda entry: (entry["table"], entry["row"], entry["position"]))
    for row, history in groupby(in_order, key=lambda entry: (entry["table"], entry["row"])):
        last = None
        for position, entry in enumerate(history, start=1):
            if (entry["position"], entry["before"]) != (position, last):
                yield f"history of {row}"
            last = entry["after"]
