# make dream   install into .venv, then dream over the pictures in inputs/
# make test    lint, types, directions of imports, and all tests, as many at once as there are cores
# make check   the same with the fast tests alone, in about a minute
# make torture every fault once, kills and hostile bytes: the whole of what make test draws a sample from
# make docs    the documentation site into build/site, without the network
# make bench   the tables of benchmarks/

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

FUZZ   ?= 60s

CODE   := dreamer tests benchmarks inputs docs tools

.PHONY: dream test check torture lint docs bench clean

dream: $(STAMP)
	$(BIN)/dreamer render inputs -p deep-dream
	@echo "Look at outputs/deep-dream/"

test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest --durations=10 -n auto

check: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest --durations=10 -m "not slow" -n auto

torture: $(STAMP)
	$(BIN)/python -m pip install --quiet --only-binary atheris atheris || echo "no atheris for this Python: no fuzzing"
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/torture -m torture --complete --fuzz $(FUZZ) -n auto
	OMP_NUM_THREADS=1 DREAMER_TORTURE=1 $(BIN)/pytest tests/test_hostile_files.py -n auto

lint: $(STAMP)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev,docs]'
	touch $(STAMP)
