"""Topics in requests and responses."""

from __future__ import annotations

from service.methods.reliability import RATED_FROM
from service.schemas import shown
from service.schemas.fields import Answer, PageQuery, page_of, topic


class TopicOut(Answer):
    """A topic with the numbers of claims on it and on the topics below it."""

    topic = shown.text("The path of the topic.")
    claims = shown.count("The number of claims: those that are open, due or resolved, and opinions.")
    open = shown.count("The number of open claims.")
    due = shown.count("The number of due claims.")
    resolved = shown.count("The number of resolved claims, whatever their verdict.")
    ranked_outlets = shown.count(
        f"The number of outlets in the ranking of the topic: those with {RATED_FROM} or more resolved claims of their "
        "own, on the basis `matured`."
    )


TopicPage = page_of("TopicPage", TopicOut, "topics")


class TopicQuery(PageQuery):
    """The parameters of the list of topics."""

    topic = topic("Only this topic and those below it.")
