"""A file of typed lines, most of them good and some bad in every way that there is, the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

NOTE = "Seen on the club's page."
FUTURE = "2999-01-01T00:00:00Z"
KINDS = ["newspaper", "broadcaster", "agency", "website", "account", "journalist"]
STANCES = ["support", "support", "support", "deny", "query", "comment"]
VERDICTS = ["true", "false", "false", "void", "unverifiable"]
ID = "01890000-0000-7000-8000-000000000000"

FIRST = [
    {"type": "outlet", "slug": "agency-group", "name": "Agency Group", "kind": "organisation"},
    {"type": "outlet", "slug": "sport-bild", "name": "Sport Bild", "domains": ["sportbild.bild.de"]},
    {"type": "outlet", "slug": "herald-north", "name": "Herald"},
    {"type": "outlet", "slug": "herald-south", "name": "Herald"},
]
"""What every file begins with, so that bad lines can speak of it."""


class Call(NamedTuple):
    """The call that does what a line does."""

    path: str
    """With `{}` for the id of `claim`."""
    body: Any
    claim: str | None = None
    """The external id of the claim that it is about."""
    prefix: str = ""
    """Where the line holds this body."""


class Entry(NamedTuple):
    """A line of the file."""

    content: dict[str, Any] | bytes
    fault: str | None
    """What is wrong with it; None for a good line."""
    calls: list[Call]
    """The calls that do what it does, the last of them the one that is refused; none where no call does that."""

    @property
    def raw(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


class MixedFile:
    """Makes the lines one after another, and knows what will be on record by then."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - the file is the same for every test
        self.slugs = ["agency-group", "sport-bild"]
        self.claims: dict[str, dict[str, Any]] = {}
        self.open: list[str] = []
        self.resolved: list[str] = []
        self.count = 0
        self._prepared = dict.fromkeys(("opinion", "ring", "group"), "")

    def entries(self, lines: int, *, bad: float = 0.1, flat: bool = True) -> list[Entry]:
        """That many lines, each kind of bad one at least once, and otherwise a share of `bad` in random places."""
        made = [good(line) for line in FIRST] + self._prepare()
        faults = [*OUTLET_FAULTS, *CLAIM_FAULTS, *OUTCOME_FAULTS, *REPORT_FAULTS, *RESOLUTION_FAULTS, *LINE_FAULTS]
        faults = [fault for fault in faults if flat or not fault.startswith("flat")]
        more = max(0, round(lines * bad) - len(faults))
        wanted = [*faults, *self.rng.choices(faults, k=more)]
        self.rng.shuffle(wanted)
        places = set(self.rng.sample(range(len(made) + 1, lines), len(wanted)))
        for place in range(len(made), lines):
            made.append(self._bad(wanted.pop()) if place in places else self._good(flat=flat))
        return made

    def _prepare(self) -> list[Entry]:
        """An opinion, a claim with a relay, and a group whose answer is known: what rules are broken against."""
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
        weights = [6, 34, 45, 10, 5 if flat else 0]
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
        if outlet and self.rng.random() < 0.2:  # who relays only those named before itself closes no circle
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
        return LINE_FAULTS[fault](self, fault)

    def _bad_claim(self, fault: str) -> Entry:
        members = dict(CLAIM_FAULTS[fault])
        claim = self._claim(kind="fact") | {"resolves_by": None}
        # The outlet that it would make is to be neither made nor kept from another.
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
        # Sent call by call the claim stays, so there it is another one.
        alone = claim | {"external_id": claim["external_id"] + "-alone"}
        calls = [Call("/v1/claims", alone)]
        calls.append(Call("/v1/claims/{}/resolutions", resolution, alone["external_id"], "/resolution"))
        return Entry({"type": "claim", **claim, "resolution": resolution}, fault, calls)


def good(line: dict[str, Any]) -> Entry:
    """A good line, with the calls that do the same."""
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
    """The members but for those that are `...`."""
    return {name: value for name, value in members.items() if value is not ...}


def _line(content: Any) -> Callable[[MixedFile, str], Entry]:
    return lambda _, fault: Entry(content if isinstance(content, bytes) else json.dumps(content).encode(), fault, [])


def _malformed(raw: bytes) -> Callable[[MixedFile, str], Entry]:
    # What is no JSON is no JSON on any call.
    return lambda _, fault: Entry(raw, fault, [Call("/v1/outlets", raw)])


def _flat(**members: Any) -> Callable[[MixedFile, str], Entry]:
    return lambda file, fault: Entry(without(file._flat() | members), fault, [])  # noqa: SLF001 - its own maker


OUTLET_FAULTS: dict[str, dict[str, Any]] = {
    "outlet without name": {"name": ...},
    "outlet with blank name": {"name": " "},
    "outlet with long name": {"name": "a" * 201},
    "outlet of unknown kind": {"kind": "blog"},
    "outlet with unknown members": {"colour": "red", "a/b": 1},
    "outlet with text for domains": {"domains": "a.de"},
    "outlet with number for alias": {"aliases": ["a", 5]},
    "outlet with word for scorable": {"scorable": "yes"},
    "outlet with two faults": {"name": None, "kind": 7},
    "outlet with bad slug": {"slug": "Not A Slug"},
    "outlet with reserved slug": {"slug": "lookup"},
    "outlet with id for slug": {"slug": ID},
    "outlet with public suffix": {"domains": ["fine.example.org", "co.uk", "no dots"]},
    "outlet with query in domain": {"domains": ["a.example.org/b?c=d"]},
    "outlet with unknown parent": {"parent": "sport-bidl"},
    "outlet with taken slug": {"slug": "sport-bild"},
    "outlet with taken slug and unknown parent": {"slug": "sport-bild", "parent": "nobody-like-that"},
    "outlet with taken domain": {"domains": ["SportBild.bild.de"]},
}

CLAIM_FAULTS: dict[str, dict[str, Any]] = {
    "claim without text": {"text": ...},
    "claim that is no text": {"text": "a\ud800"},
    "claim of unknown kind": {"kind": "rumour"},
    "claim with long topic": {"topic": "x" * 101},
    "claim with number for tag": {"tags": ["a", 5]},
    "claim with moment without zone": {"resolves_by": "2026-01-01T00:00:00"},
    "claim with unknown member": {"verdict": "true"},
    "claim with text for reports": {"reports": "a"},
    "event without date": {"kind": "event"},
    "claim that differs": {"external_id": "an-answer"},
    "claim with empty report": {"report": {"outlet": ..., "published_at": ..., "stance": ..., "url": ...}},
    "claim with faults at every depth": {
        "text": 7,
        "report": {"outlet": {"name": "A", "x": 1}, "relays": {"outlet": 5}, "probability": "1"},
    },
    "claim by unknown outlet": {"report": {"outlet": "sport-bidl"}},
    "claim by nobody": {"report": {"outlet": ..., "url": ...}},
    "claim by unknown page": {"report": {"outlet": ..., "url": "https://nobody-has-this.example.net/"}},
    "claim by ambiguous name": {"report": {"outlet": {"name": "HERALD"}}},
    "claim by bad domain": {"report": {"outlet": {"name": "A", "domain": "co.uk"}}},
    "claim from the future": {"report": {"published_at": FUTURE}},
    "claim relayed from itself": {"report": {"relays": {"outlet": "sport-bild"}}},
    "claim relayed from unknown outlet": {"report": {"relays": {"outlet": "sport-bidl"}}},
    "claim relayed in a circle": {
        "reports": [
            {"outlet": one, "published_at": "2024-01-01T00:00:00Z", "relays": {"outlet": other}}
            for one, other in (("sport-bild", "agency-group"), ("agency-group", "sport-bild"))
        ]
    },
    "event without date from the future": {"kind": "event", "report": {"published_at": FUTURE, "outlet": "sport-bidl"}},
}

OUTCOME_FAULTS: dict[str, dict[str, Any]] = {
    "outcome without verdict": {"verdict": ...},
    "outcome of unknown verdict": {"verdict": "maybe", "colour": "red"},
    "outcome with bad evidence": {"evidence": ["https://example.org/", "ftp://example.org/"]},
    "outcome without evidence": {"note": ...},
    "outcome partly so": {"verdict": "partial"},
    "outcome with truth beside true": {"truth": 1},
    "outcome with truth out of range": {"verdict": "partial", "truth": 1.5, "note": None},
    "outcome from the future": {"known_at": FUTURE},
    "outcome that withdraws nothing": {"verdict": None},
    "outcome that corrects nothing": {"supersedes": ID},
    "outcome of an opinion": {"kind": "opinion"},
    "outcome of a group with another true one": {"group": "a-group"},
}

REPORT_FAULTS: dict[str, dict[str, Any]] = {
    "report without moment": {"published_at": ...},
    "report with bad moment": {"published_at": "2026-02-30T00:00:00Z"},
    "report of unknown stance": {"stance": "asserts"},
    "report with commitment of 5": {"commitment": 5},
    "report with text for probability": {"probability": "0.5"},
    "report with bad url": {"url": "javascript:alert(1)"},
    "report with unknown member": {"outlets": []},
    "report with faults at every depth": {"outlet": {"name": "A", "x": 1}, "relays": {"outlet": 5}, "quote": " "},
    "report by unknown outlet": {"outlet": "sport-bidl"},
    "report by unknown id": {"outlet": ID},
    "report by nobody": {"outlet": ..., "url": ...},
    "report by unknown page": {"outlet": ..., "url": "https://nobody-has-this.example.net/"},
    "report by ambiguous name": {"outlet": {"name": "herald"}},
    "report by bad domain": {"outlet": {"name": "A", "domain": "no dots"}},
    "report from the future": {"published_at": FUTURE},
    "report relayed from itself": {"relays": {"outlet": "sport-bild"}},
    "report relayed from unknown outlet": {"relays": {"outlet": "sport-bidl"}},
    "report with many faults": {"published_at": FUTURE, "outlet": "sport-bidl", "relays": {"outlet": "nobody"}},
    "report that closes a circle": {"claim": "a-ring", "outlet": "agency-group", "relays": {"outlet": "sport-bild"}},
}

RESOLUTION_FAULTS: dict[str, dict[str, Any]] = {
    "resolution without verdict": {"verdict": ...},
    "resolution of unknown verdict": {"verdict": "True"},
    "resolution with unknown member": {"because": "of that"},
    "resolution with bad evidence": {"evidence": ["x"]},
    "resolution without evidence": {"note": ...},
    "resolution without evidence of one on record": {"claim": "an-answer", "verdict": "true", "note": ...},
    "resolution partly so": {"verdict": "partial"},
    "resolution with truth beside false": {"truth": 0.5},
    "resolution with truth beside true": {"claim": "an-answer", "verdict": "true", "truth": 1},
    "resolution from the future": {"known_at": FUTURE},
    "resolution that withdraws nothing": {"verdict": None},
    "resolution that corrects nothing": {"supersedes": ID},
    "resolution of an opinion": {"claim": "an-opinion"},
    "resolution of a group with another true one": {"claim": "another-answer", "verdict": "true"},
    "resolution against another": {"claim": "an-answer", "verdict": "false"},
    "resolution that corrects another one": {"claim": "an-answer", "verdict": "false", "supersedes": ID},
    "resolution that names what it repeats": {"claim": "an-answer", "verdict": "true", "supersedes": ID},
}

LINE_FAULTS: dict[str, Callable[[MixedFile, str], Entry]] = {
    "malformed": _malformed(b"{"),
    "malformed: member twice": _malformed(b'{"type": "outlet", "name": "A", "name": "B"}'),
    "malformed: not a number": _malformed(b'{"type": "report", "probability": NaN}'),
    "malformed: not UTF-8": _malformed(b'{"name": "\xff"}'),
    "malformed: endless": _malformed(b"[" * 5000),
    "no object": _line([{"type": "outlet", "name": "A"}]),
    "unknown type": _line({"type": "verdict", "name": "A"}),
    "type in capitals": _line({"type": "Outlet", "name": "A"}),
    "type that is no text": _line({"type": ["outlet"], "name": "A"}),
    "claim without external id": _line({"type": "claim", "text": "A."}),
    # A call must have a report, and says so in the same sentence.
    "claim with too many reports": _line({"type": "claim", "text": "A.", "external_id": "b", "reports": [{}] * 101}),
    "report without claim": _line({"type": "report", "outlet": "sport-bild", "published_at": "2024-01-01T00:00:00Z"}),
    "report on unknown claim": _line(
        {"type": "report", "claim": "x", "outlet": "sport-bild", "published_at": "2024-01-01T00:00:00Z"}
    ),
    "resolution of unknown claim": _line({"type": "resolution", "claim": "x", "verdict": "true", "note": NOTE}),
    "name with another outlet's members": _line({"type": "outlet", "name": "Sport Bild", "kind": "newspaper"}),
    "flat without claim": _flat(claim=...),
    "flat with bad stance": _flat(stance="shouts"),
    "flat from the future": _flat(published_at="2999-01-01"),
    "flat against another": _flat(claim_id="an-answer"),
    "flat by ambiguous name": _flat(outlet="Herald"),
}
"""Those that no call, or any call, can be compared with."""
