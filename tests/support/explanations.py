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
    """R19: check that the contributions yield the skill and the estimates by the formula, to 1e-9."""
    sums, parts = explanation["sums"], explanation["contributions"]
    n, right, kappa = sums["n"], sums["right"], sums["kappa"]
    assert n == len(parts) == explanation["record"]["resolved"]
    assert pytest.approx(right, abs=1e-9) == fsum(part["right"] for part in parts)
    assert pytest.approx(sums["expected"], abs=1e-9) == fsum(part["expected"] for part in parts)
    assert pytest.approx(sums["t"], abs=1e-9) == 0.5 + fsum(part["share"] for part in parts)
    assert pytest.approx(sums["d"], abs=1e-9) == logit(sums["t"])
    pulled = (right - kappa * (sums["t"] - 0.5)) / n
    assert pytest.approx(pulled, abs=1e-9) == explanation["reliability"]["mean"]
    adjusted = explanation["adjusted"]
    assert pytest.approx(logistic(logit(adjusted["reference"]) + sums["d"]), abs=1e-9) == adjusted["mean"]
