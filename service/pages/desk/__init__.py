"""The desk: the pages of editors, who resolve, record and merge claims. All of them require a session."""

from service.pages.desk import imports, merge, pairs, queue, recording

BLUEPRINTS = (queue.blp, recording.blp, merge.blp, pairs.blp, imports.blp)
