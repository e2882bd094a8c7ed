"""PgBouncer and nginx before the hosts of a service."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.awaiting import wait_until
from tests.support.live_service import LocalServer, free_port
from tests.support.paths import ROOT
from tests.support.postgres_sites import ReplicatedPostgres


class Proxy(LocalServer):
    """A proxy on a local port."""

    def __init__(self, folder: Path, name: str, *options: str) -> None:
        self.port = free_port()
        self._log = (folder / f"{name}.log").open("wb")
        if (program := shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")) is None:
            raise SystemExit(f"{name} is not on the PATH. Install it: apt-get install {name}.")
        self._command = [program, *options]

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Run the proxy, and stop it at the end."""
        self.process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        try:
            wait_until(self._listens)
            yield self
        finally:
            self.process.terminate()
            self.process.wait()

    def _listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            return True
        return False


@contextlib.contextmanager
def through_pgbouncer(folder: Path, postgres: ReplicatedPostgres) -> Iterator[str]:
    """Run PgBouncer, and yield the URL of the database through it."""
    folder.chmod(0o755)
    file = folder / "pgbouncer.ini"
    options = ["-u", "nobody", str(file)] if os.geteuid() == 0 else [str(file)]
    bouncer = Proxy(folder, "pgbouncer", *options)
    file.write_text(
        f"[databases]\n* = host=127.0.0.1 port={postgres.primary.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {bouncer.port}\nunix_socket_dir =\n"
        "auth_type = any\npool_mode = transaction\n"
    )
    with bouncer.running():
        yield f"postgresql://postgres@127.0.0.1:{bouncer.port}/postgres"


@contextlib.contextmanager
def behind_nginx(folder: Path, hosts: list[LocalServer]) -> Iterator[Proxy]:
    """Run nginx with the configuration in `deploy`, but with a free port and these hosts."""
    nginx = Proxy(folder, "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;")
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{nginx.port};").replace(" /tmp/", f" {folder}/")
    (folder / "nginx.conf").write_text(text)
    upstream = (ROOT / "deploy" / "upstream.conf").read_text()
    servers = "\n".join(f"    server 127.0.0.1:{host.port} fail_timeout=5s;" for host in hosts)
    (folder / "upstream.conf").write_text(upstream.replace("    server 127.0.0.1:8000 fail_timeout=5s;", servers))
    with nginx.running():
        wait_until(lambda: nginx.status("/readyz") == 200)
        yield nginx
