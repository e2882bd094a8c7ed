from __future__ import annotations

import gzip
import json

import pytest

from tests.command import Command
from tests.world import report

LINE = {
    "outlet": "Sport Bild",
    "claim_id": "alonso",
    "claim": "Alonso joins Liverpool.",
    "stance": "asserts",
    "published_at": "2024-02-14T10:00:00Z",
    "url": "https://sportbild.example/alonso",
    "topic": "transfers",
    "outcome": False,
    "resolved_at": "2024-03-29",
}


def line(**members):
    """A flat line; a member that is `...` is left out."""
    return {name: value for name, value in (LINE | members).items() if value is not ...}


@pytest.fixture
def load(settings, tmp_path):
    """Import some lines, or the text of a file; the exit code, the summary and what was said of bad lines."""
    command = Command(settings)

    def run(*lines, name="lines.ndjson", feed=None):
        path = tmp_path / name
        if isinstance(lines[0], dict):
            path.write_text("".join(json.dumps(each) + "\n" for each in lines))
        else:
            path.write_bytes(lines[0])
        result = command("import", path, *(["--feed", feed] if feed else []))
        rejections = [text for text in result.stderr.splitlines() if text.startswith("line ")]
        return result.exit_code, result.stdout.strip(), rejections

    return run


def summary(*, created=0, updated=0, unchanged=0, rejected=0):
    counts = {"created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected}
    return f"{sum(counts.values())} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items())


def claims(world):
    """What is on record, by external id, without what differs from one load to the next."""
    found, query = {}, {"limit": 200}
    while query is not None:
        page = world.get("/v1/claims", query_string=query).json
        for item in page["items"]:
            whole = world.claim(item)
            reports = [
                {name: value for name, value in one.items() if name not in ("id", "claim", "recorded_at")}
                for one in whole["reports"]
            ]
            resolution = whole["resolution"] and {
                name: whole["resolution"][name] for name in ("verdict", "truth", "known_at")
            }
            found[whole["external_id"]] = (whole["text"], whole["topic"], reports, resolution)
        query = {"limit": 200, "cursor": page["next_cursor"]} if page["next_cursor"] else None
    return found


def slugs(world):
    return [outlet["slug"] for outlet in world.get("/v1/outlets", query_string={"limit": 200}).json["items"]]


def test_a_line_is_a_report_with_its_claim_and_its_outcome(world, load):
    """
    A flat line puts an outlet, a claim, a report and a resolution on record.
    """
    done = load(line(probability=0.8, commitment=3))
    [(text, topic, [filed], resolution)] = claims(world).values()

    assert (0, summary(created=1), []) == done
    assert (LINE["claim"], LINE["topic"], LINE["url"]) == (text, topic, filed["url"])
    assert ("sport-bild", "support", 0.8, 3) == tuple(
        filed[name] for name in ("outlet", "stance", "probability", "commitment")
    )
    assert {"verdict": "false", "truth": None, "known_at": "2024-03-29T00:00:00Z"} == resolution
    assert (1, 1) == (
        world.score("sport-bild")["counts"]["incorrect"],
        world.score("sport-bild")["counts"]["backfilled"],
    )


CSV = """outlet,claim_id,claim,stance,published_at,url,topic,outcome,resolved_at
Sport Bild,alonso,Alonso joins Liverpool.,asserts,2024-02-14T10:00:00Z,https://sportbild.example/alonso,transfers,False,2024-03-29
"""


@pytest.mark.parametrize(
    "data",
    [
        CSV.encode(),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode(),
        b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode(),
        CSV.replace("Alonso joins", '"Alonso joins').replace("Liverpool.", 'Liverpool."').encode(),
    ],
    ids=["commas", "semicolons", "tabs", "windows", "quotes"],
)
def test_csv_says_the_same_as_ndjson(world, load, data):
    """
    The same line as CSV, however a spreadsheet writes it, is the line that is there.
    """
    load(line())

    assert (0, summary(unchanged=1), []) == load(data, name="lines.CSV")
    assert 1 == len(claims(world))


def test_line_with_only_what_it_must_have(world, load):
    """
    Without a stance a report supports, and without an outcome its claim is open.
    """
    must = {name: LINE[name] for name in ("outlet", "claim_id", "claim", "published_at")}
    load(must)
    [(_, topic, [filed], resolution)] = claims(world).values()

    assert (None, "support", None, None) == (topic, filed["stance"], filed["url"], resolution)


BAD = [
    ({"outlet": ...}, "invalid-body", "/outlet: Missing"),
    ({"outlet": "  "}, "invalid-body", "/outlet: Must not be blank"),
    ({"outlet": "a" * 201}, "invalid-body", "/outlet: "),
    ({"outlet": 7}, "invalid-body", "/outlet: "),
    ({"outlet": "A\x00B"}, "invalid-body", "/outlet: Contains"),
    ({"claim": "\ud800"}, "invalid-body", "/claim: Contains"),
    ({"claim_id": ...}, "invalid-body", "/claim_id: Missing"),
    ({"claim_id": None}, "invalid-body", "/claim_id: "),
    ({"stance": "shouts"}, "invalid-body", "/stance: Must be one of"),
    ({"stance": None}, "invalid-body", "/stance: "),
    ({"published_at": "2024-02-30"}, "invalid-body", "/published_at: Not a moment"),
    ({"published_at": "2024-02-14T10:00:00"}, "invalid-body", "/published_at: Not an RFC 3339"),
    ({"published_at": 1707904800}, "invalid-body", "/published_at: Not an RFC 3339"),
    ({"published_at": "2999-01-01"}, "invalid-body", "/published_at: Lies in the future"),
    ({"claim_id": "new", "resolved_at": "2999-01-01"}, "invalid-body", "/resolved_at: Lies in the future"),
    ({"url": "javascript:alert(1)"}, "invalid-body", "/url: Not an absolute"),
    ({"probability": 1.01}, "invalid-body", "/probability: "),
    ({"probability": "0.5"}, "invalid-body", "/probability: "),
    ({"probability": True}, "invalid-body", "/probability: "),
    ({"commitment": 5}, "invalid-body", "/commitment: "),
    ({"commitment": 2.0}, "invalid-body", "/commitment: "),
    ({"outcome": 1.01}, "invalid-body", "/outcome: Must be true, false"),
    ({"outcome": "perhaps"}, "invalid-body", "/outcome: Must be true, false"),
    ({"outcome": "nan"}, "invalid-body", "/outcome: Must be true, false"),
    ({"outcome": []}, "invalid-body", "/outcome: Must be true, false"),
    ({"colour": "red"}, "invalid-body", "/colour: Unknown field"),
    ({"\ud800": "red"}, "invalid-body", ": Unknown field"),
    ({"claim": "Another."}, "claim-differs", "/claim: Differs"),
    ({"topic": "tech"}, "claim-differs", "/topic: Differs"),
    ({"outcome": True}, "already-resolved", "name it in supersedes"),
    ({"resolved_at": "2024-03-30"}, "already-resolved", "name it in supersedes"),
]


def test_bad_lines_are_rejected_alone(world, load):
    """
    A bad line is told with its number, its problem and the member at fault; the lines around it are on record.
    """
    bad = [line(**({"url": "https://sportbild.example/more"} | members)) for members, *_ in BAD]
    code, told, rejections = load(line(), *bad, line(claim_id="other", outcome=None))
    surprises = [
        (members, text)
        for number, ((members, problem, detail), text) in enumerate(zip(BAD, rejections, strict=True), 2)
        if not text.startswith(f"line {number} rejected ({problem}): ") or detail not in text
    ]

    assert [] == surprises
    assert (1, summary(created=2, rejected=len(BAD))) == (code, told)
    assert ["alonso", "other"] == sorted(claims(world))
    assert 1 == len(claims(world)["alonso"][2])
    assert ["sport-bild"] == slugs(world)


def test_lines_that_are_no_objects(load):
    """
    A line that is no JSON, or no object, is rejected alone as well, and blank lines are none.
    """
    good = json.dumps(line()).encode()
    code, told, rejections = load(b"\n".join([b"{", good, b"[]", b"", b"7", b"null", b"\xff", b'{"a": 1, "a": 2}']))

    assert (1, summary(created=1, rejected=6)) == (code, told)
    assert [1, 3, 5, 6, 7, 8] == [int(text.split()[1]) for text in rejections]


def test_rejected_line_says_all_that_is_wrong(load):
    """
    One line with three faults is one rejection that names them all.
    """
    _, _, [rejection] = load(line(outlet=..., stance="shouts", probability=2))

    assert all(place in rejection for place in ("/outlet", "/stance", "/probability"))


def test_rejected_line_leaves_no_outlet_behind(world, load):
    """
    A line that is refused by a rule leaves neither its outlet nor its claim.
    """
    code, _, _ = load(line(outlet="Never Seen", published_at="2999-01-01"))

    assert (1, [], {}) == (code, slugs(world), claims(world))


def test_csv_rows_are_numbered_by_line(load):
    """
    A row of several lines is numbered by its first, and the rows after it still are by their own.
    """
    rows_ = b'A,1,"two\nlines",2024-01-01\nB,2,b,never\n\xe4,3,c,2024-01-01\nC,4,d,2024-01-01,x\n'
    data = b"outlet,claim_id,claim,published_at\n" + rows_
    code, told, rejections = load(data, name="lines.csv")

    assert (1, summary(created=1, rejected=3)) == (code, told)
    assert [4, 5, 6] == [int(text.split()[1]) for text in rejections]


@pytest.mark.parametrize("header", [b"outlet,colour", b"outlet,outlet", b'{"outlet": "A"}'])
def test_csv_with_other_columns(settings, tmp_path, header):
    """
    A file whose columns are not those of a flat line is refused in one sentence that names them.
    """
    path = tmp_path / "lines.csv"
    path.write_bytes(header + b"\nA,b\n")
    result = Command(settings)("import", path)

    assert (1, "") == (result.exit_code, result.stdout)
    assert "Error: Unknown or repeated columns: " in result.stderr


def test_file_that_is_no_lines(settings, tmp_path):
    """
    A compressed file is a handful of bad lines, not a crash.
    """
    path = tmp_path / "lines.ndjson"
    path.write_bytes(gzip.compress(json.dumps(line()).encode()))
    result = Command(settings)("import", path)

    assert 1 == result.exit_code
    assert ": 0 created" in result.stdout


def test_empty_file(load):
    """
    An empty file loads nothing, and that is no error.
    """
    assert (0, summary(), []) == load(b"")


def test_same_file_twice(world, load):
    """
    R4: the same file again changes nothing, and says so.
    """
    lines = [
        line(),
        line(outlet="Kicker", stance="denies"),
        line(claim_id="b", outcome=None),
        line(claim_id="c", outcome=0.3),
    ]
    first = load(*lines)
    before = claims(world), world.score("sport-bild")["record"]

    assert (0, summary(created=4), []) == first
    assert (0, summary(unchanged=4), []) == load(*lines)
    assert before == (claims(world), world.score("sport-bild")["record"])


def test_line_twice_in_one_file(world, load):
    """
    R4: a line that stands twice in a file is on record once.
    """
    assert (0, summary(created=1, unchanged=1), []) == load(line(), line())
    assert 1 == len(claims(world)["alonso"][2])


def test_outcome_that_comes_later(world, load):
    """
    A line whose outcome has become known since resolves its claim, and is told as updated.
    """
    load(line(outcome=None, resolved_at=None))

    assert (0, summary(updated=1), []) == load(line())
    assert "false" == claims(world)["alonso"][3]["verdict"]
    assert 1 == world.score("sport-bild")["counts"]["incorrect"]


def test_lines_of_one_claim_that_disagree(world, load):
    """
    The first line of a claim stands; one that says another outcome is rejected, one that says none is not.
    """
    code, told, [rejection] = load(
        line(), line(outlet="Kicker", outcome=True), line(outlet="Sky", outcome=None, resolved_at=None)
    )

    assert (1, summary(created=2, rejected=1)) == (code, told)
    assert rejection.startswith("line 2 rejected (already-resolved)")
    assert ["sky", "sport-bild"] == slugs(world)


@pytest.mark.parametrize("verdict", ["true", None])
def test_correction_by_hand_outlives_the_file(world, load, verdict):
    """
    R11: a claim corrected or reopened after the import stays so when the same file is loaded again.
    """
    load(line())
    [item] = world.get("/v1/claims").json["items"]
    world.resolve(item, verdict, supersedes=item["resolution"]["id"])
    before = claims(world)

    assert (0, summary(unchanged=1), []) == load(line())
    assert before == claims(world)
    assert (0, summary(created=1), []) == load(line(outlet="Kicker"))


def test_claim_resolved_by_hand_first(world, load):
    """
    A file that says what was found by hand adds its reports; one that says otherwise is rejected.
    """
    claim = world.record(report("Sky"), text=LINE["claim"], topic="transfers", external_id="alonso")
    world.resolve(claim, "false")

    assert (0, summary(created=1), []) == load(line(resolved_at=None))
    code, _, [rejection] = load(line(outlet="Kicker", outcome=True, resolved_at=None))
    assert (1, True) == (code, "already-resolved" in rejection)


def test_feeds_that_use_the_same_ids(world, load):
    """
    A feed's name before its ids keeps them apart from those of another feed.
    """
    assert (0, summary(created=1), []) == load(line(), feed="one")
    assert (0, summary(created=1), []) == load(line(claim="Something else."), feed="two")
    assert (0, summary(unchanged=1), []) == load(line(), feed="one")
    assert ["one:alonso", "two:alonso"] == sorted(claims(world))


@pytest.mark.parametrize("feed", ["", "a" * 101])
def test_feed_refused(settings, tmp_path, feed):
    """
    The name of a feed has 1 to 100 characters.
    """
    path = tmp_path / "lines.ndjson"
    path.write_text(json.dumps(line()))

    assert 2 == Command(settings)("import", path, "--feed", feed).exit_code


def test_words_for_a_stance(world, load):
    """
    The words of data sets and our own are both read.
    """
    words = {"asserts": "support", "denies": "deny", "mentions": "comment"}
    words |= {stance: stance for stance in ("support", "deny", "query", "comment")}
    load(*(line(claim_id=word, stance=word) for word in words))

    assert words == {word: reports[0]["stance"] for word, (_, _, reports, _) in claims(world).items()}


OUTCOMES = [
    (True, "true", None),
    (1, "true", None),
    (1.0, "true", None),
    ("true", "true", None),
    ("TRUE", "true", None),
    ("1", "true", None),
    (False, "false", None),
    (0, "false", None),
    ("False", "false", None),
    (0.25, "partial", 0.25),
    ("0.25", "partial", 0.25),
]


def test_spellings_of_an_outcome(world, load):
    """
    R13: true, false and a share between them, as JSON or as a word or number in text.
    """
    load(*(line(claim_id=str(number), outcome=outcome) for number, (outcome, *_) in enumerate(OUTCOMES)))
    found = claims(world)
    resolutions = [found[str(number)][3] for number in range(len(OUTCOMES))]

    assert OUTCOMES == [
        (outcome, found["verdict"], found["truth"]) for (outcome, *_), found in zip(OUTCOMES, resolutions, strict=True)
    ]


@pytest.mark.parametrize(("cell", "verdict"), [("true", "true"), ("FALSE", "false"), ("1", "true"), ("0.5", "partial")])
def test_spellings_of_an_outcome_in_a_cell(world, load, cell, verdict):
    """
    The same in CSV, as spreadsheets write them.
    """
    load(CSV.replace("False", cell).encode(), name="lines.csv")

    assert verdict == claims(world)["alonso"][3]["verdict"]


@pytest.mark.parametrize("members", [{"outcome": None}, {"outcome": ...}, {"outcome": None, "resolved_at": None}])
def test_no_outcome(world, load, members):
    """
    A claim without an outcome is open, whatever else the line says.
    """
    assert 0 == load(line(**members))[0]
    assert claims(world)["alonso"][3] is None


def test_empty_outcome_in_a_cell(world, load):
    """
    The same for an empty cell.
    """
    load(CSV.replace("False", "").encode(), name="lines.csv")

    assert claims(world)["alonso"][3] is None


def test_bare_dates(world, load):
    """
    A bare date is 00:00Z; a report of the day that its claim was resolved is after the answer (R6).
    """
    load(line(published_at="2024-03-28"), line(outlet="Late", published_at="2024-03-29"))
    published = {one["outlet"]: (one["published_at"], one["after_known"]) for one in claims(world)["alonso"][2]}

    assert ("2024-03-28T00:00:00Z", False) == published["sport-bild"]
    assert ("2024-03-29T00:00:00Z", True) == published["late"]


def test_outlets_named_by_their_domains(world, load):
    """
    An outlet that is named like a domain has it, and is found by it when it comes under its name.
    """
    world.outlet("Joe", domains=["joe.co.uk"])
    load(line(outlet="joe.co.uk"), line(outlet="9news.com.au"), line(outlet="Sport Bild"), line(outlet="No. 1"))
    domains = {outlet["slug"]: outlet["domains"] for outlet in world.get("/v1/outlets").json["items"]}

    assert {"joe": ["joe.co.uk"], "9news-com-au": ["9news.com.au"], "sport-bild": [], "no-1": []} == domains


def test_spellings_of_one_outlet(world, load):
    """
    Spellings of a name that differ in case and spacing, and its slug, are one outlet.
    """
    load(
        *(
            line(outlet=name, url=None, published_at=f"2024-02-1{day}")
            for day, name in enumerate(["Sport Bild", "SPORT  BILD", "sport-bild"])
        )
    )

    assert ["sport-bild"] == slugs(world)


def test_two_outlets_of_one_name(world, load):
    """
    A name that two outlets have is guessed for neither.
    """
    world.outlet("Herald")
    world.outlet("Herald")
    code, _, [rejection] = load(line(outlet="Herald"))

    assert (1, True) == (code, "/outlet: Several outlets have this name" in rejection)


def test_last_side_in_the_file_stands(world, load):
    """
    R6: of two sides at one instant the one further down the file stands, also when it is loaded again.
    """
    lines = [line(), line(stance="denies"), line()]

    for _ in range(2):
        load(*lines)
        counts = world.score("sport-bild")["counts"]

        assert (1, 1, 0) == (counts["deny"], counts["correct"], counts["support"])
