"""A database with every case that affects the counts, recorded by API calls; and lines for imports."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.storage.models import Report
from tests.support.command import Command
from tests.support.mixed_file import MixedFile
from tests.support.unjournaled import unjournaled
from tests.support.world import World, report

NOON, LATER, KNOWN = "2024-03-01T12:00:00Z", "2024-03-02T12:00:00Z", "2024-04-01T00:00:00Z"
EXCERPT = Path(__file__).parents[1] / "data" / "polls_excerpt.ndjson"


def fill(world: World) -> None:
    """Record outlets, claims, reports and resolutions of every kind."""
    world.outlet("Zenith House", kind="organisation", aliases=["The House"])
    world.outlet("Herald", parent="zenith-house", domains=["herald.example.org", "example.org/herald"])
    world.outlet("A Paper", parent="herald")
    world.outlet("Nobody", scorable=False)
    _corrected(world)
    _ties(world)
    _relays(world)
    _kinds(world)
    _read_from_quotes(world)
    _merged(world)


def _corrected(world: World) -> None:
    """Record corrected and withdrawn resolutions, withdrawn reports, and a claim that was moved to another topic."""
    claim = world.record(report("Herald"), report("Echo", stance="deny"), report("Nobody"), topic="roads")
    first = world.resolve(claim, "true", known_at="2026-02-01T00:00:00Z")
    world.resolve(claim, "partial", truth=1 / 3, supersedes=first["id"])
    world.patch(f"/v1/claims/{claim['id']}", {"topic": "bridges"}, headers={"If-Match": "*"})
    open_again = world.record(report("Herald"), external_id="open again")
    world.resolve(open_again, None, supersedes=world.resolve(open_again, "false")["id"])
    by_mistake = world.record(report("Echo", NOON), report("Echo", LATER, stance="deny"))
    _withdraw(world, by_mistake["reports"][1])
    world.resolve(by_mistake, "true", known_at=KNOWN)


def _ties(world: World) -> None:
    """R6: record reports at the same instant, where the last recorded counts, and later ones. Most of the counted ones
    are right.
    """
    for stances, verdict in ((("support", "deny"), "false"), (("deny", "support"), "true")):
        claim = world.record(report("Echo", NOON, stance=stances[0]))
        path = f"/v1/claims/{claim['id']}/reports"
        world.post(path, report("Echo", NOON, stance=stances[1], url="https://example.org/2"))
        world.post(path, report("Echo", KNOWN, stance=stances[0]))
        world.post(path, report("Echo", LATER, stance="comment"))
        world.resolve(claim, verdict, known_at=KNOWN)
    relays = {"outlet": "herald"}
    claim = world.record(report("Echo", NOON, stance="deny", relays=relays), report("Echo", NOON))
    world.resolve(claim, "true", known_at=KNOWN)
    claim = world.record(report("Echo", NOON), report("Echo", NOON, stance="deny", relays=relays))
    world.resolve(claim, "false", known_at=KNOWN)
    claim = world.record(report("Echo", LATER))
    world.post(f"/v1/claims/{claim['id']}/reports", report("Echo", NOON, stance="deny"))
    world.resolve(claim, "true", known_at=KNOWN)


def _relays(world: World) -> None:
    """R7: record two outlets that relay each other, of which one has a later report of its own, and a relay of an
    unknown source.
    """
    claim = world.record(report("Echo", LATER))
    path = f"/v1/claims/{claim['id']}/reports"
    world.post(path, report("Echo", NOON, relays={"outlet": "a-paper", "cited_as": "The Paper"}))
    world.post(path, report("A Paper", NOON, relays={"outlet": "echo"}))
    world.post(path, report("Herald", NOON, stance="deny", relays={"outlet": None}))
    mistake = world.post(path, report("Mirror", NOON, relays={"outlet": "herald"})).json
    _withdraw(world, mistake)
    assert 5 == len(world.claim(claim)["reports"])
    world.resolve(claim, "false", known_at=KNOWN)


def _kinds(world: World) -> None:
    """Record an opinion, verdicts that are not scored, and events of a group: early, in time, and not yet due."""
    world.record(report("Herald"), kind="opinion")
    for verdict in ("void", "unverifiable"):
        world.resolve(world.record(report("Herald")), verdict)
    for verdict, due in (
        ("true", "2024-06-01T00:00:00Z"),
        ("false", "2024-03-15T00:00:00Z"),
        ("false", "2099-01-01T00:00:00Z"),
    ):
        event = world.record(report("Herald", NOON, probability=0.7), kind="event", resolves_by=due, group="job")
        world.resolve(event, verdict, known_at=KNOWN)
    world.record(report("Herald"), kind="event", resolves_by="2099-01-01T00:00:00Z", tags=["far"])


def _read_from_quotes(world: World) -> None:
    """Record stated and read commitments, and some of an earlier lexicon."""
    quote = "Rovers have agreed terms."
    claims = [world.record(report("Mirror", NOON, quote=quote), report("Echo", NOON, commitment=1)) for _ in range(3)]
    read = [claim["reports"][0]["id"] for claim in claims]
    with unjournaled(world.runtime.db) as session:
        for id_, values in (
            (read[1], {"commitment": 2, "lexicon": "en/0"}),
            (read[2], {"commitment": None, "lexicon": None}),
        ):
            session.execute(sa.update(Report).where(Report.id == UUID(id_)).values(**values))
        session.commit()


def _merged(world: World) -> None:
    """R22: record two outlets that are merged, with claims of either and both, relays between them, and a child."""
    world.outlet("Late Echo", parent="herald")
    world.outlet("Echo of the North", parent="late-echo")
    for stance, verdict in (("deny", "true"), ("support", "false")):
        both = world.record(report("Late Echo", LATER, stance=stance), report("Echo", LATER), topic="roads")
        world.resolve(both, verdict, known_at=KNOWN)
    relay = report("Late Echo", NOON, relays={"outlet": "echo"})
    for reports in (
        [report("Late Echo")],
        [relay],
        [report("Mirror", LATER, relays={"outlet": "late-echo"}), relay],
    ):
        world.resolve(world.record(*reports), "true", known_at=KNOWN)
    assert 201 == world.post("/v1/outlets/late-echo/merge", {"into": "echo"}).status_code


def _withdraw(world: World, report_: dict[str, Any]) -> None:
    assert 201 == world.post(f"/v1/reports/{report_['id']}/withdrawal", {"reason": "Another outlet's."}).status_code


def mixed_lines() -> list[dict[str, Any]]:
    """Return about a hundred typed and flat lines of every kind."""
    return [json.loads(entry.raw) for entry in MixedFile(11).entries(300) if entry.fault is None]


def polls() -> Iterator[dict[str, Any]]:
    """Yield the polls seven times with different outcomes, which makes more than two hundred claims.

    From the second time on, each claim has one report.
    """
    rng = random.Random(7)  # noqa: S311 - reproducible
    lines = [json.loads(line) for line in EXCERPT.read_text().splitlines()]
    for turn in range(7):
        outcomes = {line["claim_id"]: rng.choice([True, False, False, 0.123456789123]) for line in lines}
        for line in lines if turn == 0 else {line["claim_id"]: line for line in lines}.values():
            claim = {"claim_id": f"{turn}:{line['claim_id']}", "outcome": outcomes[line["claim_id"]]}
            yield {**line, **claim, "commitment": rng.choice([None, 1, 4])}


def load(command: Command, path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Import lines, and check that none is rejected."""
    path.write_text("\n".join(map(json.dumps, lines)))
    result = command("import", path)
    assert (0, True) == (result.exit_code, " 0 rejected" in result.stdout), result.output


def all_scores(world: World, **query: Any) -> dict[str, dict[str, Any]]:
    """Return the score of every outlet by slug, without the times of the calls."""
    scores: dict[str, dict[str, Any]] = {}
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/v1/outlets", query_string={"limit": 100, **cursor}).json
        slugs = [outlet["slug"] for outlet in page["items"]]
        items = world.get("/v1/scores", query_string={"outlet": slugs, **query}).json["items"]
        scores |= {item["outlet"]: {**item, "as_of": None, "computed_at": None} for item in items}
        if page["next_cursor"] is None:
            return scores
        cursor = {"cursor": page["next_cursor"]}
