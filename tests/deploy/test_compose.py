"""docker-compose.yml, Dockerfile and deploy/nginx.conf, as far as they can be checked without Docker"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from service import __version__
from service.app import MAX_BODY
from service.cli import main
from service.config import Settings
from service.errors import problem_types
from service.schemas.claim_batch import MAX_BATCH_BODY
from service.schemas.lookup import MAX_LOOKUP_BODY
from service.web import middleware

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
UPSTREAMS = [(ROOT / "deploy" / name).read_text() for name in ("upstream.conf", "upstream.compose.conf")]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
FINAL_STAGE = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]


def test_only_nginx_is_reached():
    """
    Only nginx publishes a port, by default only to this machine, and it is not on the network of the databases.
    """
    assert ["nginx"] == [name for name, service in SERVICES.items() if "ports" in service]
    assert ["${LISTEN:-127.0.0.1:8000}:8080"] == SERVICES["nginx"]["ports"]
    assert ["front"] == SERVICES["nginx"]["networks"]
    assert {"internal": True} == COMPOSE["networks"]["back"]
    assert all(["back"] == SERVICES[name]["networks"] for name in SERVICES.keys() - {"nginx", "api"})


def test_no_secret():
    """
    The files contain no secret, and require those that are needed.
    """
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "KEY" in name:
                assert re.match(r"\$\{(POSTGRES_PASSWORD|BORNEOUT_SECRET_KEY):\?", value), name
            assert not re.search(r"//[^/@]*:[^/@]*@", value), name
    assert not re.search(r"^(ENV|ARG).*(PASSWORD|KEY|SECRET)", DOCKERFILE, re.MULTILINE)


def test_pinned():
    """
    Third-party images have a version, and ours has that of the program.
    """
    assert {f"borneout:{__version__}"} == {service["image"] for service in OURS.values()}
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert 6 == len(images)
    for image in images:
        assert re.fullmatch(r"[a-z]+:\d+(\.\d+)*(-[a-z]+)+", image), image


def test_commands_exist():
    """
    The commands of the worker and the migration exist.
    """
    for name in ("worker", "migrate"):
        program, *arguments = SERVICES[name]["command"]
        assert "borneout" == program
        assert 0 == CliRunner().invoke(main, [*arguments, "--help"]).exit_code


def test_the_image_starts_gunicorn(tmp_path):
    """
    Gunicorn accepts the command that the image starts, from a folder that is not the checkout.
    """
    [cmd] = re.findall(r"^CMD (\[.*\])$", FINAL_STAGE, re.MULTILINE)
    command = [sys.executable, "-m", *json.loads(cmd), "--check-config"]
    env = os.environ | {"BORNEOUT_DATA_DIR": str(tmp_path), "BORNEOUT_REDIS_URL": "redis://127.0.0.1:1"}
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300)

    assert 0 == ran.returncode, ran.stderr


def test_worker_health(tmp_path):
    """
    The health check of the worker passes while its heartbeat file is recent.
    """
    kind, check = SERVICES["worker"]["healthcheck"]["test"]
    heartbeat = Path(SERVICES["worker"]["environment"]["BORNEOUT_DATA_DIR"]) / "worker.beat"
    assert "CMD-SHELL" == kind
    assert str(heartbeat) in check

    def code():
        command = check.replace(str(heartbeat), str(tmp_path / "worker.beat"))
        return subprocess.run(["sh", "-c", command], stderr=subprocess.DEVNULL, check=False).returncode

    assert 1 == code()
    (tmp_path / "worker.beat").touch()
    assert 0 == code()
    os.utime(tmp_path / "worker.beat", (time.time() - 60,) * 2)
    assert 1 == code()


def test_settings_are_known(caplog):
    """
    The service knows every setting in the environment of the containers.
    """
    for service in OURS.values():
        given = {name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for name, value in service["environment"].items()}
        settings = Settings.from_env(given)
        assert "postgresql+psycopg://borneout@postgres/borneout" == settings.database_url
        assert not settings.embedded_redis
        assert settings.limits is not None
    assert not caplog.records


def test_nginx_is_the_proxy_that_is_trusted():
    """
    Nginx appends the address of the client to X-Forwarded-For, and the API trusts one proxy.
    """
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in NGINX
    assert "${BORNEOUT_TRUSTED_PROXIES:-1}" == SERVICES["api"]["environment"]["BORNEOUT_TRUSTED_PROXIES"]


def test_time_to_stop():
    """
    Containers are killed only after the drain and the grace period of requests in flight.
    """
    drain = float(Settings.from_env({}).drain)
    settings = (ROOT / "service" / "operations" / "gunicorn_conf.py").read_text()
    in_flight = int(re.search(r"^graceful_timeout = (\d+)$", settings, re.MULTILINE)[1])
    assert drain + in_flight + 10 <= int(SERVICES["api"]["stop_grace_period"].removesuffix("s"))


@pytest.mark.parametrize(("value", "expected"), [("5", "5"), ("", "2"), (None, "2")])
def test_processes(value, expected):
    """
    Gunicorn runs WEB_CONCURRENCY processes, or two by default.
    """
    env = {name: value for name, value in os.environ.items() if name != "WEB_CONCURRENCY"}
    env |= {} if value is None else {"WEB_CONCURRENCY": value}
    code = "from service.operations.gunicorn_conf import workers; print(workers)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)

    assert expected == run.stdout.strip()
    assert "${WEB_CONCURRENCY:-2}" == SERVICES["api"]["environment"]["WEB_CONCURRENCY"]


def test_limits():
    """
    Every container has a limit of its memory and its processes.
    """
    assert all({"mem_limit", "pids_limit"} <= service.keys() for service in SERVICES.values())


def test_backup_writes_dumps_and_drops_old_ones(tmp_path):
    """
    The backup job writes a dump at its start, in one step, and deletes those older than two weeks.
    """
    old, recent = tmp_path / "borneout-1.dump", tmp_path / "borneout-2.dump"
    for file, days in ((old, 20), (recent, 2)):
        file.touch()
        os.utime(file, (time.time() - days * 86400,) * 2)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pg_dump").write_text('#!/bin/sh\nfor last; do :; done\necho dump > "${last#--file=}"\n')
    (programs / "pg_dump").chmod(0o755)
    [script] = SERVICES["backup"]["command"]
    script = script.replace("$$", "$").replace("/backups", str(tmp_path)).replace('sleep "', 'exit # sleep "')
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "BACKUP_SECONDS": "1"}
    ran = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True)

    [written] = set(tmp_path.glob("*.dump")) - {recent}
    assert (f"wrote {written}\n", "dump\n", True, False) == (
        ran.stdout,
        written.read_text(),
        recent.exists(),
        old.exists(),
    )


def test_not_root():
    """
    Our services and nginx run without root, without capabilities and on a read-only file system.
    """
    users = [*re.findall(r"^USER (\S+)", FINAL_STAGE, re.MULTILINE), SERVICES["nginx"]["user"]]
    assert 2 == len(users)
    assert not [user for user in users if user.startswith(("0", "root"))]
    for service in (*OURS.values(), SERVICES["nginx"]):
        assert (True, ["ALL"]) == (service["read_only"], service["cap_drop"])
        assert ["no-new-privileges:true"] == service["security_opt"]


def test_docker_gets_the_files_that_the_image_copies():
    """
    .dockerignore includes exactly the files that the Dockerfile copies.
    """
    copied = re.findall(r"^COPY ([\w/.-]+) ", DOCKERFILE, re.MULTILINE)
    assert sorted(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)) == sorted(copied)


def test_nginx_takes_what_the_api_takes():
    """
    Nginx has the same body limits as the API, forwards the request id, and does not expose /metrics.
    """
    assert f"client_max_body_size {MAX_BODY >> 20}m;" in NGINX
    assert MAX_LOOKUP_BODY == MAX_BATCH_BODY
    longer = re.escape("/v1/(?:outlets/lookup|claims/batch)$")
    assert re.search(rf"{longer} {{\s+client_max_body_size {MAX_BATCH_BODY >> 20}m;", NGINX)
    assert "proxy_set_header X-Request-ID $passed_request_id;" in NGINX
    [pattern] = re.findall(r"location ~ (\S+) \{\s*return 404;", NGINX)
    assert all(re.search(pattern, path) for path in ("/metrics", "/reliability/metrics", "/a/b/metrics"))
    assert not any(
        re.search(pattern, path) for path in ("/outlets/metrics", "/a/v1/outlets/metrics", "/topics/a/metrics")
    )


def test_nginx_finds_the_api():
    """
    With Docker and without it nginx reads the hosts of the API from the file beside its configuration.
    """
    assert "include upstream.conf;" in NGINX
    assert "./deploy/upstream.compose.conf:/etc/nginx/upstream.conf:ro" in SERVICES["nginx"]["volumes"]
    assert all("upstream api {" in upstream and "keepalive_timeout 4s;" in upstream for upstream in UPSTREAMS)
    assert "resolve" not in UPSTREAMS[0]  # only nginx 1.27.3 or newer knows it


def test_nginx_compresses_no_secret():
    """
    Nginx compresses the same content types as the API, but neither keys nor the desk, below any base path.
    """
    [pattern] = re.findall(r"location ~ (\S+) \{\s*gzip off;", NGINX)
    secret = ("/desk", "/desk/sign-in", "/v1/keys", "/v1/keys/1/rotation", "/v1/me")
    assert all(re.search(pattern, base + path) for base in ("", "/reliability", "/a/v1") for path in secret)
    assert not any(re.search(pattern, path) for path in ("/", "/v1/outlets", "/deskx", "/v1/keysx", "/outlets/v1"))
    [types] = re.findall(r"gzip_types ([^;]+);", NGINX)
    assert set(types.split()) == set(middleware.COMPRESSED_TYPES) - {"text/html"}  # nginx always compresses it
    assert f"gzip_min_length {middleware.COMPRESSED_FROM};" in NGINX
    assert re.search(r"^ +gzip on;$", NGINX, re.MULTILINE)


def test_nginx_answers_with_problems():
    """
    Each error of nginx is a problem document of an existing type, with its title.
    """
    known = {f"/problems/{kind.name}": kind for kind in problem_types()}
    types, titles = nginx_map("problem_type"), nginx_map("problem_title")
    handled = re.search(r"error_page ([\d ]+) /\.problem;", NGINX)[1].split()
    assert {"400", "413", "414", "502", "504"} <= set(handled)
    for status in handled:
        kind, title = types.get(status, types["default"]), titles.get(status, titles["default"])
        assert known[kind].title == title, status
        assert int(status) == known[kind].status
    [document] = re.findall(r"return 200 '(\{.*\})';", NGINX)
    assert {"type", "title", "status", "detail", "instance"} == json.loads(document.replace("$status", "502")).keys()


@pytest.mark.parametrize(
    ("path", "instance"),
    [
        ("/v1/claims/x%22?q=1", "/v1/claims/x%22"),
        ("/", "/"),
        ('/a"b', ""),
        ("/a\\b", ""),
        ("/ä", ""),
        ("", ""),
    ],
)
def test_nginx_names_what_was_asked(path, instance):
    """
    A problem document of nginx has the path of the request, unless the path would break the JSON.
    """
    [pattern] = re.findall(r'map \$request_uri \$problem_instance \{\s+"~(.*)" \$asked_path;', NGINX)
    found = re.match(pattern.replace("?<", "?P<"), path)
    assert instance == (found["asked_path"] if found else "")


def nginx_map(name):
    """Return a map of nginx.conf by status."""
    [body] = re.findall(rf"map \$status \${name} \{{(.*?)\}}", NGINX, re.DOTALL)
    return {key: value.strip('"') for key, value in re.findall(r'(\w+) (".*?"|\S+);', body)}
