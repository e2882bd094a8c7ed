# `make run` and `make quick` need only Python 3.11, 3.12, 3.13 or 3.14: no root, no compiler, no Docker.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Hypothesis draws 50 examples per test. `make test PROFILE=deep` draws thousands, without a timeout.
PROFILE ?= ci
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder \
	--hypothesis-profile $(PROFILE) $(if $(filter deep,$(PROFILE)),--timeout 0)
QUICK := -m "not postgresql and not chromium"

# `make bench SCALE=7` takes hours.
SCALE ?= 5

.PHONY: help install run test quick coverage check audit bench bench-more wheel openapi lock clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: .venv/dev ## install all dependencies into .venv

# `borneout serve` reads PORT from the environment. HOST counts only on the command line of make, because some shells set
# it to the name of the machine.
run: .venv/runtime ## run the service with the example on 127.0.0.1:8000; set PORT= or HOST= to change the address
	@$(BIN)/borneout serve --example $(if $(findstring command,$(origin HOST)),--host $(HOST))

test: .venv/dev ## run all tests, on SQLite, PostgreSQL and Redis; needs Chromium
	$(PYTEST)

quick: .venv/dev ## run the tests that need neither PostgreSQL nor Chromium
	$(PYTEST) $(QUICK)

coverage: .venv/dev ## measure the coverage of `make quick`
	$(PYTEST) $(QUICK) --cov

check: .venv/dev ## check style, types, layers, the API document and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/borneout openapi --check
	$(BIN)/python -m pip check
	@$(BIN)/python .ci/audit.py || [ $$? -eq 3 ] # 3: the advisories could not be reached

audit: .venv/dev ## check the dependencies for known vulnerabilities
	$(BIN)/python .ci/audit.py

bench: .venv/dev .venv-bench/dev ## compare with other services, and measure growth up to 10^SCALE reports; takes 20 minutes
	$(BIN)/python -m bench.all --scale $(SCALE)

bench-more: .venv/dev .venv-bench/dev # the other benchmarks; take half an hour
	.venv-bench/bin/python -m bench.refit
	$(BIN)/python -m bench.score_cost
	$(BIN)/python -m bench.imports
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.start

wheel: .venv/runtime ## build the wheel in dist/
	rm -rf build # setuptools would include deleted modules of an earlier build
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

openapi: .venv/runtime ## generate openapi/ from the code
	$(BIN)/borneout openapi

lock: ## resolve the dependencies and update the lock files; needs uv
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
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; } # otherwise the next run would use the incomplete environment

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	@touch $@

# The library that we compare with has forty dependencies, so it gets its own environment.
.venv-bench/dev: bench/requirements.lock | .venv/bin/python
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --no-deps --require-hashes --requirement bench/requirements.lock
	@touch $@
