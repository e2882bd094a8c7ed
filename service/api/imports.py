"""/v1/imports"""

from __future__ import annotations

import hashlib
import time
from functools import partial
from typing import NoReturn, Required, TypedDict
from uuid import UUID

from flask import Response, json, request

from service.access.idempotency import PATIENCE
from service.errors import StillRunning
from service.schemas.fields import PageQuery
from service.schemas.imports import ImportOut, ImportPage, ImportQuery
from service.storage.paging import PageRequest
from service.transfer import jobs, stored_uploads, uploads
from service.transfer.files.options import FileOptions, parse_name
from service.transfer.jobs import ImportView
from service.transfer.uploads import ImportOptions
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import replay_or_run, sent_key, takes_key, was_used
from service.web.documentation import may_fail
from service.web.line_stream import NDJSON, TEXT, sends_lines
from service.web.responses import PageResponse, page_of
from service.web.runtime import caller, runtime
from service.web.sent_files import SentFile
from service.web.uploads import receive_file

blp = Blueprint("imports", __name__, url_prefix="/v1/imports", description="Files that are imported in the background.")

_POLL_INTERVAL = 0.05  # seconds
_FILE = (
    "The content of the file, with any `Content-Type`. A form with a file (`multipart/form-data`) is also accepted, "
    "and a `Content-Disposition` may name the file."
)


class FileQuery(TypedDict, total=False):
    """The options of an import, as sent."""

    dry_run: Required[bool]
    feed: str
    locale: str
    encoding: str
    map: Required[list[str]]


@blp.route("", methods=["POST"])
@requires(Scope.CLAIMS_WRITE)
@takes_key
@may_fail(408, 413, 415, 507)
@blp.takes_file(_FILE)
@blp.arguments(ImportQuery, location="query")
@blp.response(202, ImportOut)
def create_import(query: FileQuery) -> Response:
    """Import a file

    Stores the file and returns a job, which a worker processes in the background. Poll the job at `Location` until it
    has finished, and then read its results.

    Each line is one report with its claim and outcome, or an object with a `type`. An invalid line is rejected with the
    problem that a single call would cause; other lines are not affected. Lines of outlets require `outlets:write`, and
    outcomes `resolutions:write`, which is checked for each line. Importing the same file again changes nothing.

    A key can have 5 unfinished jobs (otherwise 429, `too-many-imports`), which are processed one after the other. The
    call counts once towards the rate limit. Each process of the service receives one file at a time (otherwise 503,
    `upload-running`). A file that arrives at less than 64 kB/s over 30 s is rejected with 408.

    An `Idempotency-Key` identifies the content of the file, regardless of the form in which it was sent.
    """
    key = sent_key()
    if key is not None:
        _await_first(key)
    with receive_file(request) as sent:
        if key is not None and was_used(key):
            return replay_or_run(key, _digest(sent), _repeat_later)
        options = ImportOptions(query["dry_run"], _file_options(query), sent.name, key)
        job_id, digest = _receive(sent, options)
    if key is None:
        return _queue(job_id)
    return _queue_once(key, digest, job_id)


@blp.route("")
@requires()
@blp.arguments(PageQuery, location="query")
@blp.response(200, ImportPage)
def list_imports(query: PageRequest) -> PageResponse[ImportView]:
    """List imports

    Returns the jobs that your key started, the newest first. A key with the scope `admin` gets all jobs. A job is
    deleted 7 days after it has finished.
    """
    return page_of(query, partial(jobs.list_imports, runtime().db, caller=caller()))


@blp.route("/<uuid:import_id>")
@requires()
@blp.response(200, ImportOut)
@blp.tagged
def get_import(import_id: UUID) -> ImportView:
    """Get an import

    Returns a job with its progress. Only the key that started it and keys with the scope `admin` can read it; other
    keys receive a 404.
    """
    return jobs.get_import(runtime().db, import_id, caller=caller())


@blp.route("/<uuid:import_id>", methods=["DELETE"])
@requires()
@blp.response(200, ImportOut)
@blp.changes
def cancel_import(import_id: UUID, if_match: frozenset[str] | None) -> ImportView:
    """Cancel an import

    Lines that were already processed stay recorded, and their results remain available. Cancelling a finished job
    changes nothing. Send `If-Match: *`, because the ETag changes with the progress.
    """
    return jobs.cancel_import(runtime().db, import_id, if_match=if_match, caller=caller(), now=utc_now())


@blp.route("/<uuid:import_id>/results")
@requires()
@sends_lines("The results, one for each line processed so far.", NDJSON, TEXT)
def list_import_results(import_id: UUID) -> Response:
    """Get the results of an import

    Returns one JSON object for each line processed so far, in the order of the file, with the number of the line
    (`line`) and its `status`: `created` if an object was recorded, `updated` if an outcome or details were added to a
    recorded object, and `unchanged` if the content of the line was already recorded. `id` is the id of the outlet,
    claim, report or resolution.

    If the `status` is `rejected`, nothing from the line was recorded, and `problem` has the `type`, `title`, `status`,
    `detail` and `errors` of the problem that a single call would cause. A line whose outcome was known before every
    report has `warnings`, each with `code` and `detail`.

    With `Accept: text/plain`, the same lines are sent as plain text, which browsers show instead of saving it.
    """
    lines = jobs.read_results(runtime().db, import_id, caller=caller())
    content_type = request.accept_mimetypes.best_match([NDJSON, TEXT], default=NDJSON)
    response = Response(lines, content_type=f"{TEXT}; charset=utf-8" if content_type == TEXT else NDJSON)
    response.vary.add("Accept")
    return response


def _file_options(query: FileQuery) -> FileOptions:
    return FileOptions.parse(
        encoding=query.get("encoding"),
        locale=query.get("locale"),
        names=[parse_name(text, ":") for text in query["map"]],
        feed=query.get("feed"),
        limit=runtime().settings.max_import,
    )


def _await_first(key: str) -> None:
    """Wait until the upload of an earlier call with the same Idempotency-Key has arrived."""
    deadline = time.monotonic() + PATIENCE
    while uploads.is_arriving(runtime().db, key, caller=caller()):
        if time.monotonic() > deadline:
            _repeat_later()
        time.sleep(_POLL_INTERVAL)


def _receive(sent: SentFile, options: ImportOptions) -> tuple[UUID, str]:
    at = runtime()
    return uploads.receive_upload(
        at.db,
        sent.pieces,
        options=options,
        length=sent.length,
        caller=caller(),
        clock=utc_now,
    )


def _queue_once(key: str, digest: str, job_id: UUID) -> Response:
    """Queue a job, or discard it and replay the response to an earlier call with the same Idempotency-Key."""
    is_queued = False
    try:
        response = replay_or_run(key, digest.encode(), lambda: _queue(job_id))
        is_queued = "Idempotency-Replayed" not in response.headers
    finally:
        if not is_queued:
            stored_uploads.discard_upload(runtime().db, job_id)
    return response


def _queue(job_id: UUID) -> Response:
    job = jobs.queue_import(runtime().db, job_id, now=utc_now())
    return Response(
        json.dumps(ImportOut().dump(job)),
        202,
        content_type="application/json",
        headers={"Location": f"/v1/imports/{job.id}"},
    )


def _digest(sent: SentFile) -> bytes:
    """Return the hash of a sent file without storing it."""
    digest = hashlib.sha256()
    for piece in sent.pieces:
        digest.update(piece)
    return digest.hexdigest().encode()


def _repeat_later() -> NoReturn:
    raise StillRunning(
        "An earlier call with this Idempotency-Key is still running. Send the call again in a few seconds."
    )
