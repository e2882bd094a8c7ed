"""Import jobs in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Range

from service.schemas import shown
from service.schemas.fields import Answer, Body, Text
from service.schemas.problems import Place
from service.values.vocabulary import ImportStatus

_DRY_RUN = "If true, every line is checked and has a result, but nothing is recorded."
_FEED = "A prefix for each `claim_id` in the file, so that two feeds can use the same ids."
_LOCALE = "The language of numbers, dates and words in the file, such as `de`"
_ENCODING = "The encoding of the file, such as `cp1252`"
_MAP = "The names of columns in the file, each as `column:name`, such as `outlet:Quelle`"


class ImportQuery(Body):
    """The query parameters of a request to start an import."""

    dry_run = ma.fields.Boolean(
        load_default=False, truthy={"true", "1"}, falsy={"false", "0"}, metadata={"description": _DRY_RUN}
    )
    feed = Text(100, metadata={"description": _FEED})
    locale = Text(40, metadata={"description": f"{_LOCALE}. The default is the notation of the API."})
    encoding = Text(40, metadata={"description": f"{_ENCODING}. UTF-8 and UTF-16 are detected."})
    map = ma.fields.List(Text(400), load_default=list, metadata={"description": f"{_MAP}. May be repeated."})


class ImportProgressOut(Answer):
    """The number of lines processed so far, by result."""

    read = shown.count("The number of lines that were processed.")
    created = shown.count("The number of lines that created an object.")
    updated = shown.count("The number of lines that added an outcome or details to a recorded object.")
    unchanged = shown.count("The number of lines whose content was already recorded.")
    rejected = shown.count("The number of lines that were rejected.")
    total = shown.count("The number of lines of the file; null until all are processed.", allow_none=True)
    share = shown.share("The share of the file that was read.")


class ImportProblemOut(Answer):
    """A problem with an import file or with one of its lines."""

    type = shown.text("The path of a page that explains the problem.")
    title = shown.text("A short name of the problem.")
    status = ma.fields.Integer(
        required=True,
        validate=Range(400, 599),
        metadata={"description": "The HTTP status that a single call would return."},
    )
    detail = shown.text("The cause of the problem.")
    errors = ma.fields.List(
        ma.fields.Nested(Place),
        metadata={"description": "Every invalid place in the line; left out if the problem concerns no place."},
    )


class ImportOut(Answer):
    """An import job: the processing of one uploaded file."""

    id = shown.identifier("The job's id.")
    status = shown.choice(ImportStatus, "The state of the job.")
    dry_run = shown.flag(_DRY_RUN)
    name = shown.text("The name of the file; null if it was sent without one.", allow_none=True)
    feed = shown.text(f"{_FEED} Null for none.", allow_none=True)
    locale = shown.text(f"{_LOCALE}; null for the notation of the API.", allow_none=True)
    encoding = shown.text(f"{_ENCODING}; null if it is detected.", allow_none=True)
    map = shown.texts(f"{_MAP}.")
    size = shown.count("The size of the upload in bytes, as it was sent.")
    progress = shown.part(ImportProgressOut, "The number of lines processed so far, by result.")
    problem = shown.part(
        ImportProblemOut,
        "The reason why the job failed, or was cancelled because its key was revoked or has expired; otherwise null.",
        allow_none=True,
    )
    recorded_at = shown.recorded_at()
    started_at = shown.instant("When the first line was processed; null before.", allow_none=True)
    finished_at = shown.instant("When the job succeeded, failed or was cancelled; null before.", allow_none=True)
    expires_at = shown.instant(
        "When the job and its results are deleted, 7 days after it has finished; null before that.", allow_none=True
    )


ImportPage = shown.page_of("ImportPage", ImportOut, "import jobs")
