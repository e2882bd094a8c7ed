"""The desk: the pages of editors, who resolve, record and merge claims. All of them require a session."""

from service.pages.desk import answers, claim, imports, merge, pairs, queue, recording, today

BLUEPRINTS = (queue.blp, claim.blp, today.blp, recording.blp, answers.blp, merge.blp, pairs.blp, imports.blp)
