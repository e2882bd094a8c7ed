"""service.web.secret_key: made once, for all processes on the same data"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from service.web.secret_key import kept_secret_key


def test_made_once(tmp_path):
    """
    The first who asks makes it, in a directory that need not be there, for its owner alone.
    """
    folder = tmp_path / "var"
    secret = kept_secret_key(folder)

    assert secret == kept_secret_key(folder)
    assert len(secret) >= 48
    assert ["secret_key"] == [path.name for path in folder.iterdir()]
    assert 0o600 == (folder / "secret_key").stat().st_mode & 0o777
    assert secret != kept_secret_key(tmp_path / "other")


def test_many_at_once(tmp_path):
    """
    All who ask at once are given the same one, and nothing is left behind.
    """
    together = Barrier(8)

    def ask(_):
        together.wait()
        return kept_secret_key(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert 1 == len(set(pool.map(ask, range(8))))
    assert ["secret_key"] == [path.name for path in tmp_path.iterdir()]
