"""The desk, where editors resolve, record and merge claims. All its pages require a session."""

from service.pages.desk import claim, disputes, imports, merge, pairs, pending, queue, recording, today

_PAGES = (queue, claim, today, recording, pending, disputes, merge, pairs, imports)
BLUEPRINTS = tuple(page.blp for page in _PAGES)
