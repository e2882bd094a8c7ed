"""Requests as a stranger may send them: most of them nearly right, and each with something odd about it."""

from __future__ import annotations

import json
import random
import re
import string
import uuid
from typing import Any, NamedTuple
from urllib.parse import quote, quote_from_bytes

from bench.bodies import Bodies, Memory
from bench.promise import Answer, Promise
from bench.strange_words import CONTENT_TYPES, HEADERS, KEYS, METHODS, ODD, TEXTS, UUIDS

_PAGES = (
    *("/", "/docs", "/problems/", "/problems/not-found", "/static/", "/favicon.ico", "/robots.txt", "/metrics", "/v1"),
    *("/v1/", "/v2/claims", "/openapi.json", "/docs/", "/.well-known/security.txt", "*", "/%"),
)


class Request(NamedTuple):
    """What is sent: the target as it stands in the first line, and headers that may come twice."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


class Stranger:
    """Draws requests; learns from answers what there is to name."""

    def __init__(self, promise: Promise, keys: list[str], seed: int, *, spared: frozenset[str] = frozenset()) -> None:
        """Take the dice.

        Args:
            promise: The API's document.
            keys: API keys to call with.
            seed: Where the dice begin; with the same answers, the same requests come.
            spared: Ids that are not to be named in a path: those of the keys.
        """
        self._promise, self._keys = promise, keys
        self._dice = random.Random(seed)  # noqa: S311 - dice
        self._operations = sorted(promise.operations(), key=lambda one: one[:2])
        self._known = Memory(self._dice, spared)
        self._bodies = Bodies(promise, self._dice, self._known)

    def as_admin(self) -> list[tuple[str, str]]:
        """The headers of whoever may do everything."""
        return [("Authorization", f"Bearer {self._keys[0]}")]

    def learn(self, request: Request, answer: Answer) -> None:
        """Remember what an answer names: ids, slugs, cursors and tags."""
        if "etag" in answer.headers:
            self._known.add("tag", answer.headers["etag"])
        if answer.status >= 300 or answer.kind != "application/json" or not 0 < len(answer.body) < 50_000:
            return
        route = self._promise.route(request.target) or ""
        kind = next((part for part in reversed(route.split("/")) if not part.startswith("{")), "")
        found = json.loads(answer.body)
        if isinstance(found, dict):
            self._known.add("cursor", found.get("next_cursor"))
            for one in found.get("items", [found])[:5]:
                self._note(kind, one)

    def draw(self) -> Request:
        """The next request."""
        dice = self._dice
        if dice.random() < 0.04:
            return Request(dice.choice(METHODS), self._nowhere(), self._headers("GET"), b"")
        method, path, operation = dice.choice(self._operations)
        if dice.random() < 0.03:
            method = dice.choice(METHODS)
        elif method == "GET" and dice.random() < 0.05:
            method = "HEAD"
        target = self._target(path, operation)
        headers = self._headers(method, json_body="requestBody" in operation)
        body = self._bodies.draw(operation) if method in ("POST", "PATCH", "PUT") or dice.random() < 0.02 else b""
        return Request(method, target, headers, body)

    def _note(self, kind: str, one: Any) -> None:
        if isinstance(one, dict):
            self._known.add(f"{kind}.id", one.get("id"))
            self._known.add("slug", one.get("slug"))
            for report in one.get("reports", [])[:3]:
                self._known.add("reports.id", report["id"])

    # The parts of a request

    def _target(self, path: str, operation: dict[str, Any]) -> str:
        target = re.sub(r"\{(\w+)\}", lambda found: self._named(found[1]), path)
        if self._dice.random() < 0.02:
            target = self._bent(target)
        query = self._query([part for part in operation.get("parameters", []) if part.get("in") == "query"])
        return f"{target}?{query}" if query else target

    def _named(self, parameter: str) -> str:
        """What may stand in a path for a parameter: most often something that is there."""
        kind = parameter.removesuffix("_id") + "s.id"
        known = self._known["slug"] if parameter == "outlet" and self._dice.random() < 0.7 else self._known[kind]
        if known and self._dice.random() < 0.8:
            return quote(self._dice.choice(known), safe="")
        return self._quoted(self._dice.choice((*TEXTS, *UUIDS, str(uuid.UUID(int=self._dice.getrandbits(128))))))

    def _quoted(self, text: str) -> str:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass")[:3000], safe="") or "%20"

    def _bent(self, target: str) -> str:
        match self._dice.randrange(6):
            case 0:
                return target.replace("/", "//", 2)
            case 1:
                return target.upper()
            case 2:
                return target.replace("/v1/", "/v1/./")
            case 3:
                return target[:-1]
            case _:
                return target + self._dice.choice(("/", "%2F", "/..", "%00", ";x=1", "#part", "%ff", "\xff"))

    def _nowhere(self) -> str:
        """A path that nothing in the document answers: pages, files, or nothing."""
        start = self._dice.choice(_PAGES)
        return start if self._dice.random() < 0.5 else start.rstrip("*") + "/" + self._quoted(self._dice.choice(TEXTS))

    def _query(self, parameters: list[dict[str, Any]]) -> str:
        dice = self._dice
        parts = []
        for parameter in parameters:
            if dice.random() < 0.4:
                for value in self._values(parameter):
                    name = parameter["name"] if dice.random() < 0.98 else parameter["name"].upper()
                    parts.append(f"{name}={value}")
        if dice.random() < 0.05:
            parts.append(
                dice.choice(
                    ("x=1", "=", "&&", "limit", "%ff=%ff", "a" * 100, "limit=1&limit=2", "cursor=", ";;", "\xff")
                )
            )
        return "&".join(parts)

    def _values(self, parameter: dict[str, Any]) -> list[str]:
        dice, schema = self._dice, parameter["schema"]
        if parameter["name"] == "cursor":
            return [self._cursor()]
        if dice.random() < 0.25:
            return [self._quoted(str(dice.choice(ODD)))]
        made = self._bodies.made(schema, parameter["name"])
        return [self._quoted(str(one)) for one in (made if isinstance(made, list) else [made])]

    def _cursor(self) -> str:
        known = self._known["cursor"]
        if not known or self._dice.random() < 0.2:
            return self._quoted(str(self._dice.choice(TEXTS)))
        cursor = self._dice.choice(known)
        if self._dice.random() < 0.5:
            return cursor
        place = self._dice.randrange(len(cursor))
        return (
            cursor[:place]
            + self._dice.choice(string.ascii_letters + "=%_-")
            + cursor[place + self._dice.randrange(2) :]
        )

    def _headers(self, method: str, *, json_body: bool = False) -> list[tuple[str, str]]:
        dice = self._dice
        headers = []
        if (drawn := dice.random()) < 0.92:
            secret = dice.choice(self._keys) if dice.random() < 0.5 else self._keys[0]
            headers.append(("Authorization", f"Bearer {secret}"))
        elif drawn < 0.97:
            headers.append(("Authorization", dice.choice(KEYS)))
        if json_body:
            kind = "application/merge-patch+json" if method == "PATCH" and dice.random() < 0.5 else "application/json"
            headers.append(("Content-Type", kind if dice.random() < 0.97 else dice.choice(CONTENT_TYPES)))
        if method in ("PATCH", "DELETE") and dice.random() < 0.9:
            headers.append(("If-Match", self._tag()))
        if method == "GET" and dice.random() < 0.1:
            headers.append(("If-None-Match", self._tag()))
        if method == "POST" and dice.random() < 0.3:
            headers.append(("Idempotency-Key", f"key-{dice.randrange(2000)}"))
        while dice.random() < 0.12:
            name = dice.choice(sorted(HEADERS))
            headers.append((name, dice.choice(HEADERS[name])))
        return headers

    def _tag(self) -> str:
        known = self._known["tag"]
        return "*" if not known or self._dice.random() < 0.6 else self._dice.choice(known)
