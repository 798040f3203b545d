# SPDX-License-Identifier: GPL-3.0-or-later
# Everything a developer runs. Each target is complete by itself: what it needs is made first.

PYTHON ?= python3
SCENARIO ?= ece_to_ech
MODEL ?= api_key
DATA ?=

VENV := .venv
INSTALLED := $(VENV)/requirements-installed
RUN := PYTHONPATH=tests $(VENV)/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-fast test-suites test-crashes lint docs build clean

help:  ## this list
	@awk -F ':.*## *' '/^[a-z-]+:.*##/ {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(INSTALLED)  ## the virtual environment with pinned tools

$(INSTALLED): tests/requirements.txt tests/requirements-pytest.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

demo: venv  ## link two clusters on the mini cloud: SCENARIO=ece_to_ech MODEL=api_key|certificate DATA=real|simulated
	$(RUN) demo $(SCENARIO) --model $(MODEL) $(if $(DATA),--data $(DATA))

test: venv  ## all tests
	@$(RUN) stages all

test-fast: venv  ## the inner loop: ruff, mypy, unit and source-tree tests
	@$(RUN) stages fast

test-suites: venv  ## what attacks the collection, and the simulated clusters that it is attacked on
	@$(RUN) stages suites differential

test-crashes: venv  ## runs killed at every point of every scenario, which takes too long for `make test`
	@CRASH_POINTS=all $(RUN) pytest tests/suites/test_crashes.py

lint: venv  ## linters of code, documentation and changelog
	@$(RUN) stages lint

build: venv  ## the tarball in .build/dist, installed below .build/installed
	@$(RUN) stages build

docs: venv  ## write what is generated: the role's argument specification and the README's tables
	@PYTHONPATH=tests $(VENV)/bin/python -c 'import conftest; from tree import argument_specs as a; a.TARGET.write_text(a.render())'
	@$(RUN) tree.readme

clean:  ## remove everything that make made, except the downloads in .cache
	rm -rf .build .venv .venv-oldest .ruff_cache .mypy_cache .pytest_cache .hypothesis
	find plugins tests -name __pycache__ -prune -exec rm -rf {} +
