"""Recompute the scores of an export from its files alone, by record/2: `python recompute.py DIR [OUTLET]`."""

import json
import sys
from bisect import bisect
from datetime import datetime
from math import exp, hypot, lgamma, log
from pathlib import Path
from statistics import NormalDist


def below(x, a, b):  # probability that a Beta(a, b) variable has log-odds below x, by continued fraction (DLMF 8.17.22)
    fraction = 1
    if p(x) > (a + 1) / (a + b + 2):
        return 1 - below(-x, b, a)
    for k in range(int(100 + 10 * (a + b) ** 0.5), 0, -1):
        step = -(a + k // 2) * (a + b + k // 2) if k % 2 else k // 2 * (b - k // 2)
        fraction = 1 + step * p(x) / ((a + k - 1) * (a + k) * fraction)
    return exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(p(x)) + b * log(p(-x))) / (a * fraction)


p, odds = lambda x: 1 / (1 + exp(-x)), lambda share: log(share / (1 - share))
when, solve = datetime.fromisoformat, lambda y, f: bisect(range(10**14), y, key=lambda n: f(n / 1e12 - 50)) / 1e12 - 50
data = {file.stem: [json.loads(line) for line in file.open()] for file in Path(sys.argv[1]).glob("*.ndjson")}
start = {"id": "start", "kappa": 8, "offset": 0, "drift": 0.2, "shrinkage": [5, 5, 5], "rates": [], "basis": "resolved"}
context = [one for one in (start, *data["contexts"]) if one["basis"] == "resolved"][-1]
kappa, weights, cells = context["kappa"], [2, *context["shrinkage"]], {tuple(key): n for key, *n in context["rates"]}
(said, true), (denied, untrue) = (cells.get((stance,), (0, 0)) for stance in ("support", "deny"))
base = odds((true + denied - untrue + 1e9) / (said + denied + 2e9))
merged = {outlet["slug"]: outlet["merged_into"] or outlet["slug"] for outlet in data["outlets"]}
scored = {outlet["slug"] for outlet in data["outlets"] if outlet["scorable"] and sys.argv[2:] in ([], [outlet["slug"]])}
claims = {claim["external_id"]: claim for claim in data["claims"]}
answers = {one["claim"]: one for one in data["resolutions"] if one["verdict"] in ("true", "false", "partial")}
sides, records = {}, {}
for report in data["reports"]:
    answer = answers.get(report["claim"])
    if answer and report["stance"] in ("support", "deny") and when(report["published_at"]) < when(answer["known_at"]):
        sides.setdefault((merged[report["outlet"]], report["claim"]), []).append(report)
for (outlet, name), reports in sides.items():
    if outlet in scored and any(not one["relays"] or merged.get(one["relays"]["outlet"]) == outlet for one in reports):
        stance, topic, verdict = reports[-1]["stance"], claims[name]["topic"], answers[name]["verdict"]
        right = round(answers[name]["truth"], 9) if verdict == "partial" else int(verdict == "true")
        share, cell = 0.5, (stance, claims[name]["kind"], reports[-1]["commitment"])
        above = ["/".join(topic.split("/")[: n + 1]) for n in range(topic.count("/") + 1)] if topic else [None]
        for key in [cell[:1], cell[:2], cell, *((*cell, each) for each in above)]:
            (n, true), weight = cells.get(key, (0, 0)), weights[len(key) - 1]
            share = (true / 1e9 + weight * share) / (n / 1e9 + weight)
        e = min(max(p((odds(share) if stance == "support" else -odds(share)) + context["offset"]), 0.01), 0.99)
        records.setdefault(outlet, []).append((right if stance == "support" else 1 - right, e))
for outlet, pairs in sorted(records.items()):
    n, right, expected = len(pairs), *map(sum, zip(*pairs, strict=True))
    d = solve(right + kappa / 2, lambda x, pairs=pairs: sum(p(odds(e) + x) for _, e in pairs) + kappa * p(x))
    nu = kappa + sum(p(odds(e) + d) * p(-odds(e) - d) for _, e in pairs) / (2 * p(d) * p(-d))
    low, high = (solve(share, lambda x, d=d, nu=nu: below(x, p(d) * nu, p(-d) * nu)) - d for share in (0.05, 0.95))
    field = NormalDist().inv_cdf(0.95) * context["drift"]
    skills = {"mean": d, "lower": d - hypot(min(low, 0), field), "upper": d + hypot(max(high, 0), field)}
    told = {"outlet": outlet, "record": {"right": right, "expected": expected, "resolved": n}, "context": context["id"]}
    told["reliability"] = {x: sum(p(odds(e) + skills[x]) for _, e in pairs) / n for x in skills} | {"level": 0.9}
    told["adjusted"] = {name: p(base + x) for name, x in skills.items()} | {"reference": p(base)}
    print(json.dumps(told))
