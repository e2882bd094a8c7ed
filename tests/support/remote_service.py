"""Lines for a service elsewhere, and an address of it at which answers are lost"""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from service.cli.remote import Remote
from service.errors import ServiceError
from service.schemas.lines import read_line
from service.transfer.lines import ReadLine
from tests.support.awaiting import DEADLINE
from tests.support.live_service import KEY


@contextmanager
def losing(service):
    """An address in front of the service that loses the first answer to a POST at each path; and those paths."""
    lost = set()

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            onward = http.client.HTTPConnection("127.0.0.1", service.port, timeout=DEADLINE)
            onward.request(self.command, self.path, sent, dict(self.headers))
            answer = onward.getresponse()
            content = answer.read()
            onward.close()
            if self.command == "POST" and self.path not in lost:
                lost.add(self.path)
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{relay.server_address[1]}", lost
        finally:
            relay.shutdown()


def line(content):
    try:
        return ReadLine(1, read_line(content, feed=None))
    except ServiceError as exc:
        return ReadLine(1, exc)


def send(address, *contents, key=KEY):
    """Load lines; of each its status, and the id or the name of the problem."""
    remote = Remote(address, key)
    results = [remote.load(line(content)) for content in contents]
    return [(result.status, result.error.name if result.error else str(result.id)) for result in results]


def became(results):
    """What became of each line of a file, without what is made anew each time."""
    told = [json.loads(result) for result in results.read_text().splitlines()]
    problems = [result.get("problem", {}) for result in told]
    return [
        (
            result["line"],
            result["status"],
            problem.get("type"),
            [place["pointer"] for place in problem.get("errors", [])],
        )
        for result, problem in zip(told, problems, strict=True)
    ]
