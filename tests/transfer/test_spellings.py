"""Files that spell the same outlets and claims in different ways."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger.verify import verify_ledger
from tests.support.examples import slow
from tests.support.flat_lines import FlatLoader, claims, summary
from tests.support.load_lines import load as load_lines
from tests.support.load_lines import load_all
from tests.support.world import assert_problem, report

APOSTROPHES = """outlet,claim_id,claim,stance,published_at
L'Equipe,k1,Il signe.,support,2024-02-14
L\u2019Equipe,k2,Il part.,support,2024-02-14
"""
ON = {"published_at": "2026-01-01T00:00:00Z"}
INVISIBLE = [
    {"outlet": name, "claim_id": f"k{number}", "claim": f"claim {number}", "published_at": "2024-02-14"}
    for number, name in enumerate(
        ["Sport Kurier", "\ufeffSport Kurier", "Sport Kurier\u200e", "Sport\u00ad Kurier", "Sport\u200b Kurier"]
    )
]
HOSTS = ["joe.co.uk", "Joe.co.uk", "WWW.JOE.co.uk", "https://www.joe.co.uk/", "m.joe.co.uk"]
ONE_CLAIM = """outlet,claim_id,claim,stance,published_at
Kicker,k1,He's joining.,support,2024-02-14
Bild,k1,He's joining. ,support,2024-02-14
Sky,k1,He's  joining.,support,2024-02-14
BBC,k1,He\u2019s joining.,support,2024-02-14
"""


@pytest.fixture
def load(settings, tmp_path):
    return FlatLoader(settings, tmp_path)


def outlets(world, **query):
    """Return the members of the recorded outlets that do not depend on the time."""
    items = world.get("/v1/outlets", query_string={"limit": 200, **query}).json["items"]
    return [{name: item[name] for name in ("slug", "name", "domains", "aliases")} for item in items]


def test_apostrophes(world, load):
    """
    R21a: names that differ in their apostrophes are one outlet, which is displayed as it was spelt first.
    """
    assert (0, summary(created=2), []) == load(APOSTROPHES.encode(), name="lines.csv")
    assert [{"slug": "l-equipe", "name": "L'Equipe", "domains": [], "aliases": []}] == outlets(world)


@pytest.mark.parametrize("order", [1, -1])
def test_invisible_characters(world, load, order):
    """
    R21a: invisible characters are not part of a name, nor of its displayed spelling.
    """
    assert (0, summary(created=5), []) == load(*INVISIBLE[::order])
    assert [{"slug": "sport-kurier", "name": "Sport Kurier", "domains": [], "aliases": []}] == outlets(world)


@pytest.mark.parametrize("order", [1, -1])
def test_hosts_as_names(world, load, order):
    """
    R21a: an outlet named by its host has that domain and the host as its name, whatever the spelling and the order.
    """
    rows = [f"{host},k{number},claim {number},support,2024-02-14\n" for number, host in enumerate(HOSTS)]
    data = "outlet,claim_id,claim,stance,published_at\n" + "".join(rows[::order])

    assert (0, summary(created=5), []) == load(data.encode(), name="lines.csv")
    assert [{"slug": "joe-co-uk", "name": "joe.co.uk", "domains": ["joe.co.uk"], "aliases": []}] == outlets(world)


def test_one_claim_in_other_spellings(world, load):
    """
    R4, R21a: texts of one claim_id that differ in whitespace and apostrophes are one claim, with the first spelling.
    """
    assert (0, summary(created=4), []) == load(ONE_CLAIM.encode(), name="lines.csv")
    [(text, _, reports, _)] = claims(world).values()
    assert ("He's joining.", ["bbc", "bild", "kicker", "sky"]) == (text, sorted(one["outlet"] for one in reports))


def test_claim_sent_again_in_another_spelling(world):
    """
    R4, R21a: a claim that is sent again with other quotes, dashes and blanks is the claim on record.
    """
    claim = world.record(external_id="k1", text='He says "no" - he stays.')
    again = world.record(external_id="k1", text="He says\u00a0\u201cno\u201d \u2013 he stays.\u200b")

    assert (claim["id"], claim["text"]) == (again["id"], again["text"])


def test_relay_of_a_source_in_another_spelling(world):
    """
    R4, R21a: a report that cites the same source in another spelling is the report on record.
    """
    relays = [{"outlet": None, "cited_as": name} for name in ("L'Equipe", " l\u2019EQUIPE")]
    claim = world.record(report(relays=relays[0]))
    again = world.post(f"/v1/claims/{claim['id']}/reports", report(relays=relays[1]))

    assert (200, claim["reports"][0]["id"]) == (again.status_code, again.json["id"])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_name_that_follows_its_domain(world, order):
    """
    R21a: a name given with a domain, the domain alone and the name alone are one outlet, once the name and the domain
    were given together.
    """
    mentions = [{"name": "Der Spiegel", "domain": "spiegel.de"}, {"name": "Spiegel.de"}, {"name": "DER SPIEGEL"}]
    for day, number in enumerate([0, *order], 1):
        world.record({"outlet": mentions[number], "published_at": f"2026-01-{day:02}T00:00:00Z"})

    assert [{"slug": "der-spiegel", "name": "Der Spiegel", "domains": ["spiegel.de"], "aliases": []}] == outlets(world)


def test_host_that_gets_a_name(world):
    """
    R21a: a name given with the domain of an outlet is an alias of that outlet.
    """
    for mention in ({"name": "spiegel.de"}, {"name": "Der Spiegel", "domain": "spiegel.de"}, {"name": "der spiegel"}):
        world.record({"outlet": mention, "published_at": "2026-01-01T00:00:00Z"})

    [outlet] = outlets(world)

    assert {"name": "spiegel.de", "aliases": ["Der Spiegel"]} == {name: outlet[name] for name in ("name", "aliases")}


def test_name_that_gets_a_domain(world):
    """
    R21a: an outlet without domains takes the domain that a report gives with its name.
    """
    for mention in ({"name": "Joe"}, {"name": "JOE", "domain": "joe.co.uk"}, {"name": "Joe.co.uk"}):
        world.record({"outlet": mention, "published_at": "2026-01-01T00:00:00Z"})

    assert [{"slug": "joe", "name": "Joe", "domains": ["joe.co.uk"], "aliases": []}] == outlets(world)


def test_rejected_report_links_nothing(world, load):
    """
    A rejected report gives no domain and no name to an outlet.
    """
    world.outlet("Joe")
    world.outlet("Bild", domains=["bild.de"])
    late = {"published_at": "2999-01-01T00:00:00Z", "claim": "a", "type": "report"}
    load(
        {"type": "claim", "external_id": "a", "text": "It opens."},
        late | {"outlet": {"name": "Joe", "domain": "joe.co.uk"}},
        late | {"outlet": {"name": "Bild Sport", "domain": "bild.de"}},
        late | {"outlet": {"name": "New", "domain": "new.example"}},
    )

    assert [("bild", ["bild.de"], []), ("joe", [], [])] == [
        (outlet["slug"], outlet["domains"], outlet["aliases"]) for outlet in outlets(world)
    ]


def test_outlet_recorded_by_its_host(world):
    """
    R21a: an outlet recorded under a host has that domain, unless other domains are given.
    """
    assert ["bild.de"] == world.outlet("WWW.Bild.de")["domains"]
    assert [] == world.outlet("Welt.de", domains=[])["domains"]
    assert_problem(world.post("/v1/outlets", {"name": "bild.de"}), 409, "domain-taken")


@pytest.mark.parametrize("spelling", ["l\u2019equipe", "L'\u200bEquipe", "lequipe"])
def test_search_by_name(world, spelling):
    """
    R21a: outlets are searched and suggested by the normal form of their names.
    """
    world.outlet("L`\u00c9quipe", aliases=["L'Equipe", "Lequipe TV"])
    unknown = world.post("/v1/claims", {"text": "a", "reports": [report() | {"outlet": spelling}]})

    assert ["l-equipe"] == [outlet["slug"] for outlet in outlets(world, q=spelling)]
    assert "l-equipe" in unknown.json["errors"][0]["detail"]


FULL = {"type": "outlet", "name": "Joe", "kind": "newspaper", "domains": ["joe.example"], "aliases": ["Joe News"]}
REPORTS = {
    "name": {"name": "JOE"},
    "host": {"name": "www.Joe.example"},
    "both": {"name": "Joe", "domain": "joe.example"},
}


@pytest.mark.parametrize("mention", REPORTS)
@pytest.mark.parametrize("first", [True, False], ids=["outlet-first", "report-first"])
def test_outlet_line_and_reports(world, mention, first):
    """
    R21a: the line of an outlet completes the outlet that a report created, so their order does not matter.
    """
    claim = {"type": "claim", "external_id": "a", "text": "It opens."}
    filed = {"outlet": REPORTS[mention], "published_at": "2026-01-01T00:00:00Z"}
    lines = [FULL, claim | {"reports": [filed]}] if first else [claim | {"reports": [filed]}, FULL]
    for _ in range(2):
        load_all(world.runtime.db, world.runtime.cache, lines)

    [outlet] = outlets(world)
    assert ("Joe", ["joe.example"], ["Joe News"]) == tuple(outlet[name] for name in ("name", "domains", "aliases"))
    assert outlet["slug"] == claims(world)["a"][2][0]["outlet"]


def test_outlet_line_that_breaks_a_rule(world):
    """
    A line that would complete an outlet and breaks a rule changes nothing.
    """
    world.record(report("Joe"))
    world.outlet("Owner", domains=["owner.example"])
    results = [
        load_lines(world.runtime.db, world.runtime.cache, [FULL | members])[0].error
        for members in ({"parent": "joe"}, {"parent": "nobody"}, {"domains": ["joe.example", "owner.example"]})
    ]

    assert ["InvalidBody", "InvalidBody", "SlugTaken"] == [type(error).__name__ for error in results]
    assert ["joe"] == [outlet["slug"] for outlet in outlets(world, kind="website", q="joe")]


def test_link_keeps_the_earlier_version(world):
    """
    R21a: a name or domain that a report adds to an outlet keeps the outlet's earlier version, so the line of the outlet
    is still recognised.
    """
    line = {"type": "outlet", "name": "Joe"}
    lines = [line] + [
        {"type": "claim", "external_id": str(number), "text": "It opens.", "reports": [{"outlet": outlet, **ON}]}
        for number, outlet in enumerate([REPORTS["both"], {"name": "Joseph", "domain": "joe.example"}])
    ]
    load_all(world.runtime.db, world.runtime.cache, lines)
    again = load_lines(world.runtime.db, world.runtime.cache, lines)

    assert {"unchanged"} == {result.status for result in again}
    assert [{"slug": "joe", "name": "Joe", "domains": ["joe.example"], "aliases": ["Joseph"]}] == outlets(world)
    assert [] == list(verify_ledger(world.runtime.db))


@pytest.mark.parametrize("names", [["M\u00fcller", "muller"], ["muller", "M\u00fcller"]])
def test_transliteration_is_another_name(world, names):
    """
    R21a: accents matter in a name, whatever the order, although both names have the same slug.
    """
    reports = [report(name) for name in names]

    assert 2 == len({one["outlet"] for one in world.record(*reports)["reports"]})
    assert 2 == len(outlets(world))


@pytest.mark.parametrize("slug", ["suddeutsche-zeitung", "sz"])
@pytest.mark.parametrize("apart", [True, False])
def test_slug_as_a_name(world, slug, apart):
    """
    A name that is the slug of an outlet means that outlet, also of one created by the same call.
    """
    world.outlet("S\u00fcddeutsche", slug="sz")
    name = "S\u00fcddeutsche" if slug == "sz" else "S\u00fcddeutsche Zeitung"
    batches = [[report(name)], [report(slug)]] if apart else [[report(name), report(slug, "2026-01-02T00:00:00Z")]]
    filed = [one["outlet"] for batch in batches for one in world.record(*batch)["reports"]]

    assert [slug, slug] == filed


BLANK = "\u200b \u00ad\u3164"


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": BLANK}, "/text"),
        ({"topic": BLANK}, "/topic"),
        ({"tags": ["a", BLANK]}, "/tags/1"),
        ({"group": BLANK}, "/group"),
        ({"external_id": BLANK}, "/external_id"),
        ({"reports": [report(quote=BLANK)]}, "/reports/0/quote"),
        ({"reports": [report(BLANK)]}, "/reports/0/outlet/name"),
        ({"reports": [report(relays={"outlet": None, "cited_as": BLANK})]}, "/reports/0/relays/cited_as"),
    ],
)
def test_text_without_visible_characters(world, body, pointer):
    """
    R21a: a text without visible characters is rejected at its place.
    """
    response = world.post("/v1/claims", {"text": "It opens.", "reports": [report()], **body})

    assert_problem(response, 422, "invalid-body", pointer)


PEOPLE = (
    ["L'{0} \u00c9quipe", "l\u2019{0} \u00e9quipe", "L\u02bc{0}\u00a0\u00c9QUIPE", " L'{0}\u200b E\u0301quipe"],
    ["{0}joe.co.uk", "{0}Joe.co.uk", "WWW.{0}joe.co.uk", "https://www.{0}joe.co.uk/", "m.{0}joe.co.uk."],
    ["Sport-{0} Bild", "sport {0}\u2013bild", "\ufeffSPORT\u2011{0}\u3000BILD\u200f"],
)
"""The spellings of three outlets; `{0}` tells the outlets of one example from those of another."""
KEYED = ["Der {0} Spiegel", "der {0}  spiegel", "DER\u2009{0} Spiegel\u00ad"]
"""The spellings of an outlet that some reports give with its domain."""
mentions = st.integers(0, 3).flatmap(lambda who: st.tuples(st.just(who), st.integers(0, 4)))
files = st.lists(st.tuples(mentions, st.integers(0, 2), st.booleans()), min_size=1, max_size=8)
KNOWN_AT = "2024-03-01T12:00:00Z"
counter = itertools.count()


def lines_of(filed, token, spelt):
    """Return typed lines for mentions of outlets, in one spelling each, or in the spelling drawn."""
    for number, ((who, spelling), claim, supports) in enumerate(filed):
        names = [*PEOPLE, KEYED][who]
        outlet = {"name": names[spelling % len(names) if spelt else 0]}
        if who == 3 and spelling % 2:
            outlet["domain"] = "WWW.{0}Spiegel.de" if spelt else "{0}spiegel.de"
        moment = f"2024-02-{number + 1:02}T00:00:00Z"
        yield {
            "type": "claim",
            "external_id": f"{token}-{claim}-{number}",
            "text": "He\u2019s joining." if spelt and number % 2 else "He's joining.",
            "reports": [
                {
                    "outlet": {name: value.format(token) for name, value in outlet.items()},
                    "published_at": moment,
                    "stance": "support" if supports else "deny",
                }
            ],
            "resolution": {
                "verdict": "true" if claim else "false",
                "note": "Seen.",
                "known_at": "2024-03-01T00:00:00Z",
            },
        }


def record_of(world, token):
    """Return the outlets of an example with their domains and scores, without the token and the time."""
    found = []
    for outlet in world.get("/v1/outlets", query_string={"limit": 200, "q": token}).json["items"]:
        score = world.score(outlet["slug"])
        about = [outlet["slug"], outlet["domains"], score["counts"], score["reliability"], score["record"]]
        found.append(json.dumps(about).replace(token, "*"))
    return sorted(found)


@slow
@given(files, st.randoms(use_true_random=False))
def test_order_and_spelling_do_not_matter(world, filed, chance):
    """
    R21a: any order of lines, split into any files, in any spelling gives the same outlets, records and scores.
    """
    number = next(counter)
    plain, spelt = f"x{number}a", f"x{number}b"
    lines = list(lines_of(filed, spelt, spelt=True))
    chance.shuffle(lines)
    cut = chance.randint(0, len(lines))
    load_all(world.runtime.db, world.runtime.cache, lines_of(filed, plain, spelt=False))
    for part in (lines[:cut], lines[cut:]):
        load_all(world.runtime.db, world.runtime.cache, part)

    assert record_of(world, plain) == record_of(world, spelt)
