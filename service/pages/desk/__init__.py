"""The desk, where editors resolve, record and merge claims. All its pages require a session."""

from service.pages.desk import answers, claim, imports, merge, pairs, queue, recording, today

BLUEPRINTS = (queue.blp, claim.blp, today.blp, recording.blp, answers.blp, merge.blp, pairs.blp, imports.blp)
