# `make run` and `make test` need Python 3.11, 3.12, 3.13 or 3.14 and nothing else: no root, no compiler, no Docker.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Hypothesis draws 50 examples for each test; `make test PROFILE=deep` draws thousands, without a time limit.
PROFILE ?= ci
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder \
	--hypothesis-profile $(PROFILE) $(if $(filter deep,$(PROFILE)),--timeout 0)
QUICK := -m "not postgresql and not chromium"

.PHONY: help install run test quick coverage check audit bench wheel openapi lock clean

help: ## show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: .venv/dev ## install everything that running, testing and checking need, into .venv

# PORT reaches it by the environment. HOST does only if it is given to make: some shells set it to the machine's name.
run: .venv/runtime ## serve on 127.0.0.1:8000 from ./var, with the example in it; PORT= and HOST= choose another address
	@$(BIN)/borneout serve --example $(if $(findstring command,$(origin HOST)),--host $(HOST))

test: .venv/dev ## run every test, on SQLite, a real PostgreSQL and a real Redis
	$(PYTEST)

quick: .venv/dev ## run the tests that need neither PostgreSQL nor Chromium
	$(PYTEST) $(QUICK)

coverage: .venv/dev ## measure which lines the tests of `make quick` cover
	$(PYTEST) $(QUICK) --cov

check: .venv/dev ## check style, types, layers, the API document and the installed packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/borneout openapi --check
	$(BIN)/python -m pip check
	@$(BIN)/python .ci/audit.py || [ $$? -eq 3 ] # 3: the advisories could not be reached, and it has said so

audit: .venv/dev ## look up known vulnerabilities of the packages that the service runs on
	$(BIN)/python .ci/audit.py

bench: .venv/dev .venv-bench/dev ## measure speed; takes half an hour
	.venv-bench/bin/python -m bench.refit
	$(BIN)/python -m bench.score_cost
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.start

wheel: .venv/runtime ## build the wheel, into dist
	rm -rf build # setuptools would add deleted modules from an earlier build
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

openapi: .venv/runtime ## write openapi/ from the code
	$(BIN)/borneout openapi

lock: ## resolve the dependencies and write the locks; needs uv
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --constraint requirements.lock --custom-compile-command "make lock" --quiet --output-file requirements-dev.lock
	uv pip compile bench/requirements.in --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--custom-compile-command "make lock" --quiet --output-file bench/requirements.lock

clean: ## remove everything that make created, except the data in ./var
	rm -rf .venv .venv-bench build dist *.egg-info .coverage* .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Borneout needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; } # half an environment would pass for a whole one next time

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@

# The peer that we measure against brings forty packages, so it has its own environment.
.venv-bench/dev: bench/requirements.lock | .venv/bin/python
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --no-deps --require-hashes --requirement bench/requirements.lock
	@touch $@
