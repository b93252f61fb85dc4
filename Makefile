# Needs Python 3.11 or newer and make; everything else is fetched into .venv from hashed locks.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3 python,$(shell command -v $(name))))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := .cache/uv
UV_VERSION := 0.13.9
LOCK = PYTHONPATH=$(UV) $(BIN)/python -m uv pip compile pyproject.toml --universal -p 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --quiet
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help venv demo up test test-fast fuzz check fmt bench bench-engines bench-lock chaos lock clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## build .venv from the lock, with .venv/bin/wismo

$(STAMP): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "wismo needs Python 3.11 or newer; none is on PATH (or set PYTHON=...)" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "wismo needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1) (set PYTHON=...)" >&2; exit 2; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot build environments; install its venv module (python3-venv)" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## the whole service on this machine, fed with a day of traffic; Ctrl-C ends it
	$(BIN)/wismo up

up: ## the full stack in containers: Kafka, Redis, Prometheus, Grafana and the services
	docker compose up --build --detach --wait

test: $(STAMP) ## every test that can run here; the others are skipped by name
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-fast: $(STAMP) ## the tests that need no broker and no browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not broker and not kafka and not browser and not slow"

fuzz: $(STAMP) ## bend every sender's messages for a minute each, two senders at a time
	WISMO_FUZZ_SECONDS=$${WISMO_FUZZ_SECONDS:-60} nice -n 10 $(BIN)/python -m pytest -n 2 -rP tests/rules/normalize/test_long_fuzz.py

check: $(STAMP) ## format, lint, types, import rule, generated files, contracts, policy and carrier tables
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.generate --check
	$(BIN)/python -m schemas.compatibility
	$(BIN)/python -m cli.carriers_doc --check
	$(BIN)/wismo check

fmt: $(STAMP) ## format, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## measure; one JSON line a measurement
	$(BIN)/python -m bench

bench-engines: $(STAMP) ## the engine beside stock Faust, Quix Streams, Bytewax and a hand-written loop
	$(BIN)/python -m bench.engines

bench-lock: ## resolve what only the benchmarks need into bench/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target $(UV) uv==$(UV_VERSION)
	PYTHONPATH=$(UV) $(BIN)/python -m uv pip compile bench/requirements.in --universal -p 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --quiet -o bench/requirements.txt

chaos: $(STAMP) ## kill the service again and again, and count what was lost or doubled
	$(BIN)/python -m bench.chaos

lock: $(STAMP) ## resolve the dependencies of pyproject.toml into both lock files
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target $(UV) uv==$(UV_VERSION)
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -o requirements-dev.lock

clean: ## remove what builds and tests leave behind; .venv stays
	rm -rf build dist data .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
