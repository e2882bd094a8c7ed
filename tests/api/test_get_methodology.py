"""GET /v1/methodology"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from importlib import resources
from string import Formatter

import pytest

from service.methods import calibration, cells, claim, context_parameters, forecast, rates, reliability, tally
from service.methods.commitment_lexicon import LEXICON_VERSION
from service.methods.forecast import likelihood
from service.methods.forecast.models import MODELS
from service.methods.reliability import CellRecord, Skill
from service.scores import context_refit
from service.scores.method_parameters import VALUES
from service.storage.models import ContextRow
from service.values.vocabulary import ClaimKind, Stance

pytestmark = pytest.mark.sqlite_alone  # words and numbers of the code

WORDS = tomllib.loads(resources.files("service.scores").joinpath("methodology.toml").read_text("utf-8"))
SECTIONS = pytest.mark.parametrize("section", WORDS)


def get(world):
    response = world.get("/v1/methodology")
    assert 200 == response.status_code, response.text
    return response.json


def parameters(told):
    return {one["name"]: one["value"] for one in told["parameters"]}


def test_every_method_is_told(shared_world):
    """
    R17: each version that a response may name has a title, words, parameters and sources.
    """
    told = get(shared_world)

    assert [reliability.METHOD, forecast.METHOD, LEXICON_VERSION] == [one["name"] for one in told["methods"]]
    for one in (*told["methods"], told["contexts"]):
        assert one["title"]
        assert one["words"]
        assert one["parameters"]
        assert not re.search("[{}]", "".join(one["words"]))


def test_parameters_are_those_in_use(shared_world):
    """
    The parameters are those of the code.
    """
    told = get(shared_world)
    record, learned, read = map(parameters, told["methods"])

    assert {
        "expected_within": list(tally.EXPECTED_WITHIN),
        "rated_from": reliability.RATED_FROM,
        "levels": list(reliability.LEVELS),
        "bins": calibration.BINS,
        "backfilled_after": claim.BACKFILL / dt.timedelta(days=1),
    } == record
    terms = {term for model in MODELS for term in model.terms}
    assert {term.name: [term.mean, term.deviation] for term in terms} == learned["weights"]
    assert len(terms) == len(learned["weights"])
    assert (forecast.ENOUGH, list(likelihood.COPYING)) == (learned["enough"], learned["copying"])
    assert [1, 2, 3, 4] == read["levels"]
    assert {
        "fitted_from": tally.FITTED_FROM,
        "refit_after": context_refit.REFIT_AFTER / dt.timedelta(days=1),
        "shrinkage": rates.SHRINKAGE,
        "root_rate": rates.ROOT_RATE,
        "root_weight": rates.ROOT_WEIGHT,
        "shrinkage_within": [context_parameters.SHRINKAGES[0], context_parameters.SHRINKAGES[-1]],
        "kappa_within": [context_parameters.KAPPAS[0], context_parameters.KAPPAS[-1]],
        "drift": tally.UNFITTED_DRIFT,
    } == parameters(told["contexts"])


@SECTIONS
def test_words_hold_no_numbers_of_their_own(section):
    """
    The words contain no literal numbers, so that none can be out of date.
    """
    written = " ".join(WORDS[section]["words"]) + " ".join(WORDS[section]["parameters"].values())

    assert not re.findall("[0-9]", re.sub(r"\{\w+\}", "", written))


@SECTIONS
def test_every_number_has_words(section):
    """
    Each parameter of the code is explained, and the words use no other parameter.
    """
    explained = list(WORDS[section]["parameters"])
    asked = {name for text in WORDS[section]["words"] for _, name, _, _ in Formatter().parse(text) if name}

    assert list(VALUES[section]) == explained
    assert asked <= set(explained)


def test_words_follow_the_numbers(shared_world, monkeypatch):
    """
    The words follow a changed parameter.
    """
    monkeypatch.setitem(VALUES["record"], "rated_from", 31)

    assert "Below 31 resolved claims" in " ".join(get(shared_world)["methods"][0]["words"])


def of_claims(number):
    """Return the counts of so many resolved claims."""
    cell = cells.Cell(Stance.SUPPORT, ClaimKind.FACT, None, None)
    return {cell: rates.TruthCount(number * rates.UNIT, 0)}


def test_shares_written_out_in_words():
    """
    Halves and tenths in the words match the code.
    """
    ten = Skill((CellRecord(10, 5.0, 0.5),), kappa=8.0)
    said = {section: " ".join(" ".join(told["words"]).split()) for section, told in WORDS.items()}
    fitted = ContextRow(contexts={"resolved": {"claims": 1000}}, recorded_at=dt.datetime.now(dt.UTC))

    assert "kappa, and half of the information in the record" in said["record"]
    assert 8 + 10 / 2 == ten.nu
    assert all("grown by a tenth" in said[section] for section in ("context", "forecast"))
    assert [False, True] == [forecast.is_due(reports=n, fitted=1000) for n in (1099, 1100)]
    due = [context_refit._is_due(None, fitted, of_claims(n), now=fitted.recorded_at) for n in (1099, 1100)]  # noqa: SLF001
    assert [False, True] == due


def test_starting_context(world):
    """
    Without a fitted context, the newest context is the starting one.
    """
    told = get(world)["contexts"]

    assert {
        "id": "start",
        "as_of": None,
        "kappa": 8,
        "offset": 0,
        "drift": 0.2,
        "shrinkage": {"kind": 5, "commitment": 5, "topic": 5},
        "claims": 0,
    } == told["starting"]
    assert told["starting"] == told["resolved"] == told["matured"]


def test_newest_context(world):
    """
    The newest contexts have their date and their fitted numbers; a basis with few claims has those of the start.
    """
    for number in (1, 2):
        recorded_at = dt.datetime(2026, 5, number, tzinfo=dt.UTC)
        fitted = {"kappa": 9.5 + number, "offset": 0.1, "drift": 0.3, "shrinkage": [1, 2, 3], "cells": []}
        contexts_of_bases = {"resolved": fitted | {"claims": 0}, "matured": None}
        with world.runtime.db.write() as session:
            session.add(ContextRow(number=number, contexts=contexts_of_bases, recorded_at=recorded_at))

    world.record()
    told = get(world)["contexts"]

    dated = {"id": "ctx_2", "as_of": "2026-05-02T00:00:00Z", "claims": 0}
    shrinkage = {"kind": 1, "commitment": 2, "topic": 3}
    assert dated | {"kappa": 11.5, "offset": 0.1, "drift": 0.3, "shrinkage": shrinkage} == told["resolved"]
    assert told["starting"] | dated == told["matured"]
    assert told["resolved"]["id"] == world.score()["context"]["id"]
    assert "start" == told["starting"]["id"]


def test_not_modified(shared_world):
    """
    A conditional request gets 304.
    """
    tag = shared_world.get("/v1/methodology").headers["ETag"]
    again = shared_world.get("/v1/methodology", headers={"If-None-Match": tag})

    assert (304, b"") == (again.status_code, again.data)
