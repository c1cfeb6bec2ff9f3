# Commands for developers and CI. They need make and python3 (3.11 or later) with venv.
# They call programs by their path in .venv, so no activation is needed.

PYTHON ?= python3
PORT ?= 8000

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes
PIP_COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header $(LOCK_OPTIONS)
# Each process creates its own database: more than four cost more time than they save.
PYTEST := $(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=worksteal $(PYTEST_OPTIONS)
SPECTACULAR := $(MANAGE) spectacular --validate --fail-on-warn --file

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Parallel targets would change the same virtual environment at once.
.NOTPARALLEL:
.PHONY: help run check test test-sqlite test-postgres lint format faults fuzz bench bench-import openapi release-schema messages lock screenshot clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp ## Start with demo data at http://127.0.0.1:8000 (another port: PORT=9000)
	@DEBUG=1 $(MANAGE) demo 127.0.0.1:$(PORT)

check: lint ## Check style, types and layers, and run the quick tests that use no database
	@echo "== Pure tests"
	@env -u DATABASE_URL $(PYTEST) --pure -m "not slow"

test: ## Run all tests against SQLite, then against PostgreSQL
	@$(MAKE) --no-print-directory --keep-going test-sqlite test-postgres

test-sqlite: .venv/dev.stamp ## Run all tests against SQLite
	@echo "== Tests against SQLite"
	@env -u DATABASE_URL $(PYTEST)

test-postgres: .venv/dev.stamp ## Run all tests against PostgreSQL (yours, if DATABASE_URL names one)
	@echo "== Tests against PostgreSQL"
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m tests.postgres $(PYTEST)

lint: export DEBUG := 1
lint: export DATABASE_URL := sqlite://:memory:
lint: .venv/dev.stamp ## Check style, types, layers, dependencies, migrations and the API document
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet --output-format concise || { echo "The files above are not formatted. Run 'make format'." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .
	@$(MANAGE) check --fail-level WARNING
	@$(MANAGE) makemigrations --check --dry-run
	@$(SPECTACULAR) .venv/openapi.yaml
	@diff -u docs/openapi.yaml .venv/openapi.yaml || { echo "docs/openapi.yaml is out of date. Run 'make openapi'." >&2; exit 1; }

format: .venv/dev.stamp ## Format the code and fix findings that ruff can fix
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format --quiet

faults: export KILL_ROUNDS ?= 200
faults: .venv/dev.stamp ## Kill a working server 200 times on each database, and check the database (KILL_ROUNDS)
	@env -u DATABASE_URL $(BIN)/python -m pytest tests/core/ledger/test_kill.py
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR -m tests.postgres $(BIN)/python -m pytest tests/core/ledger/test_kill.py

fuzz: .venv/dev.stamp ## Send 20,000 valid and invalid requests to a temporary server (FUZZ_CASES)
	@$(BIN)/python -m tests.fuzz

bench: .venv/dev.stamp .venv-bench/stamp ## Measure on both databases and write docs/benchmarks.md (quick: CLAIMS=10000 BENCH_ENTRIES=5000)
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR benchmarks/run.py

bench-import: .venv/dev.stamp ## Measure an import on both databases and write docs/benchmarks-import.md (quick: IMPORTS=5000)
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR benchmarks/importing.py

openapi: export DEBUG := 1
openapi: .venv/dev.stamp ## Write docs/openapi.yaml
	@$(SPECTACULAR) docs/openapi.yaml

release-schema: openapi ## Copy the API document to docs/openapi-released.yaml, the base of later comparisons
	@cp docs/openapi.yaml docs/openapi-released.yaml

messages: export DEBUG := 1
messages: .venv/dev.stamp ## Update and compile the German catalogue in claimsapi/locale
	@$(MANAGE) makemessages
	@$(MANAGE) compilemessages --locale de --ignore '.venv*' --verbosity 0

lock: .venv/dev.stamp ## Write the locks (newer releases: LOCK_OPTIONS=--upgrade)
	@$(PIP_COMPILE) --output-file requirements/run.txt pyproject.toml
	@$(PIP_COMPILE) --extra dev --output-file requirements/dev.txt pyproject.toml
	@$(PIP_COMPILE) --output-file benchmarks/requirements.txt benchmarks/requirements.in

screenshot: .venv/dev.stamp ## Take the screenshots in docs/
	@$(BIN)/python docs/screenshot.py

clean: ## Remove generated files; var/ with the demo database stays
	@rm -rf .venv .venv-bench static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "'$(PYTHON)' is missing or older than Python 3.11. Install a newer one, or name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing. Run 'apt install python3-venv'." >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt | .venv/bin/python
	@echo "Installing the locked packages of $< …"
	@$(PIP_INSTALL) -r $<
	@touch $@

# The development lock contains the runtime lock, so one installation serves both.
.venv/dev.stamp: requirements/dev.txt requirements/run.txt | .venv/bin/python
	@echo "Installing the locked packages of $< …"
	@$(PIP_INSTALL) -r $<
	@touch .venv/run.stamp $@

# The peers of the benchmark have their own environment: Datasette needs other versions.
.venv-bench/stamp: benchmarks/requirements.txt | .venv/bin/python
	@echo "Installing the locked packages of $< …"
	@$(BIN)/python -m venv --without-pip .venv-bench
	@$(subst -m pip,-m pip --python .venv-bench/bin/python,$(PIP_INSTALL)) -r $<
	@touch $@
