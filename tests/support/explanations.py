"""Explanations of scores, and the sums that they must have."""

from __future__ import annotations

from math import fsum

import pytest

from service.methods.beta import logistic, logit


def explain(world, outlet="herald", **query):
    """Return an explanation."""
    response = world.get(f"/v1/outlets/{outlet}/score/explanation", query_string=query)
    assert 200 == response.status_code, response.text
    return response.json


def all_pages(world, outlet="herald", **query):
    """Return the first page of an explanation, with the contributions of all pages."""
    first = page = explain(world, outlet, **query)
    while page["next_cursor"] is not None:
        page = explain(world, outlet, **query, cursor=page["next_cursor"])
        first["contributions"] += page["contributions"]
    return first


def assert_adds_up(explanation):
    """R19: check that the prior and the contributions yield the estimate by the formula, to 1e-9."""
    sums, prior = explanation["sums"], explanation["prior"]
    n, k, kappa, m = sums["n"], sums["k"], prior["kappa"], prior["m"]
    shift = logit((k + kappa * m) / (n + kappa)) - logit(m)
    total = fsum(part["log_odds"] for part in explanation["contributions"])
    assert n == len(explanation["contributions"]) == explanation["record"]["resolved"]
    assert pytest.approx(k, abs=1e-9) == fsum(part["right"] for part in explanation["contributions"])
    assert pytest.approx(sums["expected"], abs=1e-9) == fsum(part["expected"] for part in explanation["contributions"])
    assert pytest.approx((shift, shift), abs=1e-9) == (sums["d"], total)
    mean = logistic(logit(sums["reference"]) + total)
    assert pytest.approx(mean, abs=1e-9) == explanation["reliability"]["mean"]
