"""The web pages.

How to add a page:

1. Write a module here with `blp = page_blueprint("name")` and short views under `@requires`. A view parses its query
   with `read_query(Schema)`, calls the same use cases as the API, and returns `show("name.html", ...)`. It does not
   query the database itself. If rendering is slower than a lookup, it returns `cached_page(about, *key, make=...)`,
   which caches the page until the scores on it are invalidated (R20).
2. Write a template that extends `frame.html`: `title`, `summary` (for link previews), `crumbs` as (words, address)
   pairs, and the block `main`. It may set `canonical` (the canonical address, if the query is part of it; none if the
   page has none), `card` (the address of the picture for link previews) and `feed` (the title and address of a feed).
   Styles and scripts are not in the page but in files in `static/`; `asset()` returns their addresses. Every link to
   one of our paths begins with `base()`; crumbs and `Location` headers get the base path automatically.
3. Format numbers and instants with the macros of `macros.html`: `share` (a whole percent in a `data` element, whose
   `value` is the exact value of the API, for tests to compare), `number`, `moment`, and the charts, with their geometry
   from `charts.py`. Each chart has a caption and a table with its numbers. It is also served as a file by
   `chart_files.py`; `sharing.chart` of `share.html` links to the file.
4. Add its blueprint to `PAGES` in `blueprints.py`, and its address to `tests/pages/test_every_page.py`, which opens
   every page in a real browser. An error raised in a view is rendered as a page by `failures.py`.
5. A page of the desk uses `desk_blueprint("name")` instead, and extends `desk/frame.html`. A view that writes calls
   `check_scope`, passes the form as parsed by `desk/forms.py` to the use case, and then redirects with `redirect_to`.
   The blueprint rejects forms from other sites. The page sets the block `heading` instead of `title`. A `ServiceError`
   is rendered as `problem`: `desk.trouble` lists its mistakes, and `desk.field` makes a field with its label, hint and
   mistake. `mistakes.py` has the words; add the label of a new field there. A tab is added in `desk_tabs.py`.
"""
