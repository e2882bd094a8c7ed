"""The locks between processes: `serve.lock`, and the names that calls hold on SQLite"""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from service.operations.serve import StartError, _alone
from service.storage.db import Database
from service.storage.migrations import migrate

SERVE = """
import sys
from pathlib import Path
from service.operations.serve import _alone
with _alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""
NAME = """
import sys
from service.storage.db import Database
with Database(f"sqlite:///{sys.argv[1]}/b.db").write_alone("a", patience=30):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(request, tmp_path):
    """Another process that holds a lock in the folder, until it reads a line or is killed."""
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
def test_second_serve_is_refused_at_once(holder, tmp_path):
    """
    While one process serves a data directory, another one is refused, and after a kill -9 the next one is not.
    """
    with pytest.raises(StartError, match="Another"), _alone(tmp_path):
        pass

    holder.kill()
    holder.wait()

    with _alone(tmp_path):
        assert (tmp_path / "serve.lock").exists()
    assert (tmp_path / "serve.lock").exists()


@pytest.mark.usefixtures("holder")
@pytest.mark.parametrize("holder", [SERVE], indirect=True)
def test_lock_file_is_private(tmp_path):
    """
    Only its owner may read or write the lock file, whatever the umask of the process.
    """
    assert 0o600 == (tmp_path / "serve.lock").stat().st_mode & 0o777


@pytest.mark.parametrize("holder", [NAME], indirect=True)
def test_name_is_waited_for(db, holder, tmp_path):
    """
    A name that another process holds is waited for, as long as the patience lasts; another name is free.
    """
    with pytest.raises(TimeoutError), db.write_alone("a", patience=0.2):
        pass
    done = []

    def wait():
        with db.write_alone("a", patience=60):
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
def test_name_is_free_after_a_kill(db, holder):
    """
    A name ends with the process that holds it, even by kill -9.
    """
    holder.kill()
    holder.wait()

    with db.write_alone("a", patience=0):
        pass


def test_names_of_one_process(db):
    """
    Threads of one process exclude each other as processes do, and one that fails lets go.
    """
    with pytest.raises(ZeroDivisionError), db.write_alone("a", patience=0):
        raise ZeroDivisionError
    refused = []

    def want():
        try:
            with db.write_alone("a", patience=0.1):
                pass
        except TimeoutError as exc:
            refused.append(exc)

    with db.write_alone("a", patience=0):
        other = threading.Thread(target=want)
        other.start()
        other.join()

    assert 1 == len(refused)
