"""Accept-Encoding: compression of responses, and the exceptions"""

from __future__ import annotations

import datetime as dt
import gzip
import re

import brotli
import flask_compress.compat
import pytest
from flask.testing import FlaskClient

from service.access.keys import create_key
from service.values.vocabulary import Scope
from tests.support.contract import ARGUMENTS
from tests.support.editor import Editor
from tests.support.world import report

pytestmark = pytest.mark.sqlite_alone  # compression does not depend on the database

OPEN = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": flask_compress.compat.compression.zstd.decompress,
}
SECRET = re.compile(r"bo_(?!EXAMPLE)[A-Za-z0-9_-]{20,}")


@pytest.fixture(scope="module")
def filled(shared_world):
    """Return the service with twelve outlets and a resolved claim, and the path arguments for them."""
    claim = shared_world.record(*(report(f"Outlet {number}") for number in range(12)))
    shared_world.resolve(claim, "true")
    shared_world.app.test_client_class = FlaskClient  # because CheckedClient cannot decompress
    shared_world.client = shared_world.app.test_client()
    return shared_world, {**ARGUMENTS, "claim_id": claim["id"], "outlet": "outlet-1", "name": "conflict"}


def plain(response):
    """Return the decompressed body of a response."""
    return OPEN.get(response.headers.get("Content-Encoding"), bytes)(response.data)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, identity;q=0", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0", None),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0, *", None),
        ("identity", None),
        ("deflate, compress, x-unknown", None),
        ("gzip;q=x", None),
        (",;=", None),
        ("", None),
    ],
)
def test_encoding(filled, accepted, expected):
    """
    A response over 1 kB is sent in the encoding that the client prefers among those it accepts.
    """
    world, _ = filled
    for path in (
        "/v1/outlets",
        "/v1/outlets/outlet-1/score/explanation",
        "/v1/scores?outlet=outlet-1&outlet=outlet-2",
        "/",
        "/docs/swagger-ui.css",
        "/openapi.json",
    ):
        with (
            world.client.get(path) as without,
            world.client.get(path, headers={"Accept-Encoding": accepted}) as response,
        ):
            assert expected == response.headers.get("Content-Encoding"), path
            assert "accept-encoding" in response.vary
            assert "Accept-Encoding" in without.headers["Vary"]
            if path == "/docs/swagger-ui.css":
                assert without.data == plain(response)
            if expected is not None:
                assert len(plain(response)) > len(response.data)


@pytest.mark.parametrize("accepted", ["gzip", "br", "zstd"])
def test_size(filled, accepted):
    """
    A response of at most 1 kB is not compressed; a larger one is, even if it is an error.
    """
    world, _ = filled
    headers = {"Accept-Encoding": accepted}
    small = [world.client.get(path, headers=headers) for path in ("/healthz", "/v1/outlets/nobody", "/v1/outlets?x=1")]
    large = world.post("/v1/outlets", {f"member {number}": 1 for number in range(30)}, headers=headers)

    assert [None] * 3 == [response.headers.get("Content-Encoding") for response in small]
    assert all(len(response.data) < 1000 for response in small)
    assert (422, accepted) == (large.status_code, large.headers["Content-Encoding"])
    assert b"member 29" in plain(large)


def test_tags(filled):
    """
    The ETag is the same in every encoding, so a client gets a 304, with Vary, whichever encoding it has cached.
    """
    world, _ = filled
    for path in ("/v1/outlets/outlet-1", "/v1/outlets/outlet-1/score", "/", "/docs/swagger-ui.css"):
        tags = set()
        for accepted in ("gzip", "br", "zstd", "identity"):
            with world.client.get(path, headers={"Accept-Encoding": accepted}) as response:
                tags.add(response.headers["ETag"])
        [tag] = tags
        assert tag.startswith('W/"')
        for accepted in ("gzip", "br", "zstd", "identity"):
            known = {"Accept-Encoding": accepted, "If-None-Match": tag}
            with world.client.get(path, headers=known) as again:
                assert (304, b"", tag) == (again.status_code, again.data, again.headers["ETag"])
                assert "accept-encoding" in again.vary
                assert "Content-Encoding" not in again.headers


def test_head(filled):
    """
    HEAD has the headers of the compressed GET.
    """
    world, _ = filled
    left_out = ("X-Request-ID", "Date", "RateLimit")
    for path in ("/v1/outlets", "/v1/outlets/outlet-1/score", "/topics", "/docs/swagger-ui.css", "/v1/outlets/nobody"):
        headers = []
        world.client.get(path).close()  # so that both requests hit the cache
        for send in (world.client.get, world.client.head):
            with send(path, headers={"Accept-Encoding": "gzip"}) as response:
                headers.append({name: value for name, value in response.headers if name not in left_out})
        assert headers[0] == headers[1], path


def test_part_of_a_file(filled):
    """
    A part of a file is not compressed, because its range refers to the uncompressed file.
    """
    world, _ = filled
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-4999"}
    with world.client.get("/docs/swagger-ui.css", headers=headers) as response:
        assert (206, 5000) == (response.status_code, len(response.data))
        assert "Content-Encoding" not in response.headers


def test_picture_is_not_compressed(filled):
    """
    A file in a compressed format is not compressed again.
    """
    world, _ = filled
    with world.client.get("/docs/favicon-32x32.png", headers={"Accept-Encoding": "gzip"}) as response:
        assert (200, "image/png") == (response.status_code, response.content_type)
        assert "Content-Encoding" not in response.headers


def test_no_secret_is_compressed(filled):
    """
    On every route, public responses are compressed; those with cookies, keys or pages of the desk never are.
    """
    world, arguments = filled
    editor, compressed, uncompressed = Editor(world.app).signed_in(), set(), set()
    world.client.get("/v1/outlets")
    headers = {**world.headers, "Accept-Encoding": "gzip", "If-Match": "*"}
    for rule in world.app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).format(**arguments)
        for method in sorted(rule.methods - {"OPTIONS", "HEAD", "DELETE"}):
            body = {"json": {}} if path.startswith("/v1/") and method != "GET" else {}
            with editor.client.open(path, method=method, headers=headers, **body) as response:
                is_secret = bool(re.match(r"/desk(?:/|$)|/v1/(?:keys|me)(?:/|$)", path))
                is_compressed = "Content-Encoding" in response.headers
                assert not (is_compressed and (is_secret or "Set-Cookie" in response.headers)), (method, path)
                assert not (is_compressed and SECRET.search(plain(response).decode())), (method, path)
                is_large = is_compressed or len(response.data) > 1000
                if is_large and not is_secret and response.mimetype != "image/png":
                    assert is_compressed is not bool(response.cache_control.no_store), (method, path)
                (compressed if is_compressed else uncompressed).add(path)

    assert {"/", "/v1/outlets", "/openapi.json", "/topics", "/method"} <= compressed
    assert {"/desk", "/desk/sign-in", "/v1/me"} <= uncompressed


def test_new_key_is_never_compressed(filled):
    """
    A response with a new secret is never compressed, whatever its length, and never cached.
    """
    world, _ = filled
    headers = {"Accept-Encoding": "gzip, br, zstd"}
    key = create_key(world.runtime.db, name="x", scopes=[Scope.READ], now=dt.datetime.now(dt.UTC))
    created = world.post("/v1/keys", {"name": "n" * 200, "scopes": [*Scope]}, headers=headers)
    rotated = world.post(f"/v1/keys/{key.id}/rotation", {}, headers=headers)
    listed = world.get("/v1/keys", headers=headers)

    for response in (created, rotated, listed):
        assert "Content-Encoding" not in response.headers
        assert "no-store" == response.headers["Cache-Control"]
    assert SECRET.search(created.text)
    assert SECRET.search(rotated.text)
