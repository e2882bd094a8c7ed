"""The table of docs/rights.md, and a call for each of its rows"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.access.authenticate import granted
from service.storage.models import Entry
from service.transfer.files.options import FileOptions
from service.transfer.jobs import queue_import
from service.transfer.uploads import ImportOptions, receive_upload
from service.values.instants import utc_now
from service.values.vocabulary import Caller, Scope
from tests.support.import_jobs import IMPORTS, send_file
from tests.support.load_lines import load
from tests.support.submissions import VERIFIED, pending, send_dispute, send_reply
from tests.support.world import NOTE, report

DOCUMENT = Path(__file__).parents[2] / "docs" / "rights.md"
WRITE, RESOLVE, OWN = Scope.CLAIMS_WRITE, Scope.RESOLUTIONS_WRITE, Scope.RESOLUTIONS_OWN
KEYS = {
    "none": [Scope.READ],
    "filer": [WRITE],
    "other": [WRITE],
    "checker": [RESOLVE],
    "filing checker": [WRITE, RESOLVE],
    "owner": [WRITE, RESOLVE, OWN],
    "editor": [Scope.OUTLETS_WRITE],
    "admin": [Scope.ADMIN],
}
"""The scopes of the keys of the table."""
FILERS = ("filer", "filing checker", "owner")
EARLY, LATE, KNOWN = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
_NUMBERS = itertools.count()


class Row(NamedTuple):
    """A row of the table."""

    write: str
    operation: str
    cells: Mapping[str, str]
    """A cell for each key: yes, open or no."""


def read_table():
    """Return the rows of the table."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [
        Row(write, operation.strip("`"), dict(zip(header[2:], cells, strict=True))) for write, operation, *cells in rows
    ]


class Loaded(NamedTuple):
    """The result of a line or of a claim of a batch, as a response."""

    status_code: int
    json: Mapping[str, object]
    written: int
    """The number of rows that it has written."""


class Keys:
    """The keys of the table, and two other ones that file claims and reports."""

    def __init__(self, world):
        self.named = {name: world.with_scopes(*scopes) for name, scopes in KEYS.items()}
        self.third, self.fourth = world.with_scopes(WRITE), world.with_scopes(WRITE)


class Scene:
    """A claim on which the tried key, or else a third key, has a report, and so has a fourth key."""

    def __init__(self, world, keys, name, *, resolved):
        self.admin, self.key, self.third, self.fourth = world, keys.named[name], keys.third, keys.fourth
        self.number = next(_NUMBERS)
        self.external_id = f"scene-{self.number}"
        self._filer, self._resolved = (self.key if name in FILERS else self.third), resolved

    @cached_property
    def claim(self):
        claim = self._filer.record(self.report("a"), topic="roads", external_id=self.external_id)
        path = f"/v1/claims/{claim['id']}"
        self.fourth.post(f"{path}/reports", self.report("b"))
        if self._resolved:
            self.admin.resolve(claim, "true", known_at=KNOWN)
        return self.admin.claim(claim)

    @property
    def path(self):
        return f"/v1/claims/{self.claim['id']}"

    @property
    def supersedes(self):
        """Return the member of a resolution that names the one in effect, if there is one."""
        return {"supersedes": self.claim["resolution"]["id"]} if self._resolved else {}

    def report(self, letter, published_at=EARLY, **members):
        """Return a report of one of the outlets of the scene."""
        return report(f"Outlet {self.number} {letter}", published_at, **members)

    def outlet(self, letter):
        """Return the path of a new outlet."""
        return f"/v1/outlets/{self.admin.outlet(f'Outlet {self.number} {letter}')['slug']}"

    def withdraw(self, key, index):
        return key.post(f"/v1/reports/{self.claim['reports'][index]['id']}/withdrawal", {"reason": "Of another day."})

    def correct(self, index):
        path = f"/v1/reports/{self.claim['reports'][index]['id']}"
        return self.key.patch(path, {"probability": 0.9}, headers={"If-Match": "*"})

    def change(self, **members):
        return self.key.patch(self.path, members, headers={"If-Match": "*"})

    def load(self, **line):
        """Load a line with the tried key."""
        me, at = self.key.get("/v1/me").json, self.admin.runtime
        caller = Caller(UUID(me["id"]), granted(me["scopes"]))
        before = self.admin.count(Entry)
        [result] = load(at.db, at.cache, [line], caller=caller)
        status, document = (201, {}) if result.error is None else (result.error.status, result.error.document())
        return Loaded(status, document, self.admin.count(Entry) - before)

    def written(self, response):
        """Return the number of rows that a call, a line or a claim of a batch has written."""
        if isinstance(response, Loaded):
            return response.written
        entries = sa.select(sa.func.count()).where(Entry.request_id == response.headers["X-Request-ID"])
        with self.admin.runtime.db.read() as session:
            return session.scalar(entries)

    def dispute(self):
        """Return the path of a third key's dispute: of the resolution in effect, or of one that was withdrawn."""
        passing = None if self._resolved else self.admin.resolve(self.claim, "false", known_at=KNOWN)
        dispute = self.third.post(f"{self.path}/disputes", {"reason": "It did."}).json
        if passing is not None:
            self.admin.resolve(self.claim, None, supersedes=passing["id"])
        return f"/v1/disputes/{dispute['id']}"

    def submission(self):
        """Return the path of a dispute from the public form: of the resolution in effect, or of a withdrawn one."""
        passing = None if self._resolved else self.admin.resolve(self.claim, "false", known_at=KNOWN)
        send_dispute(self.admin, self.claim, sender=self.external_id)
        if passing is not None:
            self.admin.resolve(self.claim, None, supersedes=passing["id"])
        return f"/v1/pending/{pending(self.admin, limit=200)[-1]['id']}"

    def reply(self):
        """Return the path of a reply from the public form."""
        send_reply(self.admin, outlet=self.claim["reports"][0]["outlet"], sender=self.external_id)
        return f"/v1/pending/{pending(self.admin, limit=200)[-1]['id']}"

    def merge(self):
        """Return the path of a merge of two outlets."""
        outlet, into = self.outlet("c"), self.outlet("d")
        self.admin.post(f"{outlet}/merge", {"into": into.rpartition("/")[2]})
        return f"{outlet}/merge"

    def merge_claims(self, key):
        """Merge the claim into a new one with a key."""
        target = self.admin.record(self.report("d"), text="The same.")
        return key.post(f"{self.path}/merge", {"into": target["id"]})

    def other_key(self):
        """Return the path of another key."""
        return f"/v1/keys/{self.admin.with_scopes(Scope.READ).get('/v1/me').json['id']}"


def resolve(scene):
    return scene.key.post(f"{scene.path}/resolutions", {"verdict": "false", "note": NOTE, **scene.supersedes})


def resolve_in_batch(scene):
    """Send the claim of the scene again, with a resolution, and return the result of this claim."""
    claim, before = scene.claim, scene.admin.count(Entry)
    again = {name: claim[name] for name in ("text", "topic", "external_id")} | {"reports": [scene.report("a")]}
    outcome = {"verdict": "false", "note": NOTE, **scene.supersedes}
    response = scene.key.post("/v1/claims/batch", {"claims": [again | {"resolution": outcome}]})
    if response.status_code != 200:
        return response
    [item] = response.json["items"]
    problem = item.get("problem", {})
    return Loaded(problem.get("status", item["status"]), problem, scene.admin.count(Entry) - before)


def load_outcome(scene):
    outcome = {"verdict": "false", "note": NOTE, "known_at": KNOWN, **scene.supersedes}
    return scene.load(type="resolution", claim=scene.claim["external_id"], **outcome)


def load_report(scene, given):
    return scene.load(type="report", claim=scene.claim["external_id"], **given)


def change_unshared(scene):
    scene.withdraw(scene.admin, 1)
    return scene.change(text="The bridge closes.", group=scene.external_id)


def merge_outlets(scene):
    slugs = [report["outlet"] for report in scene.claim["reports"]]
    return scene.key.post(f"/v1/outlets/{slugs[0]}/merge", {"into": slugs[1]})


def rename(scene, key):
    """Rename the topic of the claim, which it alone has."""
    scene.admin.patch(scene.path, {"topic": scene.external_id}, headers=_ANY)
    return key.post("/v1/topics/renames", {"from": scene.external_id, "into": f"new {scene.external_id}"})


def record_reply(scene):
    path = f"/v1/outlets/{scene.claim['reports'][0]['outlet']}/replies"
    return scene.key.post(path, {"text": "We regret it.", "claim": scene.claim["id"]})


def withdraw_reply(scene):
    reply = scene.admin.post(f"{scene.outlet('c')}/replies", {"text": "We regret it."}).json
    return scene.key.post(f"/v1/replies/{reply['id']}/withdrawal", {"reason": "Not of the outlet."})


def cancel_import(scene):
    """Cancel an import that the tried key has started."""
    at, key_id = scene.admin.runtime, UUID(scene.key.get("/v1/me").json["id"])
    options = ImportOptions(dry_run=False, file=FileOptions(), name=None)
    caller = Caller(key_id, frozenset())
    job, _ = receive_upload(at.db, [b"x"], options=options, length=1, caller=caller, clock=utc_now)
    queue_import(at.db, job, now=utc_now())
    return scene.key.delete(f"{IMPORTS}/{job}", headers=_ANY)


_ANY = {"If-Match": "*"}
CALLS = {
    "record a claim": lambda scene: scene.key.post("/v1/claims", {"text": "Another.", "reports": [scene.report("c")]}),
    "record a batch of claims": lambda scene: scene.key.post(
        "/v1/claims/batch", {"claims": [{"text": "Another.", "reports": [scene.report("c")]}]}
    ),
    "resolve a claim on record in a batch": resolve_in_batch,
    "add a report": lambda scene: scene.key.post(f"{scene.path}/reports", scene.report("c")),
    "add a report that replaces an outlet's current stance": lambda scene: scene.key.post(
        f"{scene.path}/reports", scene.report("a", LATE, stance="deny")
    ),
    "change the topic or tags of a claim": lambda scene: scene.change(topic="bridges", tags=["a"]),
    "change its text, group or due date": change_unshared,
    "the same while another key has a report on it": lambda scene: scene.change(text="The bridge closes."),
    "correct the filer's report": lambda scene: scene.correct(0),
    "correct a third key's report": lambda scene: scene.correct(1),
    "withdraw the filer's report": lambda scene: scene.withdraw(scene.key, 0),
    "withdraw a third key's report": lambda scene: scene.withdraw(scene.key, 1),
    "resolve a claim, correct or withdraw its resolution": resolve,
    "dispute a resolution": lambda scene: scene.key.post(f"{scene.path}/disputes", {"reason": "It did not."}),
    "close a third key's dispute": lambda scene: scene.key.post(f"{scene.dispute()}/closure", {"reason": "It did."}),
    "accept a dispute from the public form": lambda scene: scene.key.post(f"{scene.submission()}/accept", {}),
    "refuse a dispute from the public form": lambda scene: scene.key.post(
        f"{scene.submission()}/refuse", {"reason": "It did."}
    ),
    "accept a reply from the public form": lambda scene: scene.key.post(
        f"{scene.reply()}/accept", {"verified": VERIFIED}
    ),
    "refuse a reply from the public form": lambda scene: scene.key.post(
        f"{scene.reply()}/refuse", {"reason": "Not of the outlet."}
    ),
    "import a claim or report": lambda scene: load_report(scene, scene.report("c")),
    "import a report that replaces an outlet's current stance": lambda scene: load_report(
        scene, scene.report("a", LATE, stance="deny")
    ),
    "import the outcome of a claim on record": load_outcome,
    "import a claim as resolved": lambda scene: scene.load(
        type="claim",
        external_id=scene.external_id,
        text="Another.",
        reports=[scene.report("c")],
        resolution={"verdict": "true", "note": NOTE},
    ),
    "start an import over HTTP": lambda scene: send_file(scene.key, "outlet"),
    "cancel an import of its own": cancel_import,
    "import an outlet": lambda scene: scene.load(type="outlet", name=f"Outlet {scene.number} c"),
    "record an outlet": lambda scene: scene.key.post("/v1/outlets", {"name": f"Outlet {scene.number} c"}),
    "change an outlet": lambda scene: scene.key.patch(scene.outlet("c"), {"scorable": False}, headers=_ANY),
    "merge two outlets": merge_outlets,
    "undo a merge": lambda scene: scene.key.delete(scene.merge(), headers=_ANY),
    "merge two claims": lambda scene: scene.merge_claims(scene.key),
    "undo a merge of claims": lambda scene: scene.key.delete(
        scene.merge_claims(scene.admin).headers["Location"], headers=_ANY
    ),
    "rename the topic of a claim": lambda scene: rename(scene, scene.key),
    "undo the rename of a topic": lambda scene: scene.key.delete(
        rename(scene, scene.admin).headers["Location"], headers=_ANY
    ),
    "record an outlet's reply": record_reply,
    "withdraw a reply": withdraw_reply,
    "look up outlets, which changes nothing": lambda scene: scene.key.post(
        "/v1/outlets/lookup", {"urls": ["https://herald.example/"]}
    ),
    "create a key": lambda scene: scene.key.post("/v1/keys", {"name": "feed", "scopes": ["admin"]}),
    "change a key": lambda scene: scene.key.patch(scene.other_key(), {"name": "feed"}, headers=_ANY),
    "rotate a key": lambda scene: scene.key.post(f"{scene.other_key()}/rotation", {}),
    "revoke a key": lambda scene: scene.key.delete(scene.other_key(), headers=_ANY),
    "redact content": lambda scene: scene.key.post(
        "/v1/redactions", {"subject": scene.claim["id"], "members": ["text"], "reason": "By law."}
    ),
}
"""The call of each row, made with the tried key."""
CONFLICTS = {
    ("dispute a resolution", "open"): "nothing-to-dispute",
    ("close a third key's dispute", "open"): "dispute-closed",
    ("accept a dispute from the public form", "open"): "submission-outdated",
}
"""The rows whose calls are permitted in a state of the claim, and conflict with it."""
