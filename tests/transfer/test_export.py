"""Exports: complete, of one moment, and with the same scores after an import."""

from __future__ import annotations

import datetime as dt
import errno
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.storage.base import Base
from service.storage.models import Report
from service.transfer.export import folder as exports
from tests.support.busy_world import LATER, NOON, all_scores, fill, load, mixed_lines
from tests.support.command import Command
from tests.support.tables import empty, rows
from tests.support.unjournaled import unjournaled
from tests.support.world import report

TAKEN = ("outlets", "claims", "reports", "resolutions")
"""What the import takes, in the order in which it does."""
QUERIES = [
    {},
    {"basis": "matured", "level": 0.5},
    {"topic": "bridges"},
    {"as_of": "2024-03-02T00:00:00Z"},
    {"as_of": "2026-01-15T00:00:00Z", "basis": "matured"},
]


@pytest.fixture
def borneout(settings):
    return Command(settings)


@pytest.fixture
def export(borneout, tmp_path):
    """Export, and return the lines of each file by its name."""

    def run(name="export"):
        done = borneout("export", tmp_path / name)
        assert (0, "") == (done.exit_code, done.stderr)
        members = {
            file.stem: [json.loads(line) for line in file.read_text().splitlines()]
            for file in (tmp_path / name).glob("*.ndjson")
        }
        assert {member: len(lines) for member, lines in members.items()} == told(done.stdout)
        return members

    return run


@pytest.fixture
def reload(borneout, tmp_path):
    """Import an export, and return the numbers of created, updated, unchanged and rejected lines of each file."""

    def run(name="export"):
        done = [borneout("import", tmp_path / name / f"{member}.ndjson").stdout for member in TAKEN]
        return [told(line.partition("lines: ")[2]) for line in done]

    return run


def told(text):
    """Return the counts as the command prints them."""
    counts = (part.split() for part in text.rpartition(": ")[2].strip().split(", "))
    return {name: int(count) for count, name in counts}


def test_lines(world, export, tmp_path):
    """
    A line of each type has the members that were sent, and refers to others by slug and external id.
    """
    sent = report(url="https://example.org/1", quote="Rovers have agreed terms.", relays={"cited_as": "reports"})
    members = {"text": "Rovers win.", "topic": "cups", "tags": ["x"], "resolves_by": LATER, "group": "g"}
    claim = world.record(sent, external_id="a", kind="event", **members)
    [filed] = claim["reports"]
    world.resolve(claim, "partial", truth=0.25, known_at=NOON, evidence=["https://example.org/2"])
    made = export()

    outlet = {"slug": "herald", "name": "Herald", "kind": "website", "domains": [], "aliases": [], "parent": None}
    assert [{"type": "outlet", **outlet, "scorable": True, "merged_into": None}] == made["outlets"]
    assert [{"type": "claim", "external_id": "a", "kind": "event", **members}] == made["claims"]
    assert made["reports"] == [
        {"type": "report", "claim": "a", "stance": "support", "stance_source": "stated", "probability": None}
        | {"commitment": 4, "lexicon": "en/1"}
        | {**sent, "outlet": "herald", "relays": {"outlet": None, "cited_as": "reports"}}
        | {"published_precision": "instant", "recorded_at": filed["recorded_at"]}
    ]
    verdict = {
        "verdict": "partial",
        "truth": 0.25,
        "known_at": NOON,
        "known_precision": "instant",
        "note": "Seen on the club's page.",
    }
    assert [{"type": "resolution", "claim": "a", **verdict, "evidence": ["https://example.org/2"]}] == made[
        "resolutions"
    ]
    assert [] == made["contexts"]
    assert "record/2" in (tmp_path / "export" / "README.txt").read_text()


def test_same_scores_where_it_is_loaded(world, borneout, export, reload, tmp_path):
    """
    R19: after an import into an empty database every outlet has the same scores, the rates of the context are the same,
    and so is a new export. This includes corrections, withdrawals, relays and ties.
    """
    fill(world)
    load(borneout, tmp_path / "mixed.ndjson", mixed_lines())
    before, rates = [all_scores(world, **query) for query in QUERIES], rows(world.runtime.db)["rate"]
    first = export()
    empty(world.runtime.db, world.runtime.cache)

    assert [
        {"created": len(first[member]), "updated": 0, "unchanged": 0, "rejected": 0} for member in TAKEN
    ] == reload()
    assert before == [all_scores(world, **query) for query in QUERIES]
    assert rates == rows(world.runtime.db)["rate"]
    assert len(before[0]) > 20
    assert without_moments(first) == without_moments(export("again"))


def without_moments(members):
    return {**members, "reports": [{**line, "recorded_at": None} for line in members["reports"]]}


def test_loaded_where_it_comes_from(world, borneout, export, reload, tmp_path):
    """
    R4: an import into the database it was exported from changes nothing, even for claims without an external id.
    """
    fill(world)
    load(borneout, tmp_path / "mixed.ndjson", mixed_lines())
    made = export()
    before = rows(world.runtime.db)

    assert [{"created": 0, "updated": 0, "unchanged": len(made[member]), "rejected": 0} for member in TAKEN] == reload()
    assert before == rows(world.runtime.db)


def test_redacted(world, export, reload):
    """
    R4: a partly redacted report is recognised by its remaining members.
    """
    filed = world.record(report(url="https://example.org/1", relays={"outlet": None, "cited_as": "Example"}))["reports"]
    world.post(
        "/v1/redactions", {"subject": filed[0]["id"], "members": ["url", "cited_as"], "reason": "A court has said so."}
    )
    made = export()
    before = rows(world.runtime.db)

    assert [(None, None)] == [(line["url"], line["relays"]["cited_as"]) for line in made["reports"]]
    assert [{"created": 0, "updated": 0, "unchanged": len(made[member]), "rejected": 0} for member in TAKEN] == reload()
    assert before == rows(world.runtime.db)


def test_what_is_recorded_anew(world, export, reload):
    """
    R10: a report that is imported 8 days later becomes backfilled; nothing else differs.
    """
    claim = world.record(report("Herald", NOON), report("Echo", NOON))
    world.resolve(claim, "true", known_at=LATER)
    with unjournaled(world.runtime.db) as session:
        session.execute(sa.update(Report).values(recorded_at=sa.select(Report.published_at).limit(1).scalar_subquery()))
        session.commit()
    export()
    empty(world.runtime.db, world.runtime.cache)
    reload()
    [herald] = [score for slug, score in all_scores(world).items() if slug == "herald"]

    assert (1, 1) == (herald["counts"]["correct"], herald["counts"]["backfilled"])


def test_commitment_is_not_read_anew(world, export, reload):
    """
    A commitment that one version of the lexicon read, or did not, is kept under another version; it is read only for
    lines that do not name a version.
    """
    fill(world)
    read = [(line["commitment"], line["lexicon"]) for line in export()["reports"] if line["quote"]]
    empty(world.runtime.db, world.runtime.cache)
    reload()

    assert {(4, "en/1"), (2, "en/0"), (None, None)} == set(read)
    assert read == [(line["commitment"], line["lexicon"]) for line in export("again")["reports"] if line["quote"]]


def test_stances_and_corrections(world, export, reload):
    """
    R4, R6b, R7: derived stances stay derived, corrected reports are exported as corrected, and a relay between outlets
    that were merged since is loaded, so scores and a new export are the same.
    """
    world.outlet("Tribune")
    relayed = report("Echo", "2026-01-02T12:00:00Z", relays={"outlet": "tribune"})
    claim = world.record(report(probability=0.5), report("Mirror", probability=0.9, stance="support"), relayed)
    for sent, changes in (("herald", {"probability": 0.2}), ("mirror", {"stance": None}), ("echo", {"commitment": 3})):
        [id_] = [one["id"] for one in claim["reports"] if one["outlet"] == sent]
        assert 200 == world.patch(f"/v1/reports/{id_}", changes, headers={"If-Match": "*"}).status_code
    other = world.record(report(probability=0.5), text="Rovers win.")
    for each in (claim, other):
        world.resolve(each, "false", known_at=LATER)
    world.post("/v1/outlets/tribune/merge", {"into": "echo"})
    before, made = all_scores(world), export()
    counts = [{"created": 0, "updated": 0, "unchanged": len(made[member]), "rejected": 0} for member in TAKEN]

    assert counts == reload()
    empty(world.runtime.db, world.runtime.cache)

    assert [{**each, "created": each["unchanged"], "unchanged": 0} for each in counts] == reload()
    assert before == all_scores(world)
    assert without_moments(made) == without_moments(export("again"))
    assert {
        ("herald", "deny", "probability"),
        ("herald", "comment", "probability"),
        ("mirror", "support", "probability"),
        ("echo", "support", "stated"),
    } == {(line["outlet"], line["stance"], line["stance_source"]) for line in made["reports"]}


def test_disputes_and_replies(world, export):
    """
    Disputes of resolutions in effect, with their closures, and replies that are not withdrawn are exported.
    """
    claim, other = world.record(external_id="a"), world.record(external_id="b")
    for one in (claim, other):
        world.post(f"/v1/claims/{one['id']}/disputes", {"reason": world.resolve(one, "true")["verdict"]})
        [opened] = world.claim(one)["disputes"]
    world.post(f"/v1/disputes/{opened['id']}/closure", {"reason": "It is so."})
    world.post(f"/v1/claims/{other['id']}/disputes", {"reason": "No.", "evidence": ["https://example.org/"]})
    world.resolve(claim, "false", supersedes=world.claim(claim)["resolution"]["id"])
    for text, of in (("We stand by it.", None), ("So we said.", other["id"]), ("By mistake.", None)):
        answer = world.post("/v1/outlets/herald/replies", {"text": text, "claim": of}).json
    world.post(f"/v1/replies/{answer['id']}/withdrawal", {"reason": "By mistake."})
    made = export()

    closed, waiting = made["disputes"]
    assert ("dispute", "b", "true", "It is so.") == (
        *(closed[name] for name in ("type", "claim", "reason")),
        closed["closure"]["reason"],
    )
    assert (["https://example.org/"], None) == (waiting["evidence"], waiting["closure"])
    assert [("herald", None, "We stand by it."), ("herald", "b", "So we said.")] == [
        tuple(line[name] for name in ("outlet", "claim", "text")) for line in made["replies"]
    ]


def test_contexts(world, export):
    """
    Contexts are exported by the names that scores use, the oldest first.
    """
    # Made here as the refit makes them, which is slow.
    with world.runtime.db.engine.execution_options(write=True).begin() as session:
        table = Base.metadata.tables["context"]
        for number in (2, 1):
            fitted = {"kappa": 8.5, "offset": 0.1, "drift": 0.3, "shrinkage": [1, 2, 3], "claims": 200}
            fitted["cells"] = [[["support", "fact", None, None], 10**9, number]]
            row = {"number": number, "contexts": {"resolved": fitted, "matured": None}}
            session.execute(table.insert().values(**row, recorded_at=sa.func.now()))
    made = export()["contexts"]

    assert [
        ("ctx_1", "resolved", 8.5, [["support"], 10**9, 1]),
        ("ctx_2", "resolved", 8.5, [["support"], 10**9, 2]),
    ] == [(line["id"], line["basis"], line["kappa"], line["rates"][-1]) for line in made]


def test_one_moment(world, export, monkeypatch):
    """
    Rows that are recorded during an export are in none of its files.
    """
    claim = world.record(external_id="a")
    write = exports._write  # noqa: SLF001 - between two members there is no other place to stand

    def interrupted(path, lines):
        if path.stem == "reports":
            world.post(f"/v1/claims/{claim['id']}/reports", report("Echo"))
            world.resolve(claim, "true")
            world.record(external_id="b")
        return write(path, lines)

    monkeypatch.setattr(exports, "_write", interrupted)
    made = export()

    assert (1, 1, 1, 0) == tuple(len(made[member]) for member in TAKEN)
    monkeypatch.undo()
    later = export("later")
    assert (2, 2, 3, 1) == tuple(len(later[member]) for member in TAKEN)


def test_cut_off(world, borneout, tmp_path, monkeypatch):
    """
    An export that fails leaves no files behind and gives the reason.
    """
    world.record()
    write = exports._write  # noqa: SLF001 - as above

    def full(path, lines):
        if path.stem == "reports":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, lines)

    monkeypatch.setattr(exports, "_write", full)
    folder = tmp_path / "exports"
    folder.mkdir()
    failed = borneout("export", folder / "today")

    assert (1, []) == (failed.exit_code, list(folder.iterdir()))
    assert failed.stderr.endswith("today cannot be written: No space left on device\n")


def test_folder_that_is_there(borneout, tmp_path):
    """
    An export needs an empty or new folder; any other place is rejected.
    """
    (tmp_path / "empty").mkdir()
    assert 0 == borneout("export", tmp_path / "empty").exit_code
    before = sorted(Path(tmp_path / "empty").iterdir())

    for place in ("empty", "empty/claims.ndjson", "no/such/place"):
        refused = borneout("export", tmp_path / place)
        assert (1, True) == (refused.exit_code, "cannot be written" in refused.stderr)
    assert before == sorted(Path(tmp_path / "empty").iterdir())
    assert 10 == len(before)


def test_dates_survive(world, export, reload):
    """
    R6a, R19: dates are loaded from an export with their precision, also the instant of a call on that day.
    """
    today = str(dt.datetime.now(dt.UTC).date())
    for number, day in enumerate(("2024-02-14", today)):
        claim = world.record(report(published_at=day), external_id=str(number), kind="event", resolves_by=day)
        world.resolve(claim, "true", known_at=day)
    shown = [world.claim(claim) for claim in world.get("/v1/claims").json["items"]]
    first, before = export(), moments(shown)
    empty(world.runtime.db, world.runtime.cache)

    assert {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0} == reload()[3]
    after = moments([world.claim(claim) for claim in world.get("/v1/claims").json["items"]])
    assert before == after
    assert {("day", "day")} == {precisions for *_, precisions in after}
    assert without_moments(first) == without_moments(export("again"))


def moments(claims):
    """Return the moments of claims by external id, with their precision."""
    return sorted(
        (
            claim["external_id"],
            claim["resolves_by"],
            claim["reports"][0]["published_at"],
            claim["resolution"]["known_at"],
            (claim["reports"][0]["published_precision"], claim["resolution"]["known_precision"]),
        )
        for claim in claims
    )
