"""schemathesis against a running service: whatever is sent, the answer is one that the document promises"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from service.config import Settings
from service.values.vocabulary import Scope
from tests.support.command import Command
from tests.support.examples import PER_TEST
from tests.support.live_service import running
from tests.support.paths import ROOT

# All its checks but one. Paths and If-Match often name what is there, since nothing that is made up would.
CONFIG = """
seed = 20261122
workers = 1
continue-on-failure = true
warnings = false
cache.enabled = false

[generation]
database = "none"

[checks]
# What has the right shape can still break a rule of the record: a report of tomorrow, a slug that is taken.
positive_data_acceptance.enabled = false
# A change without If-Match is answered with 428, as RFC 6585 has it, and not with any of those it takes for right;
# and with 403 or 401 by whoever may not make it.
missing_required_header.expected-statuses = [401, 403, 428]
# Its own list has none of: 412 for any If-Match that is not the tag, and 413, 414 and 431 for what is too long.
negative_data_rejection.expected-statuses = {refusals}

[[operations]]
include-path = "/v1/keys/{{key_id}}"
# A key that was revoked is shown as one for ever.
checks.use_after_free.enabled = false

# In the short form no parameter of a reading call, one after the other, that cannot be used: they are a third of all
# cases, and fuzzing draws such ones, too.
[[operations]]
include-method = "GET"
phases.coverage.generation.mode = "{reads}"

[phases]
# All others are sent to every path in test_every_route.py.
coverage.unexpected-methods = ["QUERY"]
fuzzing.generation.max-examples = {examples}
stateful.generation.max-examples = {examples}

[dictionaries]
claims.values = {claims}
reports.values = {reports}
disputes.values = {disputes}
replies.values = {replies}
outlets.values = {outlets}
tags.values = ["*"]

[parameters]
"path.claim_id" = {{ dictionary = "claims", probability = 0.7 }}
"path.report_id" = {{ dictionary = "reports", probability = 0.7 }}
"path.dispute_id" = {{ dictionary = "disputes", probability = 0.7 }}
"path.reply_id" = {{ dictionary = "replies", probability = 0.7 }}
"path.outlet" = {{ dictionary = "outlets", probability = 0.7 }}
"header.If-Match" = {{ dictionary = "tags", probability = 0.7 }}
"""
REFUSALS = [400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 422, 428, 429, 431]
EXAMPLES = PER_TEST // 10  # of each operation, and of each sequence
READS = "positive" if EXAMPLES < 100 else "all"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service with the example in it."""
    with running(tmp_path_factory.mktemp("fuzzed")) as service:
        borneout = Command(Settings.from_env({}, data_dir=service.data_dir))
        assert 0 == borneout("import", ROOT / "examples" / "alonso.ndjson").exit_code
        yield service


def on_record(service):
    """What there is to name in a path, a little of each."""
    claims, outlets = (service.call("GET", f"/v1/{kind}?limit=9")[1]["items"] for kind in ("claims", "outlets"))
    reports = service.call("GET", f"/v1/claims/{claims[0]['id']}/reports")[1]["items"]
    resolved = service.call("GET", "/v1/claims?status=resolved&limit=1")[1]["items"][0]["id"]
    dispute = service.call("POST", f"/v1/claims/{resolved}/disputes", {"reason": "It is not so."})[1]
    reply = service.call("POST", f"/v1/outlets/{outlets[0]['id']}/replies", {"text": "It is so."})[1]
    named = {"claims": claims, "outlets": outlets, "reports": reports, "disputes": [dispute], "replies": [reply]}
    return {kind: json.dumps([item["id"] for item in items]) for kind, items in named.items()}


@pytest.mark.parametrize(
    ("scopes", "paths", "tested"),
    [([scope for scope in Scope if scope is not Scope.ADMIN], "", None), ([Scope.ADMIN], "/v1/keys", 6)],
    ids=["all but admin", "admin"],
)
def test_answers_are_documented(service, tmp_path, scopes, paths, tested):
    """
    Whatever a key sends that may do all but administer, or one that administers keys and may end its own, the document
    has the status, the content type and the body of the answer, and nothing is taken that it rules out.
    """
    key = service.call("POST", "/v1/keys", {"name": "schemathesis", "scopes": scopes})[1]["secret"]
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(refusals=REFUSALS, examples=EXAMPLES, reads=READS, **on_record(service)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", "--no-color"]
    command += ["--header", f"Authorization: Bearer {key}", "--include-path-regex", paths]
    command += [f"http://127.0.0.1:{service.port}/openapi.json"]

    run = subprocess.run(command, capture_output=True, text=True, check=False)

    said = "\n".join(line[:500] for line in run.stdout.splitlines())  # without the whole of a long address
    operations = sum(
        len(path.keys() - {"parameters"}) for path in service.call("GET", "/openapi.json")[1]["paths"].values()
    )
    assert 0 == run.returncode, said + run.stderr
    assert f"Tested: {tested or operations}" in said
