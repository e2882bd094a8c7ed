"""The address that `borneout serve` listens on, with checks of its port and of the running service."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from service.errors import CannotRun
from service.operations.stop_signal import Stop

_POLL_INTERVAL = 0.02  # seconds
_PORT_TIMEOUT = 5.0  # seconds; an earlier run that was killed may still hold the port


class StartError(CannotRun):
    """A failed start of the service; the message gives the reason."""


class ListenAddress(NamedTuple):
    """The host and port that the service listens on."""

    host: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def listen(self) -> str:
        """The address in the format of gunicorn and of URLs."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.listen}"


def await_port(address: ListenAddress, stop: Stop) -> None:
    """Wait until the port is free.

    Gunicorn would also fail on a taken port, but before that the readiness check would reach the other service.
    """
    deadline = time.monotonic() + _PORT_TIMEOUT
    while not stop.is_set():
        try:
            socket.create_server((address.host, address.port), family=address.family).close()
            return
        except OSError as exc:
            if time.monotonic() > deadline:
                raise cannot_listen(address, exc) from exc
        stop.wait(_POLL_INTERVAL)


def cannot_listen(address: ListenAddress, cause: OSError | None = None) -> StartError:
    """Return the error for an address that the service cannot listen on."""
    reason = "" if cause is None else f" ({cause})"
    return StartError(
        f"The service cannot listen on {address.url}{reason}. Stop the program that uses the port, or choose another "
        "address with --host and --port."
    )


def redis_state(address: ListenAddress) -> str | None:
    """Return the state of Redis according to `/readyz`; None while the service is not ready."""
    connection = HTTPConnection(address.host, address.port, timeout=1)  # unlike urlopen, it uses no proxy
    with closing(connection), suppress(OSError, HTTPException):
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        if response.status == 200:
            return str(json.loads(response.read())["redis"])
    return None
