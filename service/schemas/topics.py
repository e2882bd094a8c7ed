"""Topics in requests and responses."""

from __future__ import annotations

import marshmallow as ma

from service.methods.reliability import RATED_FROM
from service.schemas import shown
from service.schemas.fields import Answer, Body, PageQuery, TopicPath, topic


class TopicOut(Answer):
    """A topic with the numbers of claims on it and on the topics below it."""

    topic = shown.text("The path of the topic.")
    claims = shown.count("The number of claims: open, due and resolved ones, and opinions.")
    open = shown.count("The number of open claims.")
    due = shown.count("The number of due claims.")
    resolved = shown.count("The number of resolved claims, whatever their verdict.")
    ranked_outlets = shown.count(
        f"The number of outlets in the ranking of the topic: those with {RATED_FROM} or more resolved claims of their "
        "own, on the basis `matured`."
    )


TopicPage = shown.page_of("TopicPage", TopicOut, "topics")


class TopicQuery(PageQuery):
    """Filter and paging parameters for the list of topics."""

    topic = topic("Only this topic and those below it.")


_FROM = "The topic to rename, with all topics below it."
_INTO = "The new path. If that topic exists, the claims are added to it."


class RenameIn(Body):
    """The topic to rename, and its new path."""

    source = TopicPath(data_key="from", required=True, metadata={"description": _FROM})
    into = TopicPath(required=True, metadata={"description": _INTO})


class RenameOut(Answer):
    """A rename of a topic."""

    id = shown.identifier("The rename's id.")
    source = ma.fields.String(
        data_key="from",
        required=True,
        metadata={"description": "The topic that was renamed, with all topics below it."},
    )
    into = shown.text("The path that it was renamed to.")
    claims = shown.count("The number of claims that the rename moved.")
    recorded_at = shown.recorded_at()
    undone_at = shown.instant("When the rename was undone; null while it is in effect.", allow_none=True)


RenamePage = shown.page_of("RenamePage", RenameOut, "renames")
