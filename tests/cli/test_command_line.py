"""The command `borneout` in separate processes: its imports, the files it creates, and its messages"""

from __future__ import annotations

import ctypes
import os
import stat
import subprocess
import sys

import pytest

from service.cli import main
from tests.support.forked_command import run_forked
from tests.support.live_service import free_port, running
from tests.support.paths import ROOT

HEAVY = {"alembic", "flask", "marshmallow", "numpy", "prometheus_client", "psycopg", "redis", "rich", "sqlalchemy"}
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
COMMANDS = {
    "serve": ["serve"],
    "migrate": ["migrate"],
    "worker": ["worker"],
    "keys": ["keys", "list"],
    "import": ["import", "--example"],
    "export": ["export", "out"],
    "score": ["score", "herald"],
    "resolve": ["resolve", "01a229a6-a8b7-7492-a8b9-96c527742c38", "true"],
    "refit": ["refit"],
    "rebuild": ["rebuild"],
    "verify": ["verify"],
}
"""Every command that uses the database, except backup and restore."""


def ordinary_user():
    """Drop the capabilities of root that bypass the modes of files."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability)


def environment(env):
    """Return the environment of a command."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("BORNEOUT_")}
    return {**others, "PYTHONPATH": str(ROOT), **env}


def run(*arguments, cwd, **env):
    """Run the command in a folder, with only these BORNEOUT_ variables."""
    return run_forked(arguments, cwd=cwd, env=environment(env))


def run_as_ordinary_user(*arguments, cwd, **env):
    """Run the command without the privileges of root, which only a new program loses."""
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *arguments],
        cwd=cwd,
        env=environment(env),
        preexec_fn=ordinary_user,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def refuses(done, *words):
    """Check that a command ended with one message and code 1."""
    assert (1, "") == (done.returncode, done.stdout), done.stderr
    [message] = [line for line in done.stderr.splitlines() if not line.startswith("alonso.ndjson ")]  # the progress bar
    assert message.startswith("Error: ")
    assert [] == [word for word in words if word not in message]
    assert "secret" not in done.stderr


def mode_of(path):
    """Return a file's permissions."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("arguments", [[], *([name] for name in main.commands)], ids=" ".join)
def test_help_imports_little(arguments):
    """
    The help of a command does not import heavy libraries.
    """
    code = f"import sys; from service.cli import main; main({[*arguments, '--help']}, standalone_mode=False)"
    code += f"; print(sorted(set(sys.modules) & {HEAVY}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_data_directory_that_cannot_be_written(command, tmp_path):
    """
    Every command names a data directory that it may not write to.
    """
    data_dir = tmp_path / "closed"
    data_dir.mkdir(mode=0o500)

    done = run_as_ordinary_user(*COMMANDS[command], cwd=tmp_path, BORNEOUT_DATA_DIR=str(data_dir))

    refuses(done, "cannot write", str(data_dir))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", ["is not a directory"]),
        ("file/below", ["cannot be created: Not a directory"]),
        ("closed/below", ["cannot be created: Permission denied"]),
        ("\udcff", ["must have a name that is valid UTF-8"]),
    ],
)
def test_data_directory_that_cannot_be_made(name, words, tmp_path):
    """
    A data directory that cannot be created, or used in a URL, is rejected by name.
    """
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir(mode=0o500)

    for command in ("serve", "migrate"):
        refuses(run_as_ordinary_user(command, cwd=tmp_path, BORNEOUT_DATA_DIR=name), *words)


@pytest.mark.parametrize("command", [*COMMANDS, "dry run", "backup"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path), lambda path: path.touch()])
def test_data_directory_that_is_none(command, make, tmp_path):
    """
    Every command says so if the data directory is a file, a pipe or a link to itself, also a command that only reads.
    """
    make(tmp_path / "data")
    arguments = {**COMMANDS, "dry run": ["import", "--example", "--dry-run"], "backup": ["backup", "kept.db"]}

    refuses(run(*arguments[command], cwd=tmp_path, BORNEOUT_DATA_DIR="data"), "data is not a directory")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("command", [*COMMANDS, "dry run"])
def test_database_that_is_no_file(command, make, tmp_path):
    """
    Every command refuses a database that is a folder or a pipe; the worker does not wait for it to become one.
    """
    (tmp_path / "data").mkdir(mode=0o700)
    make(tmp_path / "data" / "borneout.db")
    arguments = {**COMMANDS, "dry run": ["import", "--example", "--dry-run"]}

    refuses(run(*arguments[command], cwd=tmp_path, BORNEOUT_DATA_DIR="data"), "is not a SQLite database")


@pytest.mark.parametrize("name", ["why?", "100%41", "a=b&c#d e", "ärger", "%"])
def test_data_directory_with_an_odd_name(name, tmp_path):
    """
    The data directory has the name that was given, with every character of it.
    """
    for command in (["import", "--example"], ["score", "bild"], ["backup", "kept.db"]):
        done = run(*command, cwd=tmp_path, BORNEOUT_DATA_DIR=name)
        assert 0 == done.returncode, done.stderr

    assert {"borneout.db"} == {path.name for path in (tmp_path / name).iterdir() if path.suffix == ".db"}
    assert {name, "kept.db"} == {path.name for path in tmp_path.iterdir()}


def test_data_directory_at_home(tmp_path):
    """
    `~` in the name of the data directory is the home directory, even without a shell.
    """
    done = run("migrate", cwd=tmp_path, HOME=str(tmp_path), BORNEOUT_DATA_DIR="~/data")

    assert 0 == done.returncode, done.stderr
    assert (tmp_path / "data" / "borneout.db").exists()


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "worker"])
def test_database_that_refuses_the_connection(command, tmp_path):
    """
    Every command but the worker, which waits, reports that nothing listens at the address of the database.
    """
    url = "postgresql://u:secret@127.0.0.1:1/b"

    refuses(run(*COMMANDS[command], "--data-dir", "var", cwd=tmp_path, DATABASE_URL=url), "port 1 failed: Connection")


def test_database_that_cannot_be_used(tmp_path, postgres):
    """
    A missing database, an unknown host and an invalid file are each reported.
    """
    (tmp_path / "no.db").write_text("This is no database." * 100)

    for url, words in {
        postgres.get_uri("missing"): 'database "missing" does not exist',
        "postgresql://u:secret@host.invalid/b": "failed to resolve host 'host.invalid'",
        "sqlite:///no.db": "is damaged, or is not a SQLite database",
    }.items():
        refuses(run("migrate", "--data-dir", "var", cwd=tmp_path, DATABASE_URL=url), words)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://u:secret@h/b?connect_timeout=abc"),
        ("REDIS_URL", "redis://:secret@h?socket_timeout=x"),
        ("BORNEOUT_REDIS_URL", "rediss://:secret@h?ssl_cert_reqs=maybe"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "migrate", "worker", "keys"])
def test_option_of_the_wrong_type(command, name, url, tmp_path):
    """
    Every command names the variable, and the option in it with an invalid value.
    """
    option = url.partition("?")[2].partition("=")[0]

    refuses(run(*COMMANDS[command], cwd=tmp_path, **{name: url}), f"{name} must be a URL with a ", option)
    assert [] == list(tmp_path.iterdir())


def test_port_of_the_wrong_type(tmp_path):
    """
    An invalid PORT is reported.
    """
    refuses(run("serve", cwd=tmp_path, PORT="http"), "PORT must be a number from 1 to 65535, not 'http'")


def test_files_are_private(tmp_path):
    """
    Whatever the umask, files have mode 0600 and directories 0700, including the socket of Redis.
    """
    umask = os.umask(0)
    try:
        with running(tmp_path, data_dir=tmp_path / "new" / "data") as service:
            service.call("POST", "/v1/outlets", {"name": "Herald"})
            run(
                "backup",
                str(tmp_path / "kept" / "copy.db"),
                "--data-dir",
                str(service.data_dir),
                cwd=tmp_path,
            )
            run("export", str(tmp_path / "out"), "--data-dir", str(service.data_dir), cwd=tmp_path)
            names = [path for top in ("new", "kept", "out") for path in [tmp_path / top, *(tmp_path / top).rglob("*")]]
            modes = {path.relative_to(tmp_path).as_posix(): mode_of(path) for path in names}
    finally:
        os.umask(umask)

    expected = {name: 0o700 if (tmp_path / name).is_dir() else 0o600 for name in modes}
    assert expected == modes
    names = {
        "borneout.db",
        "borneout.db-wal",
        "borneout.db-shm",
        "redis.sock",
        "redis.log",
        "serve.lock",
        "worker.beat",
    }
    assert {f"new/data/{name}" for name in names} | {"kept/copy.db", "out/outlets.ndjson"} <= modes.keys()


def test_directory_that_is_open_to_others(tmp_path):
    """
    An existing data directory keeps its mode, and a warning is printed if other users can access it.
    """
    data_dir = tmp_path / "open"
    data_dir.mkdir()
    for mode, warnings in ((0o755, 1), (0o710, 1), (0o700, 0)):
        data_dir.chmod(mode)

        done = run("migrate", "--data-dir", str(data_dir), cwd=tmp_path)

        assert (0, warnings) == (done.returncode, len(done.stderr.splitlines()))
        assert f"(mode {mode:04o})" in done.stderr or not warnings
        assert mode == mode_of(data_dir)


def test_conventional_names(tmp_path):
    """
    DATABASE_URL, REDIS_URL and PORT are used if ours are not set, and the line of `serve` says so without a password.
    Without Redis, the service runs and prints a warning.
    """
    port = free_port()
    env = {"DATABASE_URL": "sqlite:///there.db", "REDIS_URL": "redis://:secret@127.0.0.1:1/0", "PORT": str(port)}
    with running(tmp_path, data_dir=tmp_path / "var", port=port, options=["--example"], env=env) as service:
        service.wait_for("Borneout: ")
        assert 200 == service.status("/v1/outlets/bayer-leverkusen/score")
        printed = service.log.read_text().splitlines()

    [line] = [line for line in printed if line.startswith("Borneout: ")]
    assert line.startswith(f"Borneout: http://127.0.0.1:{port} (PORT) | key: the one in BORNEOUT_BOOTSTRAP_KEY")
    assert line.endswith(f" | data: {tmp_path}/there.db (set by DATABASE_URL and REDIS_URL)")
    assert 1 == sum(line.startswith("Warning: Redis does not answer") for line in printed)
    assert "secret" not in "".join(printed)


def test_example_is_loaded_once(tmp_path):
    """
    `serve --example` loads the example once; later starts keep edits. `import --example` changes nothing.
    """
    with running(tmp_path, options=["--example"]) as service:
        service.wait_for("Borneout: ")
        claims = service.call("GET", "/v1/claims")[1]["items"]
        changed = f"/v1/claims/{claims[0]['id']}"
        assert 200 == service.call("PATCH", changed, {"topic": "editors"}, headers={"If-Match": "*"})[0]
        service.stop()
        service.log.write_text("")
        service.start()
        service.wait_for("Borneout: ")

        assert "editors" == service.call("GET", changed)[1]["topic"]
        assert len(claims) == len(service.call("GET", "/v1/claims")[1]["items"])
    again = run("import", "--example", "--data-dir", str(tmp_path), cwd=tmp_path)
    assert "32 lines: 0 created, 0 updated, 32 unchanged, 0 rejected\n" == again.stdout


def test_make_run():
    """
    `make run` starts one process with the given HOST and PORT, and ignores a HOST of the shell.
    """

    def commands(*given, **env):
        command = ["make", "--dry-run", "--assume-old=.venv/runtime", "run", *given]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=True)
        return [line.strip() for line in done.stdout.splitlines() if "borneout" in line]

    assert [".venv/bin/borneout serve --example"] == commands("PORT=8123", HOST="box")
    assert [".venv/bin/borneout serve --example --host 0.0.0.0"] == commands("HOST=0.0.0.0")
