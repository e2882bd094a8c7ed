"""The gunicorn worker of the API."""

from __future__ import annotations

import functools
import time
from types import FrameType

from gunicorn import SERVER, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from service.operations.plain_request import LONGEST, read_plain


class ApiWorker(ThreadWorker):  # type: ignore[misc]
    """A worker with threads that sends responses from memory without them.

    Gunicorn polls all open connections in one thread. It hands each request over to another thread, which parses it in
    Python, and takes the connection back afterwards. This takes longer than a response from memory, so the polling
    thread sends such a response itself. It never waits: any other request is handed over, with the bytes received.
    """

    def on_client_socket_readable(self, conn: TConn, client: object) -> None:
        """Answer a request on an open connection from memory, or hand it over to a thread."""
        if not (self._may_answer(conn) and self._answer(conn)):
            super().on_client_socket_readable(conn, client)

    def _may_answer(self, conn: TConn) -> bool:
        """Return whether gunicorn would keep the connection open after a response, and no TLS hides the request."""
        return (
            self.alive
            and self.nr + 1 < self.max_requests
            and len(self.keepalived_conns) <= self.max_keepalived
            and not self.cfg.is_ssl
            and self.cfg.proxy_protocol == "off"
            and isinstance(conn.server, tuple)
        )

    def _answer(self, conn: TConn) -> bool:
        """Answer a request from memory, or give the bytes received back to gunicorn's parser."""
        try:
            received = conn.sock.recv(LONGEST)
        except OSError:
            return False  # the thread gets the same error
        if (response := self._recall(conn, received)) is None:
            conn.parser.unreader.unread(received)
            return False
        self.nr += 1
        self._send(conn, response)
        return True

    def _recall(self, conn: TConn, received: bytes) -> bytes | None:
        """Return the bytes of a response from memory, with the headers that gunicorn adds."""
        if (environ := read_plain(received)) is None:
            return None
        environ |= {"REMOTE_ADDR": conn.client[0], "SERVER_NAME": conn.server[0], "SERVER_PORT": str(conn.server[1])}
        try:
            recalled = self.wsgi.wsgi_app.recall(environ)
        except Exception:
            self.log.exception("A response from memory failed")  # in this thread, it would end all connections
            return None
        if recalled is None:
            return None
        status, headers, body = recalled
        own = [("Server", SERVER), ("Date", _date(int(time.time()))), ("Connection", "keep-alive")]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (*own, *headers)), "", ""]
        return "\r\n".join(lines).encode("latin-1") + bytes(body)

    def _send(self, conn: TConn, response: bytes) -> None:
        """Send a response, and let a thread send what the socket does not take at once."""
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
        self.keepalived_conns.append(conn)  # the connections stay in the order in which they time out

    def _stop_polling(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.keepalived_conns.remove(conn)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, and end the calls that wait for changes."""
        self.wsgi.extensions["runtime"].waits.stop()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Accept new connections or not. On shutdown, close the listening socket, so that new clients are refused.

        Gunicorn's own worker keeps the socket while it finishes requests. The kernel then queues new connections, which
        are reset at the end.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._accept_queued(listener)
                listener.close()

    def _accept_queued(self, listener: object) -> None:
        """Accept the connections that are already queued."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)


def _send_all(conn: TConn, rest: bytes) -> bool:
    """Send the rest of a response, and return whether the connection can be used again."""
    conn.sock.settimeout(None)
    try:
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True


@functools.lru_cache(1)
def _date(second: int) -> str:
    """Return a moment as in the header `Date`."""
    return str(util.http_date(second))
