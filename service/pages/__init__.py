"""The web pages: what people look at.

How a page is made:

1. A module of its own here, with `blp = page_blueprint("name")` and views of at most eight lines under `@requires`.
   A view reads its query by `read_query(Schema)`, calls the use cases that the API calls, never a query of its own,
   and returns `show("name.html", ...)`; or `cached_page(about, *what, make=...)`, if rendering
   costs more than a lookup: the page is then cached as long as the scores it shows (R20).
2. A template that extends `frame.html`: `title`, `summary` (for previews of links), `crumbs` as (words, address) pairs,
   and the block `main`. No style and no script stands in a page; both are files in `static/`, named by `asset()`.
   Every link to a path of ours begins with `base()`; crumbs and `Location` headers get the base path by themselves.
3. Numbers and moments go through the macros of `marks.html`: `share` (a whole per cent, with the figure that the API
   gives as the `value` of a `data` element, for the tests to compare), `number`, `moment`, and the pictures, whose
   geometry comes from `charts.py`. Each picture has a sentence that says what it shows and a table with its numbers.
4. Its blueprint goes into the list in `service/app.py`, its address into `tests/pages/`, where every page is opened in
   a real browser. A failure, raised anywhere, becomes a page by itself (`failures.py`).
5. A page of the desk has `desk_blueprint("name")` instead, and extends `desk_frame.html`. A view that changes something
   asks `check_scope`, calls the use case with what `forms.py` made of the form, shows a `ServiceError` beside the form
   again, and else leads on by `redirect_to`. The blueprint refuses forms that another site sends.
"""
