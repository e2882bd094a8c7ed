"""Recompute the scores of an export from its files alone, by record/1: `python recompute.py DIR [OUTLET]`."""

import json
import sys
from bisect import bisect
from datetime import datetime
from math import exp, lgamma, log
from pathlib import Path


def rate(*cell):  # how often such claims prove true: the share of each cell, shrunk towards the next wider one's
    share, weight = 0.5, 2
    for width in (1, 2, 3, 4):
        n, true = cells.get(cell[:width], (0, 0))
        share, weight = (true + weight * share) / (n + weight), 5
    return share


def below(x, a, b):  # probability that a Beta(a, b) variable has log-odds below x, by continued fraction (DLMF 8.17.22)
    p, fraction = 1 / (1 + exp(-x)), 1
    if p > (a + 1) / (a + b + 2):
        return 1 - below(-x, b, a)
    for k in range(int(100 + 10 * (a + b) ** 0.5), 0, -1):
        step = -(a + k // 2) * (a + b + k // 2) if k % 2 else k // 2 * (b - k // 2)
        fraction = 1 + step * p / ((a + k - 1) * (a + k) * fraction)
    return exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(p) + b * log(1 - p)) / (a * fraction)


def quantile(share, a, b):  # its log-odds, by halving; beyond -60 and 60 no digit of a score would change
    return bisect(range(120 * 10**12), share, key=lambda step: below(step / 1e12 - 60, a, b)) / 1e12 - 60


data = {file.stem: [json.loads(line) for line in file.open()] for file in Path(sys.argv[1]).glob("*.ndjson")}
context = [{"id": "start", "kappa": 8, "rates": []}, *data["contexts"]][-1]
cells, kappa = {tuple(cell): (n / 1e9, true / 1e9) for cell, n, true in context["rates"]}, context["kappa"]
(said, true), (denied, untrue) = (cells.get((stance,), (0, 0)) for stance in ("support", "deny"))
reference = (true + denied - untrue + 1) / (said + denied + 2)
merged = {outlet["slug"]: outlet["merged_into"] or outlet["slug"] for outlet in data["outlets"]}
scored = {outlet["slug"] for outlet in data["outlets"] if outlet["scorable"] and sys.argv[2:] in ([], [outlet["slug"]])}
claims = {claim["external_id"]: claim for claim in data["claims"]}
answers = {one["claim"]: one for one in data["resolutions"] if one["verdict"] in ("true", "false", "partial")}
sides, records, when = {}, {}, datetime.fromisoformat
for report in data["reports"]:
    answer = answers.get(report["claim"])
    if answer and report["stance"] in ("support", "deny") and when(report["published_at"]) < when(answer["known_at"]):
        sides.setdefault((merged[report["outlet"]], report["claim"]), []).append(report)
for (outlet, name), reports in sides.items():
    if outlet in scored and any(not one["relays"] or merged.get(one["relays"]["outlet"]) == outlet for one in reports):
        stance, claim, verdict = reports[-1]["stance"], claims[name], answers[name]["verdict"]
        right = round(answers[name]["truth"], 9) if verdict == "partial" else int(verdict == "true")
        expected = rate(stance, claim["kind"], reports[-1]["commitment"], claim["topic"])
        records.setdefault(outlet, []).append((right, expected) if stance == "support" else (1 - right, 1 - expected))
for outlet, pairs in sorted(records.items()):
    n, right, expected = len(pairs), *map(sum, zip(*pairs, strict=True))
    mu, nu = (right + kappa * (m := min(max(expected / n, 0.01), 0.99))) / (n + kappa), kappa + n / 2
    odds = [mu / (1 - mu), *(exp(quantile(share, mu * nu, (1 - mu) * nu)) for share in (0.05, 0.95))]
    mean, lower, upper = (1 / (1 + m / (1 - m) * (1 - reference) / reference / each) for each in odds)
    reliability = {"mean": mean, "lower": min(lower, mean), "upper": max(upper, mean), "level": 0.9}
    record = {"right": right, "expected": expected, "reference": reference, "resolved": n}
    print(json.dumps({"outlet": outlet, "reliability": reliability, "record": record, "context": context["id"]}))
