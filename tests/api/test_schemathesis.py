"""schemathesis against a running service: every response is documented, whatever the request"""

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

# Paths and If-Match often name existing objects, because random ones would never match.
CONFIG = """
seed = 20261122
workers = 1
continue-on-failure = true
warnings = false
cache.enabled = false

[generation]
database = "none"

[checks]
# A valid body can still break a rule, such as a report from the future or a slug that is taken.
positive_data_acceptance.enabled = false
# A change without If-Match causes a 428 (RFC 6585), which is not in the list of schemathesis, or a 401 or 403 if the
# key may not make it.
missing_required_header.expected-statuses = [401, 403, 428]
# The list of schemathesis lacks 412 for an If-Match that does not match, and 413, 414 and 431 for long requests.
negative_data_rejection.expected-statuses = {rejections}

[[operations]]
include-path = "/v1/keys/{{key_id}}"
# A revoked key stays readable.
checks.use_after_free.enabled = false

[[operations]]
include-path = "/v1/claims/batch"
# An invalid claim is rejected by itself, in a 200 for the whole batch.
checks.negative_data_rejection.enabled = false

# The short run does not try every invalid parameter of every read: that is a third of all cases, and fuzzing draws
# some of them anyway.
[[operations]]
include-method = "GET"
phases.coverage.generation.mode = "{reads}"

[phases]
# test_every_route.py sends all others to every path.
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
REJECTIONS = [400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 422, 428, 429, 431]
EXAMPLES = PER_TEST // 10  # for each operation, and for each sequence
READS = "positive" if EXAMPLES < 100 else "all"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Return a running service with the example data."""
    with running(tmp_path_factory.mktemp("fuzzed")) as service:
        borneout = Command(Settings.from_env({}, data_dir=service.data_dir))
        assert 0 == borneout("import", ROOT / "examples" / "alonso.ndjson").exit_code
        yield service


def existing_ids(service):
    """Return some ids of each kind of object for use in paths."""
    claims, outlets = (service.call("GET", f"/v1/{kind}?limit=9")[1]["items"] for kind in ("claims", "outlets"))
    reports = service.call("GET", f"/v1/claims/{claims[0]['id']}/reports")[1]["items"]
    resolved = service.call("GET", "/v1/claims?status=resolved&limit=1")[1]["items"][0]["id"]
    dispute = service.call("POST", f"/v1/claims/{resolved}/disputes", {"reason": "It is not so."})[1]
    reply = service.call("POST", f"/v1/outlets/{outlets[0]['id']}/replies", {"text": "It is so."})[1]
    objects = {"claims": claims, "outlets": outlets, "reports": reports, "disputes": [dispute], "replies": [reply]}
    return {kind: json.dumps([item["id"] for item in items]) for kind, items in objects.items()}


@pytest.mark.parametrize(
    ("scopes", "paths", "tested"),
    [([scope for scope in Scope if scope is not Scope.ADMIN], "", None), ([Scope.ADMIN], "/v1/keys", 6)],
    ids=["all but admin", "admin"],
)
def test_responses_are_documented(service, tmp_path, scopes, paths, tested):
    """
    Every response has a documented status, content type and body, and no undocumented request is accepted; with a key
    for everything but administration, and with an admin key that may revoke itself.
    """
    key = service.call("POST", "/v1/keys", {"name": "schemathesis", "scopes": scopes})[1]["secret"]
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(rejections=REJECTIONS, examples=EXAMPLES, reads=READS, **existing_ids(service)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", "--no-color"]
    command += ["--header", f"Authorization: Bearer {key}", "--include-path-regex", paths]
    command += [f"http://127.0.0.1:{service.port}/openapi.json"]

    run = subprocess.run(command, capture_output=True, text=True, check=False)

    output = "\n".join(line[:500] for line in run.stdout.splitlines())  # long addresses are cut
    operations = sum(
        len(path.keys() - {"parameters"}) for path in service.call("GET", "/openapi.json")[1]["paths"].values()
    )
    assert 0 == run.returncode, output + run.stderr
    assert f"Tested: {tested or operations}" in output
