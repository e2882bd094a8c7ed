"""Forecasts in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import OneOf

from service.schemas import shown
from service.schemas.claims import INDEPENDENT_ROOTS, ROOTS, RootsOut
from service.schemas.fields import Answer, Body
from service.schemas.lens_queries import level
from service.schemas.score_parts import IntervalOut
from service.schemas.scores import METHOD

_NULL = "null if closed or decided"


class ForecastQuery(Body):
    """The query parameters of a forecast."""

    level = level()


class ForecastPartOut(Answer):
    """One fact about a claim, its reports or its rivals, with its contribution to the forecast."""

    feature = shown.text(
        "The name of the fact in the method: `statement`, `outlet`, `repetition`, `others`, `records`, `probability`, "
        "`precedents`, `rivals` (their number), or `its_rivals` (their forecasts)."
    )
    words = shown.text("The fact in words.")
    log_odds = shown.number("The contribution in log-odds; negative if it makes the claim less likely.")
    points = shown.number(
        "The change of the probability, in percentage points, when the contribution is added after the ones "
        "before it; negative if it makes the claim less likely. The changes add up to `probability` minus "
        "`base_probability`."
    )


class KeptForecastOut(Answer):
    """The forecast of a claim on a past day."""

    day = ma.fields.Date(required=True, metadata={"description": "The day, in UTC."})
    probability = shown.share("The probability that the claim would prove true.")


class ForecastOut(Answer):
    """The probability that an open claim proves true, given the outlets that report it."""

    claim = shown.identifier("The id of the claim.")
    status = shown.text(
        "`rated`: there is a forecast; `insufficient`: too few claims are resolved, or no report on this "
        "claim counts, so the probability is only the base rate; `closed`: the claim is resolved or an "
        "opinion; `decided`: another claim of its group is true.",
        validate=OneOf(["rated", "insufficient", "closed", "decided"]),
    )
    decided_by = shown.identifier(
        "The id of the claim of the same group that is true; null unless the status is `decided`.", allow_none=True
    )
    probability = shown.share(
        f"The probability that the claim proves true; {_NULL}. The probabilities of all open claims of a group sum to "
        "at most 1.",
        allow_none=True,
    )
    interval = shown.part(IntervalOut, f"The credible interval of the probability; {_NULL}.", allow_none=True)
    trained_on = shown.count(
        "The number of resolved claims that the method was trained on. A claim that is resolved before its "
        f"`resolves_by` is included once that date has passed; {_NULL}.",
        allow_none=True,
    )
    independent_roots = shown.count(INDEPENDENT_ROOTS)
    roots = shown.part(RootsOut, ROOTS)
    base = shown.number(
        f"The log-odds of the claim before its reports are taken into account; {_NULL}.", allow_none=True
    )
    base_probability = shown.share(f"`base` as a probability; {_NULL}.", allow_none=True)
    contributions = shown.parts(
        ForecastPartOut,
        "The contributions of the reports and of rival claims, the largest first. Together with `base` they "
        "add up to the log-odds of the probability.",
    )
    kept = shown.parts(KeptForecastOut, "The forecasts of past days, the oldest first.")
    method = shown.text(METHOD)
