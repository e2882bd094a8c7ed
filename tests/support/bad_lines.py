"""Every kind of bad line: the members that are changed in a good line, or the line itself."""

from __future__ import annotations

from typing import Any

NOTE = "Seen on the club's page."
FUTURE = "2999-01-01T00:00:00Z"
ID = "01890000-0000-7000-8000-000000000000"

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

MALFORMED = {
    "malformed": b"{",
    "malformed: member twice": b'{"type": "outlet", "name": "A", "name": "B"}',
    "malformed: not a number": b'{"type": "report", "probability": NaN}',
    "malformed: not UTF-8": b'{"name": "\xff"}',
    "malformed: endless": b"[" * 5000,
}
"""Invalid JSON, for any call."""

LINE_FAULTS: dict[str, Any] = {
    "no object": [{"type": "outlet", "name": "A"}],
    "unknown type": {"type": "verdict", "name": "A"},
    "type in capitals": {"type": "Outlet", "name": "A"},
    "type that is no text": {"type": ["outlet"], "name": "A"},
    "claim without external id": {"type": "claim", "text": "A."},
    # A call without a report is rejected with the same message.
    "claim with too many reports": {"type": "claim", "text": "A.", "external_id": "b", "reports": [{}] * 101},
    "report without claim": {"type": "report", "outlet": "sport-bild", "published_at": "2024-01-01T00:00:00Z"},
    "report on unknown claim": {
        "type": "report",
        "claim": "x",
        "outlet": "sport-bild",
        "published_at": "2024-01-01T00:00:00Z",
    },
    "resolution of unknown claim": {"type": "resolution", "claim": "x", "verdict": "true", "note": NOTE},
    "name with another outlet's members": {"type": "outlet", "name": "Sport Bild", "kind": "newspaper"},
}
"""Lines without an equivalent call."""

FLAT_FAULTS: dict[str, dict[str, Any]] = {
    "flat without claim": {"claim": ...},
    "flat with bad stance": {"stance": "shouts"},
    "flat from the future": {"published_at": "2999-01-01"},
    "flat against another": {"claim_id": "an-answer"},
    "flat by ambiguous name": {"outlet": "Herald"},
}

FAULTS = [
    *OUTLET_FAULTS,
    *CLAIM_FAULTS,
    *OUTCOME_FAULTS,
    *REPORT_FAULTS,
    *RESOLUTION_FAULTS,
    *MALFORMED,
    *LINE_FAULTS,
    *FLAT_FAULTS,
]
