"""The gunicorn worker class, which sends responses from memory without a second thread."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from selectors import EVENT_READ
from types import FrameType

from gunicorn import SERVER, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from service.cache.lease import LeaseEnded
from service.operations.plain_request import LONGEST, read_plain


class ApiWorker(ThreadWorker):  # type: ignore[misc]
    """A gunicorn worker that sends responses from memory in its polling thread.

    Gunicorn polls all open connections in one thread, and handles each request in one of several others. Switching
    threads twice and parsing take longer than a response from memory, so here the polling thread sends such a
    response itself. It never blocks: the other threads handle all other requests, as usual.
    """

    def init_process(self) -> None:
        """Start the worker, with a thread that renews the lease to send responses from memory."""
        self.leases = ThreadPoolExecutor(1)
        self.is_renewing = False
        self.waiting: list[tuple[TConn, bytes]] = []
        """The connections that wait until the lease is renewed, with the bytes received."""
        super().init_process()

    def on_client_socket_readable(self, conn: TConn, client: object) -> None:
        """Respond from memory, or let another thread handle the request."""
        if not (self._may_respond(conn) and self._respond(conn)):
            super().on_client_socket_readable(conn, client)

    def _may_respond(self, conn: TConn) -> bool:
        """Return whether gunicorn would keep this connection open, and its bytes are plain HTTP."""
        return (
            self.alive
            and self.nr + 1 < self.max_requests
            and len(self.keepalived_conns) <= self.max_keepalived
            and not self.cfg.is_ssl
            and self.cfg.proxy_protocol == "off"
            and isinstance(conn.server, tuple)
        )

    def _respond(self, conn: TConn) -> bool:
        """Respond from memory and return True, or pass the received bytes to gunicorn's parser."""
        try:
            received = conn.sock.recv(LONGEST)
        except OSError:
            return False  # the other thread gets an error, too, and closes the connection
        try:
            response = self._recall(conn, received)
        except LeaseEnded:
            self._stop_polling(conn)
            self.waiting.append((conn, received))
            self._renew_lease()
            return True
        if response is None:
            conn.parser.unreader.unread(received)
            return False
        self._send(conn, response)
        return True

    def _recall(self, conn: TConn, received: bytes) -> bytes | None:
        """Return the response in memory, with the headers that gunicorn adds; None if there is none."""
        if (environ := read_plain(received)) is None:
            return None
        environ |= {"REMOTE_ADDR": conn.client[0], "SERVER_NAME": conn.server[0], "SERVER_PORT": str(conn.server[1])}
        try:
            recalled = self.wsgi.wsgi_app.recall(environ)
        except LeaseEnded:
            raise
        except Exception:
            self.log.exception("Unexpected error")  # uncaught, it would end the worker
            return None
        if recalled is None:
            return None
        if self.wsgi.wsgi_app.is_lease_ending:
            self._renew_lease()
        status, headers, body = recalled
        own = [("Server", SERVER), ("Date", _date(int(time.time()))), ("Connection", "keep-alive")]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (*own, *headers)), "", ""]
        return "\r\n".join(lines).encode("latin-1") + bytes(body)

    def _renew_lease(self) -> None:
        if not self.is_renewing:
            self.is_renewing = True
            renewed = self.leases.submit(self.wsgi.wsgi_app.renew_lease)
            renewed.add_done_callback(lambda done: self.method_queue.defer(self._resume, done))

    def _resume(self, renewed: Future[None]) -> None:
        """Respond to the requests that waited for the lease, or let other threads handle them."""
        if (error := renewed.exception()) is not None:
            self.log.error("The lease was not renewed", exc_info=error)
        self.is_renewing = False
        waiting, self.waiting = self.waiting, []
        for conn, received in waiting:
            response = None
            with suppress(LeaseEnded):
                response = self._recall(conn, received) if self.alive else None
            if response is None:
                conn.parser.unreader.unread(received)
                self.enqueue_req(conn)
            else:
                conn.set_timeout()
                self.keepalived_conns.append(conn)
                self.poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))
                self._send(conn, response)

    def _send(self, conn: TConn, response: bytes) -> None:
        """Send a response. If the buffer of the socket is full, let another thread send the rest."""
        self.nr += 1
        try:
            sent = conn.sock.send(response)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._stop_polling(conn)
            self.nr_conns -= 1
            conn.close()
            return
        if sent < len(response):
            self._stop_polling(conn)
            rest = self.tpool.submit(_send_all, conn, response[sent:])
            rest.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
            return
        conn.set_timeout()
        self.keepalived_conns.remove(conn)
        self.keepalived_conns.append(conn)  # the connections are sorted by their timeouts

    def _stop_polling(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.keepalived_conns.remove(conn)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop the worker, and end the calls that wait for changes."""
        self.wsgi.extensions["runtime"].waits.stop()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Start or stop accepting connections. On shutdown, also close the listening sockets.

        Gunicorn would keep them open until all requests are finished. Until then the kernel would queue new
        connections, and reset them at the end. With the sockets closed, it refuses them at once.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._accept_queued(listener)
                listener.close()

    def _accept_queued(self, listener: object) -> None:
        """Accept all connections that the kernel has queued, so that closing the socket resets none."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)


def _send_all(conn: TConn, rest: bytes) -> bool:
    """Send the rest of a response, and return whether the connection stays open."""
    conn.sock.settimeout(None)
    try:
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True


@lru_cache(1)
def _date(second: int) -> str:
    """Return the value of the `Date` header for a time in seconds, cached for that second."""
    return str(util.http_date(second))
