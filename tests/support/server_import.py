"""Lines for a remote service, and a proxy that loses responses"""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.awaiting import DEADLINE

FLAT = {"outlet": "Gazette", "claim": "The bridge opens.", "published_at": "2026-01-01"}
REPORT = {"outlet": {"name": "Gazette"}, "published_at": "2026-01-01T00:00:00Z"}
CLAIM = {"type": "claim", "text": "The bridge opens.", "reports": [REPORT]}
NOTE = {"note": "Seen."}
LINES = [
    {"type": "outlet", "name": "Suffix", "slug": "suffix", "domains": ["suffix.example", "co.uk"]},
    {"type": "outlet", "name": "Suffix", "domains": ["co.uk"]},
    *[{"type": "outlet", "name": "Slashed", "slug": slug} for slug in ("bayer/score", "lookup", "A B", "..")],
    *[{"type": "outlet", "name": "Twice", "slug": "twice", "domains": ["www.twice.de", "twice.de"]}] * 2,
    *[{"type": "outlet", "name": "Named %", "domains": ["WWW.Named.DE."]}] * 2,
    {"type": "outlet", "name": " NAMED  %", "domains": ["named.de"]},
    {"type": "outlet", "name": "Thrice", "slug": "twice", "domains": ["twice.de"]},
    {"type": "outlet", "name": "Fourth", "slug": "fourth", "domains": ["twice.de"]},
    CLAIM,
    CLAIM | {"external_id": "s1", "resolution": {"verdict": "true"}},
    CLAIM | {"external_id": "s1", "resolution": {"verdict": "partial", **NOTE}},
    {"type": "report", "claim": "s1", **REPORT},
    *[CLAIM | {"external_id": "s2", "tags": ["roads"], "topic": "roads"}] * 2,
    CLAIM | {"external_id": "s2"},
    CLAIM | {"external_id": "s2", "tags": ["roads"], "topic": "roads", "reports": [REPORT | {"stance": "deny"}]},
    FLAT | {"claim_id": "s2", "outlet": "Other", "topic": "roads"},
    FLAT | {"claim_id": "s2", "outlet": "Third", "topic": "rails"},
    FLAT | {"claim_id": "s2", "outlet": "Third", "claim": "Another text."},
    *[FLAT | {"claim_id": "s2", "outcome": 1, "resolved_at": "2026-02-01"}] * 2,
    FLAT | {"claim_id": "s2", "outcome": 0},
    FLAT | {"claim_id": "s3", "published_at": "2999-01-01"},
    {"type": "resolution", "claim": "s2", "verdict": "true", "truth": 0.5},
    {"type": "resolution", "claim": "s4", "verdict": "void"},
    {"type": "outlet"},
]
"""Good and bad lines of every type."""


@contextmanager
def lossy_proxy(service):
    """Yield the address of a proxy that loses the first response to a POST at each path, and the set of those paths."""
    lost = set()

    class LossyHandler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            upstream = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
            upstream.request(self.command, self.path, body, dict(self.headers))
            response = upstream.getresponse()
            content = response.read()
            upstream.close()
            if self.command == "POST" and self.path not in lost:
                lost.add(self.path)
                return
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), LossyHandler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}", lost
        finally:
            proxy.shutdown()


def results_of(file):
    """Return the results in a file, without ids that differ between imports."""
    results = [json.loads(line) for line in file.read_text().splitlines()]
    problems = [result.get("problem", {}) for result in results]
    return [
        (
            result["line"],
            result["status"],
            problem.get("type"),
            [place["pointer"] for place in problem.get("errors", [])],
        )
        for result, problem in zip(results, problems, strict=True)
    ]
