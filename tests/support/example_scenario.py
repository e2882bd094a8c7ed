"""The examples of the document as one scenario: each request is sent as shown, and its response recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

from service import errors, schemas
from service.claims.daily_forecasts import keep_forecasts
from service.claims.learner import refit_learner
from service.ledger.seal import seal_entries
from service.values.vocabulary import Scope
from service.web.responses import UNAVAILABLE
from tests.support.import_jobs import process_imports
from tests.support.submissions import pending, send_dispute, send_reply

FOLDER = Path(schemas.__file__).parent / "examples"
_PARAMETERS = ("claim_id", "report_id", "dispute_id", "reply_id", "key_id", "rename_id", "import_id", "pending_id")
SHOWN = {parameter: f"018e1a3c-7f00-7c11-a0a4-00000000000{n}" for n, parameter in enumerate(_PARAMETERS, 1)}
"""The ids of path arguments as the document shows them."""
_DUPLICATE = "018e1a3c-7f00-7c11-a0a4-0000000000d1"
"""The id of a second record of the claim."""
_CREATE = {
    "addReport": "report_id",
    "disputeResolution": "dispute_id",
    "recordReply": "reply_id",
    "createKey": "key_id",
    "renameTopic": "rename_id",
    "createImport": "import_id",
}
"""The path arguments that these operations create for later requests."""
_QUERIES = {
    **{name: {"limit": 2} for name in ("listOutlets", "listClaims", "listKeys", "listClaimReports", "explainScore")},
    **{name: {"limit": 1} for name in ("listOutletReports", "listScores", "listTrail", "listSeals")},
    "lookupOutlet": {"url": "https://sportbild.bild.de/fussball"},
    "searchOutlets": {"q": "sportb"},
    "createImport": {"feed": "desk"},
    "listPending": {"limit": 1},
    "listChanges": {"limit": 2},
    "listEntries": {"table": "claim", "limit": 1},
}
_LEVERKUSEN = {
    "text": "Xabi Alonso is head coach of Bayer Leverkusen on 31 August 2024.",
    "kind": "event",
    "topic": "transfers",
    "tags": ["alonso"],
    "group": "Alonso's job on 31 August 2024",
    "resolves_by": "2024-08-31T22:00:00Z",
    "external_id": "example-alonso-leverkusen",
}
_LIVERPOOL = _LEVERKUSEN | {
    "text": "Xabi Alonso is manager of Liverpool on 31 August 2024.",
    "external_id": "example-alonso-liverpool",
}
_CLUB = {
    "outlet": {"name": "Bayer 04 Leverkusen"},
    "published_at": "2024-03-01T00:00:00Z",
    "quote": "The club's top brass believes that the former Liverpool midfielder will opt to continue his project",
}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{32})\b")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")
_NOW, _NEXT_WEEK = "2026-06-01T08:00:00Z", "2026-06-08T08:00:00Z"
_HOUR = dt.timedelta(hours=1)
_SECRET = "bo_EXAMPLE-only-this-is-not-a-working-key"
_CURSOR = "EXAMPLE-cursor"
_TRIMMED = {
    "words": 1,
    "dataFeedElement": 1,
    "parameters": 2,
    "sources": 1,
    "methods": 1,
    "surprises": 1,
    "most_reported": 1,
    "decided": 1,
}
"""How many items of the longest lists are shown."""


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


class Scenario:
    """The responses of an empty service to the examples, without the values that change on each run."""

    def __init__(self, world):
        self.world, self.recorded, self._ids, self._hashes = world, {}, {}, {}
        self.today = dt.datetime.now(dt.UTC)
        self.arguments = {"outlet": "sport-bild"}
        document = world.app.extensions["document"]
        self._calls = {
            operation["operationId"]: (method, path)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        }

    def name(self, parameter, real):
        """Use an object in the paths of later requests, and show the id of the document for it."""
        self.arguments[parameter] = real
        self.show(real, SHOWN[parameter])

    def show(self, real, shown):
        """Show the id of the document for an object."""
        self._ids[real] = shown

    def send(self, *operations):
        """Send the request of each operation, and record the response."""
        for operation in operations:
            response = self._send(operation)
            assert response.status_code < 300, (operation, response.text)
            if operation in _CREATE:
                self.name(_CREATE[operation], response.json["id"])
            if response.status_code != 204:
                shown = self.shown(response.json if response.is_json else response.text)
                self.recorded.setdefault(operation, {})[str(response.status_code)] = shown

    def add_export(self, operation):
        """Record the first two lines of an export in each of its content types."""
        shown = {}
        media_types = ("application/x-ndjson", "text/csv") if operation.startswith("export") else ("text/csv",)
        for media_type in media_types:
            lines = self._send(operation, Accept=media_type).get_data(as_text=True).splitlines(keepends=True)
            shown[media_type] = "".join(self._shown_text(line, "") for line in lines[:2])
        self.recorded[operation] = {"200": shown}

    def _send(self, operation, **more_headers):
        method, path = self._calls[operation]
        body = read(operation).get("request")
        if body is not None:
            real_ids = {shown: real for real, shown in self._ids.items()}
            body = json.loads(_ID.sub(lambda found: real_ids[found[0]], json.dumps(body)))
        query = _QUERIES.get(operation, {})
        headers = self.world.headers | ({"If-Match": "*"} if method in ("patch", "delete") else {})
        headers |= more_headers
        sent = {"data": body} if isinstance(body, str) else {"json": body}  # a file, or else JSON
        return self.world.client.open(
            path.format(**self.arguments), method=method.upper(), headers=headers, query_string=query, **sent
        )

    def add_problem(self, response):
        """Record a problem under its status."""
        self.recorded.setdefault("problems", {})[str(response.status_code)] = self.shown(response.json)

    def add_error(self, error, path):
        """Record a problem that cannot be caused here."""
        self.recorded["problems"][str(error.status)] = {**error.document(), "instance": path}

    def shown(self, value, member=""):
        """Return a value of a response as the document shows it."""
        match value:
            case dict():
                return {name: self.shown(each, name) for name, each in value.items()}
            case list() if member == "items" and "as_of" in value[0] and "counts" not in value[0]:
                return [self.shown(each) for each in (*value[:2], value[-1])]  # a history, which grows by the month
            case list():
                return [self.shown(each) for each in value[: _TRIMMED.get(member)]]
            case float():
                return float(f"{value:.4g}")
            case str():
                return self._shown_text(value, member)
        return value

    def _shown_text(self, text, member):
        if member == "secret":
            return _SECRET
        if member in ("cursor", "next_cursor"):
            return _CURSOR
        if member == "day":
            return _NOW[:10]
        text = _ID.sub(
            lambda found: self._ids.setdefault(found[0], f"018e1a3c-7f00-7c11-a0a4-{len(self._ids) + 100:012x}"), text
        )
        text = _HASH.sub(self._shown_hash, text)
        return _INSTANT.sub(self._shown_instant, text)

    def _shown_hash(self, found):
        made_up = hashlib.sha256(str(len(self._hashes)).encode()).hexdigest()[: len(found[0])]
        return self._hashes.setdefault(found[0], made_up)

    def _shown_instant(self, found):
        moment = dt.datetime.fromisoformat(found[0])
        shown = {dt.timedelta(): _NOW, dt.timedelta(days=7): _NEXT_WEEK}
        return next((text for off, text in shown.items() if abs(moment - self.today - off) < _HOUR), found[0])


def play(world):
    """Run the scenario on an empty service, and return the responses by operation and status."""
    scenario = Scenario(world)
    _prepare(scenario)
    for step in (_outlets, _a_claim, _its_truth, _scores, _a_forecast, _keys, _the_rest, _exports, _imports, _problems):
        step(scenario)
    return scenario.recorded


def _prepare(scenario):
    """Record outlets, and resolved claims as the basis of scores."""
    world = scenario.world
    world.runtime.settings = replace(world.runtime.settings, public_url="https://borneout.example")
    world.outlet("Axel Springer", slug="axel-springer", kind="organisation")
    springer = {"kind": "newspaper", "parent": "axel-springer"}
    world.outlet("BILD", slug="bild", domains=["bild.de"], **springer)
    world.outlet("Sport Bild", slug="sport-bild", domains=["sportbild.bild.de"], **springer)
    for n in range(54):
        published = dt.datetime(2022, 1, 10, tzinfo=dt.UTC) + dt.timedelta(days=10 * n)
        is_true, is_right = n % 3 > 0, n % 7 not in (1, 4)
        filed = {"outlet": ["sport-bild", "bild"][n % 2], "published_at": published.isoformat()}
        filed |= (
            {"stance": "support", "probability": 0.7 + 0.1 * (n % 3)} if is_true == is_right else {"stance": "deny"}
        )
        claim = world.record(
            filed,
            text=f"Transfer {n + 1} of the example is completed by the end of the window.",
            topic="transfers",
            kind="event",
            resolves_by=(published + dt.timedelta(days=60)).isoformat(),
        )
        known_at = (published + dt.timedelta(days=40)).isoformat()
        world.resolve(claim, "true" if is_true else "false", known_at=known_at)


def _outlets(scenario):
    scenario.send("recordOutlet", "listOutlets", "getOutlet", "changeOutlet", "lookupOutlet", "searchOutlets")


def _a_claim(scenario):
    relays = {"outlet": "bayer-04-leverkusen", "cited_as": "The club's top brass"}
    article = _CLUB | {"outlet": {"name": "Unattributed article"}, "relays": relays}
    claim = scenario.world.record(_CLUB, article, **_LEVERKUSEN)
    scenario.name("claim_id", claim["id"])
    scenario.world.record({"outlet": "bild", "published_at": "2024-02-28T00:00:00Z"}, **_LIVERPOOL)
    scenario.send("recordClaim", "recordClaim")
    scenario.send("addReport", "addReport", "getReport", "correctReport", "withdrawReport", "withdrawReport")
    scenario.send("listClaimReports", "listOutletReports")
    scenario.send("listClaims", "changeClaim", "listDueClaims")


def _its_truth(scenario):
    scenario.send("resolveClaim", "getClaimReview")
    scenario.send("disputeResolution", "disputeResolution", "getClaim", "listResolutions", "listClaimDisputes")
    scenario.send("listDisputes", "closeDispute", "recordReply", "recordReply", "listReplies")
    _submissions(scenario)


def _submissions(scenario):
    world, claim = scenario.world, {"id": scenario.arguments["claim_id"]}
    send_dispute(world, claim, "He had signed with another club by then.")
    send_reply(world, "We never commented on his future.", outlet="bayer-04-leverkusen", claim=claim)
    dispute, reply = pending(world)
    scenario.show(dispute["id"], SHOWN["pending_id"])
    scenario.show(reply["id"], SHOWN["pending_id"])
    scenario.send("listPending")
    scenario.arguments["pending_id"] = dispute["id"]
    scenario.send("refusePending")
    scenario.arguments["pending_id"] = reply["id"]
    scenario.send("acceptPending")


def _scores(scenario):
    db = scenario.world.runtime.db
    seal_entries(db, now=scenario.today)
    scenario.send("getScore", "explainScore", "getScoreHistory", "getCalibration", "listScores", "lookupOutlets")
    scenario.send("getMethodology", "withdrawReply", "withdrawReply")


def _a_forecast(scenario):
    db, claim = scenario.world.runtime.db, scenario.world.claim({"id": scenario.arguments["claim_id"]})
    scenario.world.resolve(claim, None, supersedes=claim["resolution"]["id"])
    refit_learner(db, now=scenario.today)
    keep_forecasts(db, after=None, now=scenario.today)
    scenario.send("getForecast")


def _keys(scenario):
    scenario.send("createKey", "listKeys", "getKey", "getMe", "changeKey", "rotateKey", "revokeKey")


def _imports(scenario):
    scenario.send("createImport")
    process_imports(scenario.world)
    scenario.send("getImport", "listImports", "listImportResults", "cancelImport")


def _the_rest(scenario):
    scenario.send("listEntries", "listTrail", "listSeals", "listChanges", "redactMembers", "getHealth", "getReadiness")
    scenario.send("mergeOutlet", "mergeOutlet", "getMerge", "undoMerge")
    scenario.show(scenario.world.record(_CLUB, **_LEVERKUSEN | {"external_id": "duplicate"})["id"], _DUPLICATE)
    scenario.send("mergeClaim", "mergeClaim", "getClaimMerge", "undoClaimMerge")
    scenario.send("renameTopic", "getTopicRename", "listTopicRenames", "listTopics", "undoTopicRename")
    scenario.send("recordClaims")


def _exports(scenario):
    for name in ("Outlets", "Claims", "Reports", "Resolutions", "Scores", "Topics"):
        scenario.add_export(f"export{name}")
    scenario.add_export("getScoreTable")
    scenario.send("listClaimReviews", "getOverview")


def _problems(scenario):
    """Record one problem of each documented status."""
    world, claim = scenario.world, f"/v1/claims/{scenario.arguments['claim_id']}"
    body = read("recordClaim")["request"]
    scenario.add_problem(world.get("/v1/claims?limit=1000"))
    scenario.add_problem(world.client.post("/v1/claims", json=body))
    scenario.add_problem(world.with_scopes(Scope.CLAIMS_WRITE).get("/v1/keys"))
    scenario.add_problem(world.get("/v1/outlets/sport-bld"))
    scenario.add_problem(world.post("/v1/claims", body | {"kind": "opinion"}))
    scenario.add_problem(world.patch(claim, {"tags": []}, headers={"If-Match": 'W/"0123456789abcdef"'}))
    scenario.add_problem(world.post("/v1/claims", body | {"text": "x" * (1 << 20)}))
    scenario.add_problem(
        world.client.post("/v1/claims", data="text=x", headers=world.headers, content_type="text/plain")
    )
    scenario.add_problem(world.post("/v1/claims", {"text": "", "reports": [{"published_at": "yesterday"}]}))
    scenario.add_problem(world.patch(claim, {"tags": []}))
    too_slow = "You sent the file at less than 64 kB/s over 30 s, which is too slow. Compress it, or split it."
    no_room = "You sent a file that does not fit. Send it again after other imports have finished."
    scenario.add_error(errors.RequestTimeout(too_slow), "/v1/imports")
    scenario.add_error(errors.InsufficientStorage(no_room), "/v1/imports")
    # The server in front of the application detects these two.
    scenario.add_error(
        errors.AddressTooLong("You sent an address that is too long. Send several smaller requests."),
        "/v1/outlets/lookup",
    )
    scenario.add_error(
        errors.HeadersTooLarge("You sent headers that are too long. Send fewer or shorter ones."), "/v1/claims"
    )
    scenario.add_error(errors.TooManyRequests("You sent more than 600 reads in 60 s. Wait 12 s."), "/v1/claims")
    scenario.add_error(errors.Unavailable(UNAVAILABLE), "/v1/claims")
