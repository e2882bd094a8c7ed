"""Explanations of many claims: under a fitted context, and loaded in any order"""

from __future__ import annotations

import datetime as dt
import itertools
import random

from hypothesis import example, given
from hypothesis import strategies as st

from service.scores.context_refit import refit_context
from tests.support.examples import costly
from tests.support.explanations import all_pages, assert_adds_up
from tests.support.load_lines import load_all

_EXAMPLES = itertools.count()


def lines_of(outlet, claims):
    """Return flat lines of an outlet's claims, given as (stance, commitment, topic, outcome)."""
    for number, (stance, commitment, topic, outcome) in enumerate(claims):
        yield {
            "outlet": outlet,
            "claim_id": f"{outlet}-{number}",
            "claim": f"Claim {number}.",
            "stance": stance,
            "commitment": commitment,
            "topic": topic,
            "published_at": "2026-01-01",
            "outcome": outcome,
            "resolved_at": f"2026-02-{1 + number % 28:02}",
        }


def test_under_a_fitted_context(world):
    """
    R19: contributions also sum up under a fitted context with different rates for different claims.
    """
    rng = random.Random(4)  # noqa: S311 - any numbers will do
    outlets = {
        name: [
            (stance, commitment, topic, rng.choices([0, 0.4, 1], [4, 1, 2 if stance == "support" else 1])[0])
            for stance, commitment, topic in rng.choices(
                [("support", 1, "a"), ("support", 4, "b"), ("deny", None, "a")], k=size
            )
        ]
        for name, size in (("Herald", 150), ("Echo", 80))
    }
    load_all(
        world.runtime.db,
        world.runtime.cache,
        [line for name, claims in outlets.items() for line in lines_of(name, claims)],
    )
    refit_context(world.runtime.db, world.runtime.cache, now=dt.datetime.now(dt.UTC))

    for outlet, topic in itertools.product(("herald", "echo"), (None, "a")):
        query = {"topic": topic} if topic else {}
        explanation, score = all_pages(world, outlet, limit=60, **query), world.score(outlet, **query)
        assert_adds_up(explanation)
        assert ("ctx_1", score["reliability"]) == (explanation["context"]["id"], explanation["reliability"])
        assert len({one["expected"] for one in explanation["contributions"]}) > 1


told = st.tuples(
    st.sampled_from(["support", "deny"]),
    st.sampled_from([None, 1, 4]),
    st.sampled_from([None, "a"]),
    st.sampled_from([0, 1, 0.3]),
)


# The database is shared by the examples; each looks at outlets of its own.
@costly
@example([("support", 1, None, 1)] * 3, 0)
@given(st.lists(told, min_size=1, max_size=7), st.randoms(use_true_random=False).map(lambda rng: rng.random()))
def test_any_order_gives_the_same_explanation(world, claims, seed):
    """
    R11: the order in which claims are loaded does not change the sums, the formula or the contributions.
    """
    names = [f"Paper {next(_EXAMPLES)}" for _ in range(2)]
    in_order, shuffled = (list(lines_of(name, claims)) for name in names)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - Hypothesis draws the seed
    load_all(world.runtime.db, world.runtime.cache, in_order)
    load_all(world.runtime.db, world.runtime.cache, shuffled)

    explanations = [all_pages(world, name.lower().replace(" ", "-"), limit=3) for name in names]

    for one in explanations:
        assert_adds_up(one)
        one["contributions"] = sorted(
            ({name: value for name, value in part.items() if name != "claim"} for part in one["contributions"]),
            key=lambda part: part["text"],
        )
        for side in ("raised", "lowered"):  # claims that raised it equally are in the order of their ids
            one[side] = [part["share"] for part in one[side]]
        for name in ("outlet", "as_of", "next_cursor", "computed_at"):
            del one[name]
    assert explanations[0] == explanations[1]
