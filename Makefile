# whichpool: the two commands are `make report` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CONFIG ?= configs/quick.yaml
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help report claims setup test check lint types bench calibrate-statistics peers lock schema docs clean

help: ## list the targets
	@echo "make report                              measure this machine and render the report"
	@echo "make report CONFIG=configs/smoke.yaml    the same in about a minute"
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-22s %s\n", $$1, $$2 }'

report: $(VENV)/.ready ## run CONFIG, then write the HTML and PDF report
	@bundle=$$($(BIN)/whichpool run "$(CONFIG)" | tail -n 1) && $(BIN)/whichpool report "$$bundle"

claims: $(VENV)/.ready ## check twelve things that are often said about threads and processes, in about 6 minutes
	@$(BIN)/whichpool claims

setup: $(VENV)/.ready ## create the environment only: .venv with .venv/bin/whichpool

test: $(VENV)/.ready-dev ## set up and run the tests: those that mind each other one by one, all others side by side
	$(BIN)/python -m pytest -m quiet
	$(BIN)/python -m pytest -m "not quiet" -n logical --dist loadfile

check: lint types test ## lint, type check and test

lint: $(VENV)/.ready-dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev ## mypy --strict, for the application and for the oldest measured interpreter
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 experiments

bench: $(VENV)/.ready-dev ## the tool's own speed, as ratios measured in one run
	$(BIN)/python -m benchmarks

calibrate-statistics: $(VENV)/.ready-dev ## whether the intervals keep their promises, in simulations; WRITE=1 updates the docs
	$(BIN)/python -m benchmarks.calibration $(if $(WRITE),--write)

peers: $(VENV)-peers/.ready $(VENV)/.ready-dev ## pyperf, asv, ReBench and BenchExec on the same work (20 minutes); writes docs/peers.md
	$(BIN)/python -m benchmarks.peers $(if $(QUICK),--quick)

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --extra build -o requirements.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --extra build --extra dev --extra engines -c requirements.lock -o requirements-dev.lock pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 -o requirements-peers.lock requirements-peers.in

schema: $(VENV)/.ready ## write configs/schema.json from the configuration's models
	$(BIN)/python -m pipeline.config.schema configs/schema.json

docs: $(VENV)/.ready ## write docs/workloads and docs/strategies from the classes
	$(BIN)/python -m pipeline.commands.documentation docs

clean: ## remove the environment and everything generated, results excepted
	rm -rf $(VENV) $(VENV)-peers build dist .cache *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("whichpool needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make PYTHON=/path/to/python3.12 …")'
ifdef UV
	uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

ifdef UV
install = uv pip sync --quiet --python $(BIN)/python $(1) && uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) …" >&2
	@$(call install,requirements.lock)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "adding the development tools to $(VENV) …" >&2
	@$(call install,requirements-dev.lock)
	@touch $@

$(VENV)-peers/.ready: requirements-peers.lock | $(VENV)/bin/python
	@echo "setting up $(VENV)-peers …" >&2
	@$(PYTHON) -m venv $(VENV)-peers
	@$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
