"""A load generator: keep-alive connections that each send the next request as soon as a response has arrived."""

from __future__ import annotations

import itertools
import random
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_CHUNK = 1 << 18  # bytes
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Measured:
    """The responses of a run."""

    seconds: float
    latencies: list[float] = field(repr=False)
    """In seconds."""
    failures: int
    """The number of responses with another status than 2xx."""

    @property
    def rate(self) -> float:
        """The number of responses in a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in seconds that a share of the responses, 0..1, does not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection:
    """A connection with at most one request in flight."""

    def __init__(self, port: int, planned: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._planned = planned
        self._buffer = b""

    def send(self) -> None:
        request = next(self._planned)
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Return the status, if the response is complete."""
        data = self.socket.recv(_CHUNK)
        if not data:
            raise ConnectionError("the service closed the connection")
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return None
        head = self._buffer[:end].lower()
        start = head.index(_LENGTH) + len(_LENGTH)
        length = int(head[start : start + 12].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + len(_HEAD_END) + length:
            return None
        status = int(self._buffer[9:12])
        self._buffer = b""
        return status


def run_load(
    port: int,
    requests: Sequence[bytes],
    *,
    weights: Sequence[float] | None = None,
    once: bool = False,
    seconds: float,
    connections: int = 16,
) -> Measured:
    """Send requests for some seconds, and return what arrived.

    Args:
        port: The port on this machine.
        requests: The requests, of which each connection draws the next one.
        weights: The relative frequency of each request; None for the same.
        once: Whether to send each request once, in their order, and stop after the last one.
        seconds: The duration.
        connections: The number of connections.
    """
    latencies: list[float] = []
    failures = 0
    if once and len(requests) < connections:
        raise SystemExit(f"{len(requests)} requests are too few for {connections} connections: measure for longer.")
    in_order = iter(requests)
    # Drawn before the run, so that drawing costs nothing while it is measured.
    opened = [
        _Connection(port, in_order if once else itertools.cycle(random.choices(requests, weights, k=4096)))  # noqa: S311
        for _ in range(connections)
    ]
    with selectors.DefaultSelector() as selector:
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            for key, _ in selector.select(timeout=1.0):
                connection = key.data
                if (status := connection.receive()) is not None:
                    latencies.append(time.perf_counter() - connection.sent_at)
                    failures += not 200 <= status < 300
                    try:
                        connection.send()
                    except StopIteration:
                        seconds = 0.0
        elapsed = now - began
    for connection in opened:
        connection.socket.close()
    return Measured(elapsed, latencies, failures)
