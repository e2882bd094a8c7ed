# `make run` and `make test` need Python 3.11 or 3.12 and nothing else: no root, no Docker, no running service. A newer
# Python also needs a C compiler, see docs/decisions/0002-embedded-redis.md.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help install run test check audit bench lock openapi clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: .venv/dev ## .venv with everything that running, testing and checking need

run: .venv/runtime ## serve on 127.0.0.1:8000 from ./var, with the example in it
	@$(BIN)/borneout migrate
	@$(BIN)/borneout import examples/alonso.ndjson || true # what was changed since the last time is said, and stays
	@$(BIN)/borneout serve

test: .venv/dev ## every test, on SQLite, a real PostgreSQL and a real Redis
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --cov --numprocesses 3 --dist loadfile --no-loadscope-reorder

check: .venv/dev ## lint, format, types, layers, and the document against the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/borneout openapi --check
	@$(BIN)/python .ci/audit.py || [ $$? -eq 3 ] # which it has said: there may be no way to the advisories

audit: .venv/dev ## hold what the service is installed with against the known advisories
	$(BIN)/python .ci/audit.py

bench: .venv/dev .venv-bench/dev ## speed against peers and limits; takes half an hour
	.venv-bench/bin/python -m bench.refit
	$(BIN)/python -m bench.score_cost
	$(BIN)/python -m bench.pages

openapi: .venv/runtime ## write openapi/ anew from the code
	$(BIN)/borneout openapi

lock: ## resolve the dependencies anew
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--constraint requirements.lock --custom-compile-command "make lock" --quiet --output-file requirements-dev.lock

clean: ## remove what make made; ./var, where the data is, stays
	rm -rf .venv .venv-bench build *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Borneout needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@

# A peer that brings forty packages along has an environment of its own.
.venv-bench/dev: bench/requirements.lock | .venv/bin/python
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --no-deps --require-hashes --requirement bench/requirements.lock
	@touch $@
