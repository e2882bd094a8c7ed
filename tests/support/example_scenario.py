"""The examples of the document as one story: each request is sent as it is shown, each response is noted."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path

from service import errors, schemas
from service.claims.forecast import keep_forecasts, refit_learner
from service.ledger.seal import seal_entries
from service.values.vocabulary import Scope

FOLDER = Path(schemas.__file__).parent / "examples"
_PARAMETERS = ("claim_id", "report_id", "dispute_id", "reply_id", "key_id")
SHOWN = {parameter: f"018e1a3c-7f00-7c11-a0a4-00000000000{n}" for n, parameter in enumerate(_PARAMETERS, 1)}
"""The ids that the document shows for what is named in a path."""
_CREATE = {
    "addReport": "report_id",
    "disputeResolution": "dispute_id",
    "recordReply": "reply_id",
    "createKey": "key_id",
}
"""What the paths of later requests name: the objects that these create."""
_QUERIES = {
    **{name: {"limit": 2} for name in ("listOutlets", "listClaims", "listKeys", "listClaimReports", "explainScore")},
    **{name: {"limit": 1} for name in ("listOutletReports", "listScores", "listTrail", "listSeals")},
    "lookupOutlet": {"url": "https://sportbild.bild.de/fussball"},
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
_NOW = "2026-06-01T08:00:00Z"
_SECRET = "bo_EXAMPLE-only-this-is-not-a-working-key"
_CURSOR = "EXAMPLE-cursor"
_TRIMMED = {"words": 1, "parameters": 2, "sources": 1, "methods": 1}
"""How many items of the longest lists are shown."""


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


class Story:
    """Plays the examples on an empty service and notes what it returns, without what differs each time."""

    def __init__(self, world):
        self.world, self.noted, self._ids, self._hashes = world, {}, {}, {}
        self.today = dt.datetime.now(dt.UTC)
        self.named = {"outlet": "sport-bild"}
        document = world.app.extensions["document"]
        self._calls = {
            operation["operationId"]: (method, path)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        }

    def name(self, parameter, real):
        """Have a path name this object from now on, under the id that the document shows."""
        self.named[parameter] = real
        self._ids[real] = SHOWN[parameter]

    def send(self, *operations):
        """Send the request of each operation, and note the response."""
        for operation in operations:
            response = self._send(operation)
            assert response.status_code < 300, (operation, response.text)
            if operation in _CREATE:
                self.name(_CREATE[operation], response.json["id"])
            if response.status_code != 204:
                self.noted.setdefault(operation, {})[str(response.status_code)] = self.shown(response.json)

    def _send(self, operation):
        method, path = self._calls[operation]
        body = read(operation).get("request")
        if body is not None:
            real_ids = {shown: real for real, shown in self._ids.items()}
            body = json.loads(_ID.sub(lambda found: real_ids[found[0]], json.dumps(body)))
        query = _QUERIES.get(operation, {})
        headers = self.world.headers | ({"If-Match": "*"} if method in ("patch", "delete") else {})
        return self.world.client.open(
            path.format(**self.named), method=method.upper(), json=body, headers=headers, query_string=query
        )

    def fail(self, response):
        """Note a problem under its status."""
        self.noted.setdefault("problems", {})[str(response.status_code)] = self.shown(response.json)

    def show(self, error, path):
        """Note a problem that cannot be provoked here."""
        self.noted["problems"][str(error.status)] = {**error.document(), "instance": path}

    def shown(self, value, member=""):
        """A value of a response as the document shows it."""
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
        if member == "next_cursor":
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
        return _NOW if abs(moment - self.today) < dt.timedelta(hours=1) else found[0]


def play(world):
    """Play the whole story on an empty service. Returns the noted responses by operation and status."""
    story = Story(world)
    _prepare(story)
    for act in (_outlets, _a_claim, _its_truth, _scores, _a_forecast, _keys, _the_rest, _problems):
        act(story)
    return story.noted


def _prepare(story):
    """Record what the story needs: outlets, and a past that scores are based on."""
    world = story.world
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


def _outlets(story):
    story.send("recordOutlet", "listOutlets", "getOutlet", "changeOutlet", "lookupOutlet")


def _a_claim(story):
    relays = {"outlet": "bayer-04-leverkusen", "cited_as": "The club's top brass"}
    article = _CLUB | {"outlet": {"name": "Unattributed article"}, "relays": relays}
    claim = story.world.record(_CLUB, article, **_LEVERKUSEN)
    story.name("claim_id", claim["id"])
    story.world.record({"outlet": "bild", "published_at": "2024-02-28T00:00:00Z"}, **_LIVERPOOL)
    story.send("recordClaim", "recordClaim")
    story.send("addReport", "addReport", "withdrawReport", "withdrawReport", "listClaimReports", "listOutletReports")
    story.send("listClaims", "changeClaim", "listDueClaims")


def _its_truth(story):
    story.send("resolveClaim")
    story.send("disputeResolution", "disputeResolution", "getClaim", "listResolutions", "listClaimDisputes")
    story.send("listDisputes", "closeDispute", "recordReply", "recordReply", "listReplies")


def _scores(story):
    db = story.world.runtime.db
    seal_entries(db, now=story.today)
    story.send("getScore", "explainScore", "getScoreHistory", "getCalibration", "listScores", "lookupOutlets")
    story.send("getMethodology", "withdrawReply", "withdrawReply")


def _a_forecast(story):
    db, claim = story.world.runtime.db, story.world.claim({"id": story.named["claim_id"]})
    story.world.resolve(claim, None, supersedes=claim["resolution"]["id"])
    refit_learner(db, now=story.today)
    keep_forecasts(db, after=None, now=story.today)
    story.send("getForecast")


def _keys(story):
    story.send("createKey", "listKeys", "getKey", "getMe", "changeKey", "rotateKey", "revokeKey")


def _the_rest(story):
    story.send("listEntries", "listTrail", "listSeals", "redactMembers", "getHealth", "getReadiness")
    story.send("mergeOutlet", "mergeOutlet", "getMerge", "undoMerge")


def _problems(story):
    """One problem of each status that any operation documents."""
    world, claim = story.world, f"/v1/claims/{story.named['claim_id']}"
    body = read("recordClaim")["request"]
    story.fail(world.get("/v1/claims?limit=1000"))
    story.fail(world.client.post("/v1/claims", json=body))
    story.fail(world.with_scopes(Scope.CLAIMS_WRITE).get("/v1/keys"))
    story.fail(world.get("/v1/outlets/sport-bld"))
    story.fail(world.post("/v1/claims", body | {"kind": "opinion"}))
    story.fail(world.patch(claim, {"tags": []}, headers={"If-Match": 'W/"0123456789abcdef"'}))
    story.fail(world.post("/v1/claims", body | {"text": "x" * (1 << 20)}))
    story.fail(world.client.post("/v1/claims", data="text=x", headers=world.headers, content_type="text/plain"))
    story.fail(world.post("/v1/claims", {"text": "", "reports": [{"published_at": "yesterday"}]}))
    story.fail(world.patch(claim, {"tags": []}))
    # The server in front of the application detects these two.
    story.show(errors.AddressTooLong("The address is too long."), "/v1/outlets/lookup")
    story.show(errors.HeadersTooLarge("The headers are too long."), "/v1/claims")
    story.show(errors.TooManyRequests("Too many calls: wait 12 seconds."), "/v1/claims")
    story.show(errors.Unavailable("The database cannot be reached, or is busy. Try again shortly."), "/v1/claims")
