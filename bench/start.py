"""Measure the time from exec of `borneout serve` to its first response, as a multiple of importing its libraries.

    python -m bench.start [ROUNDS]

Both are measured alternately, because the load of the machine may change.
"""

from __future__ import annotations

import contextlib
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.live_service import free_port

_LIMIT = 4.0
_LIBRARIES = "import flask, flask_smorest, marshmallow, redis, sqlalchemy, alembic"


def import_libraries() -> float:
    """Return the seconds that Python takes to import the libraries and exit."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _LIBRARIES], check=True)
    return time.perf_counter() - began


def start(data_dir: Path) -> float:
    """Return the seconds from exec to the first response of a service. The service is then stopped."""
    port = free_port()
    command = [sys.executable, "-m", "service.cli", "serve", "--data-dir", str(data_dir), "--port", str(port)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
        try:
            while not _answers(port):
                if service.poll() is not None:
                    raise SystemExit("The service did not start.")
                time.sleep(0.005)
            return time.perf_counter() - began
        finally:
            service.terminate()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/v1/outlets")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def main(rounds: int) -> None:
    """Print the medians of some rounds, and fail if a start exceeds the limit."""
    measured: dict[str, list[float]] = {"import": [], "first start": [], "second start": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            data_dir = Path(folder) / str(number)
            measured["import"].append(import_libraries())
            measured["first start"].append(start(data_dir))
            measured["second start"].append(start(data_dir))
    medians = {name: statistics.median(seconds) for name, seconds in measured.items()}
    for name, seconds in medians.items():
        print(f"{name:12}  {seconds:5.2f} s  {seconds / medians['import']:4.2f} x import")
    if max(medians.values()) > _LIMIT * medians["import"]:
        raise SystemExit(f"A start takes more than {_LIMIT:g} x import.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
