"""/desk/imports: import files, show their progress and results, and cancel imports"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from flask import Response, render_template, request

from service.errors import ServiceError
from service.pages.sign_in import desk_blueprint, redirect_to
from service.transfer import jobs, uploads
from service.transfer.files.locales import LOCALES
from service.transfer.files.options import FileOptions, parse_name
from service.transfer.lines import LineStatus
from service.transfer.results import ResultLine
from service.transfer.uploads import ImportOptions
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import check_scope
from service.web.line_stream import NDJSON
from service.web.runtime import caller, runtime
from service.web.sent_files import SentFile
from service.web.uploads import receive_file

blp = desk_blueprint("imports_at_the_desk")

_JOBS = 20  # the number of imports on the page
_REJECTED = 100  # the largest number of rejected lines on the page of an import


@blp.get("/desk/imports")
def show_imports() -> str:
    """Show the upload form and the latest imports."""
    return _show_imports()


@blp.post("/desk/imports")
def start_import() -> Response | tuple[str, int]:
    """Store an uploaded file and queue its import."""
    try:
        check_scope(Scope.CLAIMS_WRITE)
        with receive_file(request) as sent:
            job_id = _receive(sent)
    except ServiceError as problem:
        return _show_imports(problem), problem.status
    jobs.queue_import(runtime().db, job_id, now=utc_now())
    return redirect_to(f"/desk/imports/{job_id}")


@blp.get("/desk/imports/<uuid:import_id>")
def show_import(import_id: UUID) -> str:
    """Show an import with its progress and its first rejected lines."""
    at = runtime()
    job = jobs.get_import(at.db, import_id, caller=caller())
    blocks = jobs.read_results(at.db, import_id, caller=caller(), rejected=True)
    return render_template("desk/import.html", job=job, rejected=list(islice(_rejected_lines(blocks), _REJECTED)))


@blp.get("/desk/imports/<uuid:import_id>/results")
def download_results(import_id: UUID) -> Response:
    """Download the results of all lines of an import as an NDJSON file."""
    response = Response(jobs.read_results(runtime().db, import_id, caller=caller()), content_type=NDJSON)
    response.headers["Content-Disposition"] = f"attachment; filename=results-{import_id}.ndjson"
    return response


@blp.post("/desk/imports/<uuid:import_id>/cancellation")
def cancel_import(import_id: UUID) -> Response:
    """Cancel an import."""
    jobs.cancel_import(runtime().db, import_id, if_match=None, caller=caller(), now=utc_now())
    return redirect_to(f"/desk/imports/{import_id}")


def _show_imports(problem: ServiceError | None = None) -> str:
    page = jobs.list_imports(runtime().db, caller=caller(), after=None, limit=_JOBS)
    return render_template("desk/imports.html", jobs=page.items, locales=sorted(LOCALES), problem=problem)


def _receive(sent: SentFile) -> UUID:
    at = runtime()
    options = ImportOptions("dry_run" in sent.fields, _file_options(sent.fields), sent.name)
    job_id, _ = uploads.receive_upload(
        at.db, sent.pieces, options=options, length=sent.length, caller=caller(), clock=utc_now
    )
    return job_id


def _file_options(fields: dict[str, str]) -> FileOptions:
    given = {name: text.strip() or None for name, text in fields.items()}
    return FileOptions.parse(
        encoding=given.get("encoding"),
        locale=given.get("locale"),
        names=[parse_name(line, "=") for line in (given.get("map") or "").splitlines() if line.strip()],
        feed=given.get("feed"),
        limit=runtime().settings.max_import,
    )


def _rejected_lines(blocks: Iterator[bytes]) -> Iterator[ResultLine]:
    for block in blocks:
        lines: Iterator[ResultLine] = map(json.loads, block.splitlines())
        yield from (line for line in lines if line["status"] == LineStatus.REJECTED)
