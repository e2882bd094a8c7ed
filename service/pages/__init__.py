"""The web pages.

How to add a page:

1. Write a module here with `blp = page_blueprint("name")` and views of at most eight lines under `@requires`. A view
   parses its query with `read_query(Schema)`, calls the same use cases as the API, never a query of its own, and
   returns `show("name.html", ...)`. If rendering is slower than a lookup, it returns `cached_page(about, *key,
   make=...)`: the page is then cached as long as the scores that it shows (R20).
2. Write a template that extends `frame.html`: `title`, `summary` (for link previews), `crumbs` as (words, address)
   pairs, and the block `main`. It may set `canonical` (the address, if the query is part of it; none to name none),
   `card` (the address of the picture for link previews) and `feed` (its title and address). A page contains no style
   and no script; both are files in `static/`, named by `asset()`. Every link to a path of ours begins with `base()`;
   crumbs and `Location` headers get the base path automatically.
3. Format numbers and instants with the macros of `macros.html`: `share` (a whole per cent, with the exact value of the
   API as the `value` of a `data` element, for the tests to compare), `number`, `moment`, and the pictures, whose
   geometry comes from `charts.py`. Each picture has a caption and a table with its numbers.
   Each chart is also a file in `chart_files.py`; `sharing.chart` of `share.html` links to it.
4. Add its blueprint to the list in `service/app.py`, and its address to `tests/pages/test_every_page.py`, which opens
   every page in a real browser. An error raised in a view is rendered as a page by `failures.py`.
5. A page of the desk uses `desk_blueprint("name")` instead, and extends `desk/frame.html`. A view that writes calls
   `check_scope`, passes the form as parsed by `desk/forms.py` to the use case, and then redirects with `redirect_to`.
   The blueprint rejects forms from other sites. The page sets the block `heading` instead of `title`. A `ServiceError`
   is rendered as `problem`: `desk.trouble` lists its mistakes, and `desk.field` makes a field with its label, hint and
   mistake. `mistakes.py` has the words; add the label of a new field there. A tab is added in `desk_tabs.py`.
"""
