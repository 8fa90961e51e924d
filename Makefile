# make dream   install into .venv, then dream over the pictures in inputs/
# make test    lint, types and tests
# make bench   the tables of benchmarks/

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: dream test lint bench clean

dream: $(STAMP)
	$(BIN)/dreamer render inputs -p deep-dream
	@echo "Look at outputs/deep-dream/"

test: lint
	$(BIN)/pytest

lint: $(STAMP)
	$(BIN)/ruff format --check dreamer tests benchmarks inputs docs
	$(BIN)/ruff check dreamer tests benchmarks inputs docs
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
	find dreamer tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(STAMP)
