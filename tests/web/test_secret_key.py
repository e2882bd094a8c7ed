"""service.web.secret_key: one secret for all processes on the same data directory"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from service.web.secret_key import stored_secret_key


def test_generated_once(tmp_path):
    """
    The first call generates the secret, creates the directory if needed, and makes the file readable by its owner only.
    """
    folder = tmp_path / "var"
    secret = stored_secret_key(folder)

    assert secret == stored_secret_key(folder)
    assert len(secret) >= 48
    assert ["secret_key"] == [path.name for path in folder.iterdir()]
    assert 0o600 == (folder / "secret_key").stat().st_mode & 0o777
    assert secret != stored_secret_key(tmp_path / "other")


def test_concurrent_calls(tmp_path):
    """
    Concurrent calls return the same secret and leave no temporary file.
    """
    barrier = Barrier(8)

    def call(_):
        barrier.wait()
        return stored_secret_key(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert 1 == len(set(pool.map(call, range(8))))
    assert ["secret_key"] == [path.name for path in tmp_path.iterdir()]
