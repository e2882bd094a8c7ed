"""Flat lines, as NDJSON and as CSV."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re

import pytest

from tests.support.command import Command
from tests.support.flat_lines import LINE, FlatLoader, claims, line, summary
from tests.support.typed_lines import slugs


@pytest.fixture
def load(settings, tmp_path):
    return FlatLoader(settings, tmp_path)


def test_a_line_is_a_report_with_its_claim_and_its_outcome(world, load):
    """
    A flat line records an outlet, a claim, a report and a resolution.
    """
    done = load(line(probability=0.8, commitment=3))
    [(text, topic, [filed], resolution)] = claims(world).values()

    assert (0, summary(created=1), []) == done
    assert (LINE["claim"], LINE["topic"], LINE["url"]) == (text, topic, filed["url"])
    assert ("sport-bild", "support", 0.8, 3) == tuple(
        filed[name] for name in ("outlet", "stance", "probability", "commitment")
    )
    assert {"verdict": "false", "truth": None, "known_at": "2024-03-29T23:59:59.999999Z"} == resolution
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
    A line as CSV, in any dialect of spreadsheets, equals the same line as NDJSON.
    """
    load(line())

    assert (0, summary(unchanged=1), []) == load(data, name="lines.CSV")
    assert 1 == len(claims(world))


SPELLINGS = """outlet,claim_id,claim,stance,published_at,topic,outcome,resolved_at
A,1,a one,support,2024-02-14,Transfers,true,2024-03-01
A,2,a two,support,2024-02-14,transfers,true,2024-03-01
A,3,a three,support,2024-02-14,TRANSFERS ,true,2024-03-01
A,4,a four,support,2024-02-14, transfers / Summer  2024,true,2024-03-01
A,1,a one,support,2024-02-14,tRANSFERS,true,2024-03-01
"""


def test_spellings_of_one_topic(world, load):
    """
    Spellings of a topic in a file are one topic, and the same claim in another spelling is the same (R21b).
    """
    done = load(SPELLINGS.encode(), name="lines.csv")

    assert (0, summary(created=4, unchanged=1), []) == done
    assert {"transfers", "transfers/summer 2024"} == {topic for _, topic, _, _ in claims(world).values()}
    assert 4 == world.score("a", topic="Transfers")["counts"]["resolved"]


def test_line_with_only_what_it_must_have(world, load):
    """
    Without a stance a report supports, and without an outcome its claim is open.
    """
    must = {name: LINE[name] for name in ("outlet", "claim_id", "claim", "published_at")}
    load(must)
    [(_, topic, [filed], resolution)] = claims(world).values()

    assert (None, "support", None, None) == (topic, filed["stance"], filed["url"], resolution)


def test_stance_from_the_probability(world, load):
    """
    R6b: a line without a stance, or with an empty cell, takes the side that its probability implies.
    """
    rows = ["0.03,", "0.5,", "0.8,"]
    data = "outlet,claim_id,claim,published_at,probability,stance,outcome,resolved_at\n" + "".join(
        f"Herald,c{number},Rovers win cup {number}.,2024-02-14,{row},false,2024-03-29\n"
        for number, row in enumerate(rows)
    )
    load(data.encode(), name="lines.csv")
    load(*[line(claim_id="d", outlet="Herald", stance=stance, probability=0.1) for stance in (..., None, "", "deny")])

    counts = world.score("herald")["counts"]

    assert (4, 2, 1, 1) == tuple(counts[name] for name in ("claims", "correct", "incorrect", "unscored"))
    assert {("deny", "probability"), ("comment", "probability"), ("support", "probability")} == {
        (filed["stance"], filed["stance_source"])
        for claim in world.get("/v1/claims").json["items"]
        for filed in world.claim(claim)["reports"]
    }


@pytest.mark.usefixtures("world")
def test_report_that_differs(load):
    """
    R4: a line that repeats a report with another probability is rejected with the member, and the others are unchanged.
    """
    load(line(probability=0.8))

    code, told, [rejection] = load(line(), line(probability=0.7), line(probability=0.8))

    assert (1, summary(unchanged=2, rejected=1)) == (code, told)
    assert rejection.startswith("line 2 rejected (report-differs): ")
    assert "/probability: The report " in rejection


BAD = [
    ({"outlet": ...}, "invalid-body", "/outlet: Missing"),
    ({"outlet": " \u200b"}, "invalid-body", "/outlet: Must not be blank"),
    ({"outlet": "a" * 201}, "invalid-body", "/outlet: "),
    ({"outlet": 7}, "invalid-body", "/outlet: "),
    ({"outlet": "A\x00B"}, "invalid-body", "/outlet: Contains"),
    ({"claim": "\ud800"}, "invalid-body", "/claim: Contains"),
    ({"claim_id": ...}, "invalid-body", "/claim_id: Missing"),
    ({"claim_id": None}, "invalid-body", "/claim_id: "),
    ({"stance": "shouts"}, "invalid-body", "/stance: Must be one of"),
    ({"stance": 0}, "invalid-body", "/stance: "),
    ({"stance": "asserts", "probability": 0.4}, "invalid-body", "/stance: Contradicts"),
    ({"stance": "mentions", "probability": 0.5}, "invalid-body", "/probability: "),
    ({"published_at": "2024-02-30"}, "invalid-body", "/published_at: Not a valid date"),
    (
        {"published_at": "2024-02-14T10:00:00"},
        "invalid-body",
        "/published_at: Not an instant, because it has no time zone",
    ),
    ({"published_at": 1707904800}, "invalid-body", "/published_at: 1707904800 is a number. Write a date"),
    ({"published_at": "2999-01-01"}, "invalid-body", "/published_at: Lies in the future"),
    ({"claim_id": "new", "resolved_at": "2999-01-01"}, "invalid-body", "/resolved_at: Lies in the future"),
    ({"url": "javascript:alert(1)"}, "invalid-body", "/url: Not an absolute"),
    ({"probability": 1.01}, "invalid-body", "/probability: "),
    ({"probability": "0.5"}, "invalid-body", "/probability: "),
    ({"probability": True}, "invalid-body", "/probability: "),
    ({"commitment": 5}, "invalid-body", "/commitment: "),
    ({"commitment": 2.5}, "invalid-body", "/commitment: Must be a whole number"),
    ({"commitment": "2"}, "invalid-body", "/commitment: Must be a whole number"),
    ({"outcome": 1.01}, "invalid-body", "/outcome: Must be true, false, partial"),
    ({"outcome": "perhaps"}, "invalid-body", "/outcome: Must be true, false, partial"),
    ({"outcome": "nan"}, "invalid-body", "/outcome: Must be true, false, partial"),
    ({"outcome": []}, "invalid-body", "/outcome: Must be true, false, partial"),
    ({"colour": "red"}, "invalid-body", "/colour: Unknown field"),
    ({"\ud800": "red"}, "invalid-body", ": Unknown field"),
    ({"claim": "Another."}, "claim-differs", "/claim: Differs"),
    ({"topic": "tech"}, "claim-differs", "/topic: Differs"),
    ({"outcome": True}, "already-resolved", "send its id as supersedes"),
    ({"resolved_at": "2024-03-30"}, "already-resolved", "send its id as supersedes"),
]


def test_bad_lines_are_rejected_alone(world, load):
    """
    A bad line is reported with its number, its problem and the member at fault; the other lines are recorded.
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
    A line that is not a JSON object is rejected alone, and blank lines are skipped.
    """
    good = json.dumps(line()).encode()
    code, told, rejections = load(b"\n".join([b"{", good, b"[]", b"", b"7", b"null", b"\xff", b'{"a": 1, "a": 2}']))

    assert (1, summary(created=1, rejected=6)) == (code, told)
    assert [1, 3, 5, 6, 7, 8] == [int(text.split()[1]) for text in rejections]


def test_rejected_line_says_all_that_is_wrong(load):
    """
    A line with three errors is one rejection that names all of them.
    """
    _, _, [rejection] = load(line(outlet=..., stance="shouts", probability=2))

    assert all(place in rejection for place in ("/outlet", "/stance", "/probability"))


def test_rejected_line_leaves_no_outlet_behind(world, load):
    """
    A line that breaks a rule records neither its outlet nor its claim.
    """
    code, _, _ = load(line(outlet="Never Seen", published_at="2999-01-01"))

    assert (1, [], {}) == (code, slugs(world), claims(world))


def test_csv_rows_are_numbered_by_line(load):
    """
    A row of several lines has the number of its first line, and the rows after it keep their own.
    """
    rows_ = b'A,1,"two\nlines",2024-01-01\nB,2,b,never\n\xe4,3,c,2024-01-01\nC,4,d,2024-01-01,x\n'
    data = b"outlet,claim_id,claim,published_at\n" + rows_
    code, told, rejections = load(data, name="lines.csv")

    assert (1, summary(created=1, rejected=3)) == (code, told)
    assert [4, 5, 6] == [int(text.split()[1]) for text in rejections]


@pytest.mark.parametrize("header", [b"outlet,colour", b"outlet,OUTLET"])
def test_csv_with_other_columns(settings, tmp_path, header):
    """
    A file with an unknown or repeated column is rejected in one sentence that names it.
    """
    path = tmp_path / "lines.csv"
    path.write_bytes(header + b"\nA,b\n")
    result = Command(settings)("import", path)

    assert (1, "") == (result.exit_code, result.stdout)
    assert re.search("Error: (The header has unknown columns: 'colour'|Two columns are named outlet)", result.stderr)


def test_compressed_file(load):
    """
    A compressed file is unpacked, whatever its name.
    """
    assert (0, summary(created=1), []) == load(gzip.compress(json.dumps(line()).encode()), name="lines.ndjson")


def test_empty_file(load):
    """
    An empty file loads nothing and is not an error.
    """
    assert (0, summary(), []) == load(b"")


def test_words_for_a_stance(world, load):
    """
    Stances can be given in our words and in those of common data sets.
    """
    words = {"asserts": "support", "denies": "deny", "mentions": "comment"}
    words |= {stance: stance for stance in ("support", "deny", "query", "comment")}
    words |= {"Denies": "deny", " SUPPORT ": "support"}
    load(*(line(claim_id=word, stance=word) for word in words))

    assert words == {word: reports[0]["stance"] for word, (_, _, reports, _) in claims(world).items()}


@pytest.mark.parametrize("cell", ["3", "3.0", " 3 "])
def test_whole_number_with_a_decimal(world, load, cell):
    """
    A commitment can be written with a decimal, as pandas does.
    """
    load(
        f"outlet,claim_id,claim,published_at,commitment\nKicker,1,He comes.,2024-02-14,{cell}\n".encode(), name="a.csv"
    )

    assert 3 == claims(world)["1"][2][0]["commitment"]


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
    ("partial", "partial", 0.5),
    ("Void", "void", None),
    ("unverifiable ", "unverifiable", None),
]


def test_spellings_of_an_outcome(world, load):
    """
    R13: an outcome is a verdict or a number from 0 to 1, as JSON or as text. Partial alone is a half.
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
    R13: an outcome in a CSV cell can have any spelling of a spreadsheet.
    """
    load(CSV.replace("False", cell).encode(), name="lines.csv")

    assert verdict == claims(world)["alonso"][3]["verdict"]


@pytest.mark.parametrize("members", [{"outcome": None}, {"outcome": ...}, {"outcome": None, "resolved_at": None}])
def test_no_outcome(world, load, members):
    """
    A claim without an outcome is open, whatever its other members are.
    """
    assert 0 == load(line(**members))[0]
    assert claims(world)["alonso"][3] is None


def test_empty_outcome_in_a_cell(world, load):
    """
    A claim with an empty outcome in its CSV cell is open.
    """
    load(CSV.replace("False", "").encode(), name="lines.csv")

    assert claims(world)["alonso"][3] is None


def test_bare_dates(world, load):
    """
    R6, R6a: a bare published_at is the start of its day, and a report of the day of the resolution counts.
    """
    load(line(published_at="2024-03-29"), line(outlet="Late", published_at="2024-03-30"))
    published = {one["outlet"]: (one["published_at"], one["after_known"]) for one in claims(world)["alonso"][2]}

    assert ("2024-03-29T00:00:00Z", False) == published["sport-bild"]
    assert ("2024-03-30T00:00:00Z", True) == published["late"]


SAME_DAY = b"""outlet,claim_id,claim,stance,published_at,outcome,resolved_at
Kicker,k1,He signs on deadline day.,support,2024-08-30,true,2024-08-30
Bild,k1,He signs on deadline day.,support,2024-08-29,true,2024-08-30
Sky,k1,He signs on deadline day.,deny,2024-08-31,true,2024-08-30
"""


def test_published_and_resolved_on_one_date(world, load):
    """
    R4, R6a: the order of two bare dates on one day is unknown, so the report counts; the same file changes nothing.
    """
    assert (0, summary(created=3), []) == load(SAME_DAY, name="lines.csv")
    assert (0, summary(unchanged=3), []) == load(SAME_DAY, name="lines.csv")

    assert [1, 1, 0] == [world.score(slug)["counts"]["resolved"] for slug in ("kicker", "bild", "sky")]
    [(_, _, reports, resolution)] = claims(world).values()
    assert {"day"} == {filed["published_precision"] for filed in reports}
    assert "2024-08-30T23:59:59.999999Z" == resolution["known_at"]


def test_resolved_today(world, load):
    """
    R4, R6a: a line that is resolved today by a bare date can be loaded again on the same day.
    """
    today = str(dt.datetime.now(dt.UTC).date())
    lines = [line(outlet=name, published_at=today, resolved_at=today, url=None) for name in ("Sky", "Kicker")]

    assert (0, summary(created=2), []) == load(*lines)
    assert (0, summary(unchanged=2), []) == load(*lines)
    assert [1, 1] == [world.score(slug)["counts"]["resolved"] for slug in ("sky", "kicker")]


@pytest.mark.usefixtures("world")
def test_known_before_every_report(settings, tmp_path):
    """
    R6a: a line whose outcome was known before every report is loaded, with a warning that no report counts.
    """
    path, results = tmp_path / "lines.ndjson", tmp_path / "results.ndjson"
    early = [line(outlet=name, url=None, resolved_at="2024-02-13") for name in ("Sky", "Kicker")]
    later = (
        line(claim_id="b", resolved_at="2024-02-13"),
        line(claim_id="b", resolved_at="2024-02-13", outlet="Sky", published_at="2024-02-01"),
    )
    path.write_text("".join(json.dumps(each) + "\n" for each in (*early, *later)))

    done = Command(settings)("import", path, "--results", results)

    assert (0, summary(created=4)) == (done.exit_code, done.stdout.strip())
    [warning] = [text for text in done.stderr.splitlines() if "warning" in text]
    assert warning.startswith("line 1 warning (known-before-reports): The answer was known at 2024-02-13T23:59:59")
    first, *others = [json.loads(text) for text in results.read_text().splitlines()]
    assert ["known-before-reports"] == [one["code"] for one in first["warnings"]]
    assert all("warnings" not in one for one in others)
