"""The lists of the API, and rows for them that belong to one example"""

from __future__ import annotations

import itertools

from service.values.ids import new_id

DAYS = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 5)]
"""A few instants, so that many rows share one."""


class Stage:
    """A claim, an outlet and a topic of one example, so that examples can share a database."""

    def __init__(self, world):
        self.world, self.topic = world, str(new_id())
        self.outlet = world.outlet("Herald", slug=f"herald-{self.topic}")["slug"]
        self.parent = world.outlet("Parent", slug=f"parent-{self.topic}")["slug"]
        self.claims, self.reports = [], {}
        self.claim = self.add_claim(0)
        self._numbers = itertools.count()

    def report(self, day):
        # Each has another URL, so that it is a new report.
        return {"outlet": self.outlet, "published_at": DAYS[day], "url": f"https://example.org/{new_id()}"}

    def add_claim(self, day):
        """Record an overdue event, and return its id."""
        members = {"kind": "event", "resolves_by": DAYS[day], "topic": self.topic}
        self.claims.append(self.world.record(self.report(day), **members)["id"])
        return self.claims[-1]

    def add_report(self, day):
        return self._file(self.claim, day)

    def add_report_to_another(self, day):
        """Add a report to one of the newest claims."""
        self._file(self.claims[-1 - day % len(self.claims)], day)

    def _file(self, claim, day):
        filed = self.world.post(f"/v1/claims/{claim}/reports", self.report(day)).json
        self.reports[filed["id"]] = filed
        return filed["id"]

    def add_outlet(self, day):
        number = next(self._numbers)
        slug = f"{'dbca'[day]}-{number}-{self.topic}"
        return self.world.outlet("Below", slug=slug, parent=self.parent)["id"]

    def withdraw(self, _):
        if self.reports:
            report_id, _ = self.reports.popitem()
            answer = self.world.post(f"/v1/reports/{report_id}/withdrawal", {"reason": "By mistake."})
            assert 201 == answer.status_code, answer.text


def _key(*names, reverse=False):
    return lambda items: sorted(items, key=lambda item: tuple(item[name] for name in names), reverse=reverse) == items


LISTS = {
    "newest claims": ("/v1/claims", {"topic": "topic"}, {}, "add_claim", _key("id", reverse=True)),
    "oldest claims": ("/v1/claims", {"topic": "topic"}, {"sort": "oldest"}, "add_claim", _key("id")),
    "claims by date": ("/v1/claims", {"topic": "topic"}, {"sort": "due"}, "add_claim", _key("resolves_by", "id")),
    "due claims": ("/v1/claims", {"outlet": "outlet"}, {"status": "due"}, "add_claim", _key("id", reverse=True)),
    "reports of an outlet": (
        "/v1/outlets/{outlet}/reports",
        {},
        {},
        "add_report",
        _key("published_at", "id", reverse=True),
    ),
    "reports of a claim": ("/v1/claims/{claim}/reports", {}, {}, "add_report", _key("published_at")),
    "outlets": ("/v1/outlets", {"parent": "parent"}, {}, "add_outlet", _key("slug")),
    "queue": ("/v1/queue", {}, {}, "add_claim", _key("resolves_by")),
}
