# `make run` plays a whole assessment; `make test` proves it. Everything else is listed by `make help`.
VENV := .venv
PY := $(VENV)/bin/python
SERVERS := .xephang/servers.env
REQ := deploy/requirements
# The first interpreter found that the rules engine builds on (3.11 or 3.12).
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help run up up-real servers servers-stop test test-long check format types lint contracts lock faults bench clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.ready: $(REQ)/build.lock $(REQ)/dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "xephang needs Python 3.11 or 3.12 (durable-rules does not import on 3.13): install one, or say make PYTHON=/path/to/python3.12"; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { echo "xephang needs a C compiler (cc) to build durable-rules: install gcc or clang"; exit 1; }
	@echo "Installing into $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --require-hashes -r $(REQ)/build.lock
	@$(PY) -m pip install --quiet --require-hashes --no-build-isolation -r $(REQ)/dev.lock
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: $(VENV)/.ready ## play the assessments of 2021 and 2022 on the embedded parts; results in out/
	@$(VENV)/bin/xephang run-year --out out

up: $(VENV)/.ready ## start the platform on loopback and leave it serving (Ctrl-C stops it)
	@$(VENV)/bin/xephang up

up-real: $(VENV)/.ready ## the four services as four processes on real servers (needs Java 17 and Maven), one address; ARGS=--help
	@$(VENV)/bin/xephang up-real $(ARGS)

servers: $(VENV)/.ready ## real Kafka and a MongoDB-wire server on free loopback ports, until Ctrl-C or make servers-stop; ARGS=--json
	@$(PY) -m deploy.servers run --env $(SERVERS) $(ARGS)

servers-stop: $(VENV)/.ready ## stop what make servers started
	@$(PY) -m deploy.servers stop --env $(SERVERS)

test: $(VENV)/.ready ## format, types, import directions and the fast tests
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -n 3 --dist worksteal

test-long: $(VENV)/.ready ## the long tests at their whole length (some half an hour); CI runs a fifth of them
	@XEPHANG_TEST_LENGTH=whole $(PY) -m pytest -m "slow and not connected" -n 2 --dist worksteal

check: $(VENV)/.ready lint types ## the checks that need no running
	@$(VENV)/bin/lint-imports --config deploy/tooling/importlinter.ini

lint: $(VENV)/.ready
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

types: $(VENV)/.ready
	@$(VENV)/bin/mypy

format: $(VENV)/.ready ## format the code
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

contracts: $(VENV)/.ready ## regenerate the JSON Schemas and the AsyncAPI document from the code
	@$(PY) -m shared.contracts.generate
	@$(PY) -m shared.ruleset.schema

faults: $(VENV)/.ready ## 100 random faults on real servers (needs Java 17 and Maven; some 25 minutes), the ledger in docs/faults.md; a few: ARGS="--count 3"
	@$(PY) -m tests.faults $(or $(ARGS),--seed 1 --count 100 --ledger docs/faults.md)

bench: $(VENV)/.ready ## cards and submissions a second on this machine, side by side
	@$(PY) -m deploy.bench

lock: $(VENV)/.ready ## resolve the dependencies again (versions and hashes, no addresses)
	@cd $(REQ) && for f in build runtime dev; do \
	../../$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $$f.in -o $$f.lock; done

clean: ## remove the environment and what runs left behind
	rm -rf $(VENV) out .xephang *.egg-info
