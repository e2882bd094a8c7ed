"""A file of typed lines, most of them good and some bad in every way, reproducible by its seed."""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

from tests.support.bad_lines import (
    CLAIM_FAULTS,
    FAULTS,
    FLAT_FAULTS,
    LINE_FAULTS,
    MALFORMED,
    NOTE,
    OUTCOME_FAULTS,
    OUTLET_FAULTS,
    REPORT_FAULTS,
    RESOLUTION_FAULTS,
)

KINDS = ["newspaper", "broadcaster", "agency", "website", "account", "journalist"]
STANCES = ["support", "support", "support", "deny", "query", "comment"]
VERDICTS = ["true", "false", "false", "void", "unverifiable"]

FIRST = [
    {"type": "outlet", "slug": "agency-group", "name": "Agency Group", "kind": "organisation"},
    {"type": "outlet", "slug": "sport-bild", "name": "Sport Bild", "domains": ["sportbild.bild.de"]},
    {"type": "outlet", "slug": "herald-north", "name": "Herald"},
    {"type": "outlet", "slug": "herald-south", "name": "Herald"},
]
"""The first lines of every file, which bad lines refer to."""


class Call(NamedTuple):
    """The API call that is equivalent to a line."""

    path: str
    """With `{}` in place of the id of `claim`."""
    body: Any
    claim: str | None = None
    """The external id of the claim."""
    prefix: str = ""
    """The pointer of this body in the line."""


class Entry(NamedTuple):
    """A line of the file."""

    content: dict[str, Any] | bytes
    fault: str | None
    """The kind of fault; None for a good line."""
    calls: list[Call]
    """The equivalent calls, of which the last is rejected; none if there is no equivalent."""

    @property
    def raw(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


class MixedFile:
    """Generates lines, and tracks what they record."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - reproducible
        self.slugs = ["agency-group", "sport-bild"]
        self.claims: dict[str, dict[str, Any]] = {}
        self.open: list[str] = []
        self.resolved: list[str] = []
        self.count = 0

    def entries(self, lines: int, *, bad: float = 0.1, flat: bool = True) -> list[Entry]:
        """Return this many lines, with every kind of bad line at least once, and bad lines at random positions."""
        made = [good(line) for line in FIRST] + self._prepare()
        faults = [fault for fault in FAULTS if flat or fault not in FLAT_FAULTS]
        more = max(0, round(lines * bad) - len(faults))
        wanted = [*faults, *self.rng.choices(faults, k=more)]
        self.rng.shuffle(wanted)
        places = set(self.rng.sample(range(len(made) + 1, lines), len(wanted)))
        for place in range(len(made), lines):
            made.append(self._bad(wanted.pop()) if place in places else self._good(flat=flat))
        return made

    def _prepare(self) -> list[Entry]:
        """Return an opinion, a claim with a relay, and a group with a known answer, which bad lines refer to."""
        opinion = self._claim(kind="opinion", external_id="an-opinion", group=None)
        ring = self._claim(kind="fact", external_id="a-ring", group=None)
        ring["reports"] = [self._report("sport-bild", relays={"outlet": "agency-group", "cited_as": "AG"})]
        answer = self._claim(kind="fact", external_id="an-answer", group="a-group")
        answer["resolution"] = {"verdict": "true", "note": NOTE}
        other = self._claim(kind="fact", external_id="another-answer", group="a-group")
        return [good({"type": "claim", **claim}) for claim in (opinion, ring, answer, other)]

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _moment(self) -> str:
        rng = self.rng
        return f"20{rng.randint(10, 24)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:00:00Z"

    # Good lines

    def _good(self, *, flat: bool) -> Entry:
        kinds = [self._good_outlet, self._good_claim, self._good_report, self._good_resolution, self._good_flat]
        weights = [3, 36, 46, 10, 5 if flat else 0]
        return self.rng.choices(kinds, weights)[0]()

    def _good_outlet(self) -> Entry:
        number = self._next()
        line = {"type": "outlet", "slug": f"outlet-{number}", "name": f"Outlet {number}"}
        if self.rng.random() < 0.5:
            parent = self.rng.choice(self.slugs)
            line |= {"kind": self.rng.choice(KINDS), "domains": [f"outlet-{number}.example.org"], "parent": parent}
        if self.rng.random() < 0.2:
            line |= {"aliases": [f"The Outlet {number}"], "scorable": False}
        self.slugs.append(line["slug"])
        return good(line)

    def _good_claim(self) -> Entry:
        claim = self._claim()
        if self.rng.random() < 0.4 and claim["kind"] != "opinion":
            claim["resolution"] = self._resolution()
            self.resolved.append(claim["external_id"])
        elif claim["kind"] != "opinion":
            self.open.append(claim["external_id"])
        self.claims[claim["external_id"]] = claim
        return good({"type": "claim", **claim})

    def _good_report(self) -> Entry:
        if not self.claims:
            return self._good_claim()
        outlet = self.rng.randrange(len(self.slugs))
        members = {}
        if outlet and self.rng.random() < 0.2:  # a relay of an earlier outlet creates no cycle
            members["relays"] = self.rng.choice(
                [{"outlet": self.slugs[self.rng.randrange(outlet)]}, {"outlet": None, "cited_as": "reports in Spain"}]
            )
        report = self._report(self.slugs[outlet], **members)
        return good({"type": "report", "claim": self.rng.choice(list(self.claims)), **report})

    def _good_resolution(self) -> Entry:
        if not self.open:
            return self._good_claim()
        claim = self.open.pop(self.rng.randrange(len(self.open)))
        self.resolved.append(claim)
        return good({"type": "resolution", "claim": claim, **self._resolution()})

    def _good_flat(self) -> Entry:
        return good(self._flat())

    def _claim(self, **members: Any) -> dict[str, Any]:
        number = self._next()
        kind = self.rng.choice(["event", "fact", "fact", "opinion"])
        claim = {"text": f"Claim number {number}.", "kind": kind, "external_id": f"claim-{number}"}
        claim |= {"topic": self.rng.choice(["transfers", "politics", None]), "group": None}
        claim |= {"tags": self.rng.choice([[], ["2024", "summer"]])}
        outlets = self.rng.sample(self.slugs, min(len(self.slugs), self.rng.randint(1, 3)))
        claim["reports"] = [self._report(slug) for slug in outlets]
        if self.rng.random() < 0.1:
            claim["reports"].append(self._report({"name": f"Maker {self.rng.randrange(30)}"}))
        claim |= members
        if claim["kind"] == "event":
            claim["resolves_by"] = self._moment()
        return claim

    def _report(self, outlet: Any, **members: Any) -> dict[str, Any]:
        report = {"outlet": outlet, "stance": self.rng.choice(STANCES), "published_at": self._moment()}
        if self.rng.random() < 0.3:
            report |= {"probability": self.rng.random(), "commitment": self.rng.randint(1, 4)}
            del report["stance"]
        if self.rng.random() < 0.3:
            report |= {"url": f"https://example.org/{self._next()}", "quote": "Said so."}
        return report | members

    def _resolution(self) -> dict[str, Any]:
        if self.rng.random() < 0.1:
            return {"verdict": "partial", "truth": 0.25, "note": NOTE}
        resolution = {"verdict": self.rng.choice(VERDICTS), "evidence": ["https://example.org/proof"]}
        return resolution | ({"known_at": self._moment()} if self.rng.random() < 0.5 else {})

    def _flat(self) -> dict[str, Any]:
        number = self._next()
        flat = {"outlet": f"Maker {self.rng.randrange(30)}", "claim_id": f"flat-{number}", "claim": f"Flat {number}."}
        return flat | {"published_at": "2024-02-14", "outcome": True, "resolved_at": "2024-03-29"}

    # Bad lines

    def _bad(self, fault: str) -> Entry:
        if fault in OUTLET_FAULTS:
            number = self._next()
            outlet = without({"name": f"Bad {number}", "slug": f"bad-{number}", **OUTLET_FAULTS[fault]})
            return Entry({"type": "outlet", **outlet}, fault, [Call("/v1/outlets", outlet)])
        if fault in CLAIM_FAULTS:
            return self._bad_claim(fault)
        if fault in OUTCOME_FAULTS:
            return self._bad_outcome(fault)
        if fault in REPORT_FAULTS:
            members = dict(REPORT_FAULTS[fault])
            claim = members.pop("claim", None) or self.rng.choice([*self.claims, "a-ring"])
            report = without(self._report("sport-bild") | members)
            calls = [Call("/v1/claims/{}/reports", report, claim)]
            return Entry({"type": "report", "claim": claim, **report}, fault, calls)
        if fault in RESOLUTION_FAULTS:
            members = dict(RESOLUTION_FAULTS[fault])
            claim = members.pop("claim", "a-ring")
            resolution = without({"verdict": "false", "note": NOTE} | members)
            calls = [Call("/v1/claims/{}/resolutions", resolution, claim)]
            return Entry({"type": "resolution", "claim": claim, **resolution}, fault, calls)
        return self._bad_line(fault)

    def _bad_line(self, fault: str) -> Entry:
        if fault in FLAT_FAULTS:
            return Entry(without(self._flat() | FLAT_FAULTS[fault]), fault, [])
        if fault in MALFORMED:
            return Entry(MALFORMED[fault], fault, [Call("/v1/outlets", MALFORMED[fault])])
        return Entry(json.dumps(LINE_FAULTS[fault]).encode(), fault, [])

    def _bad_claim(self, fault: str) -> Entry:
        members = dict(CLAIM_FAULTS[fault])
        claim = self._claim(kind="fact") | {"resolves_by": None}
        # A rejected line must not create its outlet.
        claim["reports"] = [self._report({"name": f"Never Made {self._next()}"})]
        if "report" in members:
            claim["reports"].append(without(self._report("sport-bild") | members.pop("report")))
        claim = without(claim | members)
        return Entry({"type": "claim", **claim}, fault, [Call("/v1/claims", claim)])

    def _bad_outcome(self, fault: str) -> Entry:
        members = dict(OUTCOME_FAULTS[fault])
        claim = self._claim(kind=members.pop("kind", "fact"), group=members.pop("group", None))
        claim["reports"] = [self._report("sport-bild")]
        resolution = without({"verdict": "true", "note": NOTE} | members)
        # With separate calls the claim remains recorded, so it needs another id.
        alone = claim | {"external_id": claim["external_id"] + "-alone"}
        calls = [Call("/v1/claims", alone)]
        calls.append(Call("/v1/claims/{}/resolutions", resolution, alone["external_id"], "/resolution"))
        return Entry({"type": "claim", **claim, "resolution": resolution}, fault, calls)


def good(line: dict[str, Any]) -> Entry:
    """Return a good line with the equivalent calls."""
    body = {name: value for name, value in line.items() if name != "type"}
    match line.get("type"):
        case "outlet":
            calls = [Call("/v1/outlets", body)]
        case "claim":
            resolution = body.pop("resolution", None)
            calls = [Call("/v1/claims", body)]
            if resolution is not None:
                calls.append(Call("/v1/claims/{}/resolutions", resolution, body["external_id"]))
        case "report":
            calls = [Call("/v1/claims/{}/reports", body, body.pop("claim"))]
        case "resolution":
            calls = [Call("/v1/claims/{}/resolutions", body, body.pop("claim"))]
        case _:
            calls = []
    return Entry(line, None, calls)


def without(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members except those that are `...`."""
    return {name: value for name, value in members.items() if value is not ...}
