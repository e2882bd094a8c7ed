"""Locks between processes: `serve.lock`, and named locks on SQLite"""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from service.operations.listen_address import StartError
from service.operations.serve import _locked
from service.storage.db import Database
from service.storage.migrations import migrate

SERVE = """
import sys
from pathlib import Path
from service.operations.serve import _locked
with _locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""
NAME = """
import sys
from service.storage.db import Database
with Database(f"sqlite:///{sys.argv[1]}/b.db").write_locked("a", timeout=30):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(request, tmp_path):
    """Another process that holds a lock in the folder until it reads a line or is killed."""
    command = [sys.executable, "-c", f"import os; os.umask(0)\n{request.param}", tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert "held\n" == process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def db(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/b.db")
    migrate(database.engine)
    yield database
    database.close()


@pytest.mark.parametrize("holder", [SERVE], indirect=True)
def test_second_serve_is_refused(holder, tmp_path):
    """
    A data directory is served by one process at a time; after kill -9 the next process can start.
    """
    with pytest.raises(StartError, match="Another"), _locked(tmp_path):
        pass

    holder.kill()
    holder.wait()

    with _locked(tmp_path):
        assert (tmp_path / "serve.lock").exists()
    assert (tmp_path / "serve.lock").exists()


@pytest.mark.usefixtures("holder")
@pytest.mark.parametrize("holder", [SERVE], indirect=True)
def test_lock_file_is_private(tmp_path):
    """
    Only the owner may read or write the lock file, whatever the umask.
    """
    assert 0o600 == (tmp_path / "serve.lock").stat().st_mode & 0o777


@pytest.mark.parametrize("holder", [NAME], indirect=True)
def test_timeout_of_a_lock(db, holder, tmp_path):
    """
    A locked name is waited for until the timeout; other names are free.
    """
    with pytest.raises(TimeoutError), db.write_locked("a", timeout=0.2):
        pass
    done = []

    def wait():
        with db.write_locked("a", timeout=60):
            done.append("held")

    waiting = threading.Thread(target=wait)
    waiting.start()
    holder.stdin.write("\n")
    holder.stdin.flush()
    waiting.join(60)

    assert ["held"] == done
    [file] = (tmp_path / "b.db-names").iterdir()
    assert (0o600, 0o700) == (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777)


@pytest.mark.parametrize("holder", [NAME], indirect=True)
def test_lock_is_released_by_a_kill(db, holder):
    """
    A lock is released when its process dies, even by kill -9.
    """
    holder.kill()
    holder.wait()

    with db.write_locked("a", timeout=0):
        pass


def test_locks_within_one_process(db):
    """
    Threads of one process exclude each other, and an exception releases the lock.
    """
    with pytest.raises(ZeroDivisionError), db.write_locked("a", timeout=0):
        raise ZeroDivisionError
    refused = []

    def acquire():
        try:
            with db.write_locked("a", timeout=0.1):
                pass
        except TimeoutError as exc:
            refused.append(exc)

    with db.write_locked("a", timeout=0):
        other = threading.Thread(target=acquire)
        other.start()
        other.join()

    assert 1 == len(refused)
