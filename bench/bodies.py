"""Bodies as a stranger may send them: what a schema asks for, with something odd about it."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from typing import Any

from bench.promise import Promise
from bench.strange_words import ODD, TEXTS, UUIDS

_KEPT = 400  # of a kind that are remembered


class Memory:
    """What answers have named, by its kind; some of it, so that it stays small."""

    def __init__(self, dice: random.Random, spared: frozenset[str]) -> None:
        self._dice, self._spared = dice, spared
        self._known: dict[str, list[str]] = defaultdict(list)

    def __getitem__(self, kind: str) -> list[str]:
        return self._known[kind]

    def add(self, kind: str, value: object) -> None:
        known = self._known[kind]
        if not isinstance(value, str) or value in self._spared:
            return
        if len(known) < _KEPT:
            known.append(value)
        else:
            known[self._dice.randrange(_KEPT)] = value


class Bodies:
    """Draws bodies."""

    def __init__(self, promise: Promise, dice: random.Random, known: Memory) -> None:
        self._promise, self._dice, self._known = promise, dice, known

    def draw(self, operation: dict[str, Any]) -> bytes:
        """A body for an operation of the document."""
        dice = self._dice
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return b"" if dice.random() < 0.9 else b"{}"
        value = self.made(next(iter(content.values()))["schema"], "")
        while dice.random() < 0.4:
            value = self._spoilt(value)
        text = json.dumps(value, ensure_ascii=dice.random() < 0.5)
        data = text.encode("utf-8", "surrogatepass")
        return data if dice.random() < 0.93 else self._mangled(data)

    def made(self, schema: dict[str, Any], name: str, depth: int = 0) -> Any:
        """What a schema asks for, as far as it says."""
        dice, schema = self._dice, self._promise.resolved(schema)
        for either in ("oneOf", "anyOf", "allOf"):
            if either in schema:
                return self.made(dice.choice(schema[either]), name, depth)
        if "enum" in schema:
            return dice.choice(schema["enum"])
        kinds = schema.get("type", "string")
        kind = kinds if isinstance(kinds, str) else dice.choice([*kinds, *(one for one in kinds if one != "null")])
        if kind == "object":
            wanted = set(schema.get("required", ()))
            parts = schema.get("properties", {})
            return {
                one: self.made(part, one, depth + 1)
                for one, part in parts.items()
                if one in wanted or dice.random() < 0.4
            }
        if kind == "array":
            least = schema.get("minItems", 0)
            return [
                self.made(schema.get("items", {}), name, depth + 1) for _ in range(least + dice.choice((0, 0, 1, 2)))
            ]
        return self._plain(kind, schema, name)

    def _plain(self, kind: str, schema: dict[str, Any], name: str) -> Any:
        dice = self._dice
        low, high = schema.get("minimum", 0), schema.get("maximum", 200)
        match kind:
            case "null":
                return None
            case "boolean":
                return dice.random() < 0.5
            case "integer":
                return dice.randint(int(low), int(high))
            case "number":
                return round(dice.uniform(low, min(high, 1)), 3)
        if schema.get("format") == "date-time":
            month, day, hour = dice.randint(1, 12), dice.randint(1, 28), dice.randint(0, 23)
            return f"20{dice.randint(10, 27)}-{month:02}-{day:02}T{hour:02}:00:00Z"
        return self._word(name, schema)

    def _word(self, name: str, schema: dict[str, Any]) -> str:
        """Text for a member of this name: what is there already, or new, or odd."""
        dice = self._dice
        if dice.random() < 0.1:
            return str(dice.choice(TEXTS))
        if name in ("outlet", "parent", "into", "slug") and self._known["slug"] and dice.random() < 0.8:
            return dice.choice(self._known["slug"])
        if name in ("url", "urls", "evidence"):
            return f"https://www.outlet-{dice.randrange(50)}.example/{dice.randrange(1000)}"
        if name in ("domains", "domain"):
            return f"outlet-{dice.randrange(200)}.example"
        if schema.get("format") == "uuid" or name == "supersedes":
            return dice.choice(self._known["resolutions.id"] or list(UUIDS))
        return f"{name} {dice.randrange(300)}"

    def _spoilt(self, value: Any) -> Any:
        """A value with one part of it made odd, left out, or added."""
        dice = self._dice
        if isinstance(value, dict) and value and dice.random() < 0.8:
            name = dice.choice(sorted(value))
            match dice.randrange(4):
                case 0:
                    return {one: part for one, part in value.items() if one != name}
                case 1:
                    return {**value, str(dice.choice(TEXTS)): dice.choice(ODD)}
                case _:
                    return {**value, name: self._spoilt(value[name])}
        if isinstance(value, list) and value and dice.random() < 0.8:
            place = dice.randrange(len(value))
            return [*value[:place], self._spoilt(value[place]), *value[place + dice.randrange(2) :]]
        return dice.choice(ODD)

    def _mangled(self, data: bytes) -> bytes:  # noqa: PLR0911 - so many ways
        """Bytes that were JSON once."""
        dice = self._dice
        place = dice.randrange(len(data) + 1)
        match dice.randrange(10):
            case 0:
                return data[:place]
            case 1:
                return data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]
            case 2:
                return b"\xef\xbb\xbf" + data
            case 3:
                return data.decode("utf-8", "replace").encode("utf-16")
            case 4:
                return b"[" * dice.choice((10, 1000, 100_000)) + data
            case 5:
                return data.replace(b"{", b'{"text": 1, "text": 2, ', 1)
            case 6:
                return data + b" garbage"
            case 7:
                return re.sub(rb": [^,}\]]+", b": -Infinity", data, count=1)
            case 8:
                return b'{"text": "' + b"x" * dice.choice((3000, 1_100_000 if dice.random() < 0.05 else 9000)) + b'"}'
            case _:
                return b""
