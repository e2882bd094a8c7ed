"""R14b: any sequence of calls by keys without resolutions:write, on a claim that is resolved"""

from __future__ import annotations

import itertools
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from service.values.vocabulary import Scope, Stance
from tests.support.examples import costly
from tests.support.world import report

_NUMBERS = itertools.count()
MOMENTS = [f"2026-0{month}-01T00:00:00Z" for month in range(1, 6)]
KNOWN = "2026-03-15T00:00:00Z"
LETTERS = "abcd"
_ANY = {"If-Match": "*"}


@st.composite
def reports(draw, letters=LETTERS):
    """Draw a report of one of the outlets of a scene, as a function of the number of the scene."""
    stance = draw(st.sampled_from(Stance))
    members = {"stance": stance, "commitment": draw(st.sampled_from([None, 1, 4]))}
    if stance.takes_side:
        low, high = (0.5, 1) if stance is Stance.SUPPORT else (0, 0.5)
        members["probability"] = draw(st.none() | st.floats(low, high))
    letter, cited = draw(st.sampled_from(letters)), draw(st.sampled_from([*["none"] * 6, "unknown", *LETTERS]))
    return partial(_report, letter, draw(st.sampled_from(MOMENTS)), "none" if cited == letter else cited, members)


def _report(letter, published_at, cited, members, number):
    if cited != "none":
        members = members | {"relays": {"outlet": None if cited == "unknown" else f"paper-{number}-{cited}"}}
    return report(f"Paper {number} {letter}", published_at, **members)


def add(key, claim, number, drawn):
    return key.post(f"/v1/claims/{claim['id']}/reports", drawn(number))


def change(key, claim, _number, members):
    return key.patch(f"/v1/claims/{claim['id']}", members, headers=_ANY)


def withdraw(key, claim, _number, index):
    filed = claim["reports"][index % len(claim["reports"])]
    return key.post(f"/v1/reports/{filed['id']}/withdrawal", {"reason": "Of another day."})


def correct(key, claim, _number, index_and_members):
    index, members = index_and_members
    filed = claim["reports"][index % len(claim["reports"])]
    return key.patch(f"/v1/reports/{filed['id']}", members, headers=_ANY)


def resend(key, claim, number, drawn):
    body = {"text": claim["text"], "external_id": claim["external_id"], "reports": [drawn(number)]}
    return key.post("/v1/claims", body)


def dispute(key, claim, _number, reason):
    return key.post(f"/v1/claims/{claim['id']}/disputes", {"reason": reason})


changes = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["It did.", "It did not."]),
        "topic": st.sampled_from(["a", "b"]),
        "group": st.sampled_from(["g", None]),
        "resolves_by": st.sampled_from([None, *MOMENTS]),
    },
)
corrections = st.fixed_dictionaries(
    {}, optional={"stance": st.sampled_from(["support", "deny", "query"]), "probability": st.none(), "quote": st.none()}
)
indexes = st.integers(0, 9)
additions = st.tuples(st.just(add), reports())
calls = st.one_of(
    additions,
    additions,
    additions,
    st.tuples(st.just(change), changes),
    st.tuples(st.just(withdraw), indexes),
    st.tuples(st.just(correct), st.tuples(indexes, corrections)),
    st.tuples(st.just(resend), reports()),
    st.tuples(st.just(dispute), st.sampled_from(["It did.", "It did not."])),
)


def records(world, number):
    """Return what the scores of the outlets count, for each outlet that has a resolved claim."""
    found = {}
    for letter in LETTERS:
        if (response := world.get(f"/v1/outlets/paper-{number}-{letter}/score")).status_code == 200:
            score = response.json
            counts = {name: score["counts"][name] for name in ("resolved", "correct", "incorrect", "support", "deny")}
            if counts["resolved"] or score["relay"]["resolved"]:
                found[letter] = counts, score["record"], score["relay"], score["brier"]
    return found


# The database is shared by the examples; each looks at outlets of its own.
@costly
@given(
    st.tuples(reports("a"), reports("b"), reports("abc")),
    st.sampled_from(["true", "false"]),
    st.lists(st.tuples(st.booleans(), calls), min_size=3, max_size=12),
)
def test_record_after_the_resolution(world, filed, verdict, sequence):
    """
    R14b: after the resolution, no calls of keys with claims:write alone change what was scored of any outlet.
    """
    number = next(_NUMBERS)
    filer, other = (world.with_scopes(Scope.CLAIMS_WRITE) for _ in range(2))
    for letter in LETTERS:
        world.outlet(f"Paper {number} {letter}")
    recorded = filer.post(
        "/v1/claims",
        {"text": "It did.", "external_id": f"{number}", "reports": [each(number) for each in filed]},
    )
    if recorded.status_code != 201:  # a cycle of relays, or a report that repeats another and differs
        assert recorded.status_code in (409, 422), recorded.text
        return
    world.resolve(recorded.json, verdict, known_at=KNOWN)
    before = records(world, number)

    for is_filer, (call, argument) in sequence:
        claim = world.claim(recorded.json)
        response = call(filer if is_filer else other, claim, number, argument)
        assert response.status_code < 500, response.text

    after = records(world, number)
    assert before == {letter: after.get(letter) for letter in before}
    now = world.claim(recorded.json)
    assert [recorded.json[name] for name in ("text", "topic", "group")] == [now[n] for n in ("text", "topic", "group")]
