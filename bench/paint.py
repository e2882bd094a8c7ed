"""Measure the largest contentful paint of pages in Chromium, beside the same pages as static files.

    python -m bench.paint [--rounds 10]

The service runs as `borneout serve` with its example. Each page is saved with its assets, and a plain file server sends
the copy. The browser opens both in turn, with an empty cache each time. A page should take at most 1.5 times as long.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.live_service import LocalServer, running
from tests.support.redis_server import run_private_redis

LIMIT = 1.5
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PAGES = ("/", "/claims", "/outlets", "/outlets/sport-bild", "/method", "/search?q=alonso")
_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  done(list.getEntries().at(-1).startTime);
}).observe({ type: "largest-contentful-paint", buffered: true }))"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serve_files(folder: Path) -> Iterator[str]:
    """Serve a folder, and yield its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def save(service: LocalServer, folder: Path, path: str, name: str) -> None:
    """Save a page and its assets."""
    status, html = service.ask("GET", path, headers={"Accept": "text/html"})
    if status != 200:
        raise SystemExit(f"GET {path} answered {status}")
    (folder / f"{name}.html").write_bytes(html)
    for asset in re.findall(r'(?:src|href)="/(assets/[^"?]+)', html.decode()):
        (folder / asset).parent.mkdir(parents=True, exist_ok=True)
        (folder / asset).write_bytes(service.ask("GET", f"/{asset}")[1])


def paint(browser: Browser, address: str) -> float:
    """Open an address with an empty cache, and return its largest contentful paint in milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.goto(address)
        return float(page.evaluate(_PAINT))
    finally:
        context.close()


def measure(browser: Browser, service: LocalServer, folder: Path, rounds: int) -> bool:
    """Print the medians of both, and return whether every page is within the limit."""
    ours = f"http://127.0.0.1:{service.port}"
    is_within = True
    with serve_files(folder) as files:
        for number, path in enumerate(PAGES):
            save(service, folder, path, str(number))
            times = [
                (paint(browser, ours + path), paint(browser, f"{files}/{number}.html")) for _ in range(rounds + 1)
            ][1:]  # the first round warms up
            ratio = statistics.median(one / other for one, other in times)
            mine, static = (statistics.median(each) for each in zip(*times, strict=True))
            print(f"{path:24} {mine:6.0f} ms  static {static:6.0f} ms  {ratio:5.2f} x")
            is_within &= ratio <= LIMIT
    return is_within


def main() -> None:
    """Measure all pages; the status is 1 if one is above the limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as copies:
        folder = Path(data)
        with run_private_redis(folder) as redis, running(folder, env={"BORNEOUT_REDIS_URL": redis.url}) as service:
            command = [sys.executable, "-m", "service.cli", "import", "--example", "--data-dir", data]
            subprocess.run(command, check=True, capture_output=True)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                is_within = measure(browser, service, Path(copies), rounds)
                browser.close()
    sys.exit(not is_within)


if __name__ == "__main__":
    main()
