# One entrance: people and CI call the same recipes.
#
#   make setup    .venv with everything, at the versions of constraints.txt
#   make setup-spark  what the tests on Spark need as well; they are skipped without it
#   make demo     a made-up shop, from file to report, in demo-out/
#   make check    style, types, floors
#   make test     the tests, and the examples in docstrings
#   make test-thorough  those as well that ask once more, of another engine, method, file or seed: before a release
#   make test-all the tests on every Python of PYTHONS that this machine has
#   make test-oldest  the tests with the oldest libraries that pyproject.toml allows
#   make sanitize the tests of what is in C, with what finds wrong reads and writes built in
#   make bench    speed and quality beside the usual notebook
#   make load     what the REST API bears, beside the usual one
#   make commands what every command says with --help, on a page of the documentation
#   make pictures the pictures of the first page, taken anew (needs Chromium)
#   make battery  is the number of segments honest? tables with and without groups, one row a kind
#   make rules    what elbow, silhouette and the other usual rules make of the same tables

PYTHON ?= python3
# Commands, versions that pyenv has, or paths: make test-all PYTHONS="python3.12 3.13"
PYTHONS ?= python3.11 python3.12 python3.13
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
CONSTRAINTS ?= constraints.txt
PYTEST_ARGS ?=

SOURCES_IN_C := $(shell find src -name '_*.c')
SETUP := $(VENV)/.setup-all
SETUP_SLIM := $(VENV)/.setup-slim
SETUP_SPARK := $(VENV)/.setup-spark

.DEFAULT_GOAL := help
.PHONY: help setup setup-spark demo test test-thorough test-all test-oldest sanitize check format bench load battery rules commands pictures clean

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

setup: $(SETUP)

# Apart, since it is as large as all else together and wants Java.
setup-spark: $(SETUP_SPARK)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(SETUP): pyproject.toml setup.py $(SOURCES_IN_C) $(CONSTRAINTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c $(CONSTRAINTS) -e ".[all]"
	@touch $@ $(SETUP_SLIM)

$(SETUP_SPARK): pyproject.toml $(CONSTRAINTS) | $(SETUP)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c $(CONSTRAINTS) -e ".[spark]"
	@touch $@

# The demo needs no test tools; a full setup serves it just as well.
$(SETUP_SLIM): pyproject.toml setup.py $(SOURCES_IN_C) $(CONSTRAINTS) | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c $(CONSTRAINTS) -e .
	@touch $@

demo: $(SETUP_SLIM)
	$(BIN)/segmentry demo -o demo-out --overwrite

test: $(SETUP)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(PYTEST_ARGS)

test-thorough: PYTEST_ARGS += --thorough
test-thorough: test

# Each in a virtual environment of its own: .venv-3.12 and so on.
test-all:
	@.ci/test-all $(PYTHONS)

# In a virtual environment of its own.
test-oldest:
	@mkdir -p .venv-oldest
	@$(PYTHON) .ci/oldest > .venv-oldest/constraints.new
	@cmp -s .venv-oldest/constraints.new .venv-oldest/constraints.txt || cp .venv-oldest/constraints.new .venv-oldest/constraints.txt
	@$(MAKE) --no-print-directory test VENV=.venv-oldest CONSTRAINTS=.venv-oldest/constraints.txt PYTEST_ARGS="-m 'not spark' $(PYTEST_ARGS)"

# Beside the package of the environment, which stays as it is. Python itself never gives all its memory back.
SANITIZED := build/sanitized
sanitize: export ASAN_OPTIONS = detect_leaks=0
sanitize: $(SETUP)
	rm -rf $(SANITIZED)
	CFLAGS="-g -fsanitize=address,undefined -fno-sanitize-recover=undefined" $(BIN)/python -m pip install \
	  --disable-pip-version-check --quiet --no-deps --no-build-isolation --target $(SANITIZED) .
	LD_PRELOAD="$$(cc -print-file-name=libasan.so) $$(cc -print-file-name=libubsan.so)" PYTHONPATH=$(SANITIZED) \
	  $(BIN)/python -m pytest $(PYTEST_ARGS) tests/scoring/test_blocks.py tests/scoring/test_frames.py tests/tables/test_beside.py

check: $(SETUP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports

format: $(SETUP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The peer draws with libraries that segmentry itself does not need.
bench: $(SETUP)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c $(CONSTRAINTS) -e ".[all,bench]"
	$(BIN)/python bench/run.py --into docs/performance.md $(BENCH_ARGS)

load: $(SETUP)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c $(CONSTRAINTS) -e ".[all,bench]"
	$(BIN)/python bench/load.py --into docs/api.md $(LOAD_ARGS)

# HALF=tuning runs the half of the seeds that thresholds were set on, and leaves the page as it is.
# BATTERY_ARGS='--keep tables.jsonl' lets a run that was broken off go on.
HALF ?= held-out
battery: $(SETUP)
	$(BIN)/python bench/battery.py --half $(HALF) --jobs $(JOBS) $(if $(filter held-out,$(HALF)),--into docs/choosing-k.md) $(BATTERY_ARGS)

rules: $(SETUP)
	$(BIN)/python bench/rules.py --jobs $(JOBS) --into docs/choosing-k.md

commands: $(SETUP)
	$(BIN)/python docs/commands.py

pictures: $(SETUP)
	$(BIN)/python docs/pictures/take.py

clean:
	rm -rf build dist demo-out bench-out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
