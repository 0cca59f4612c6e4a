# make demo | test | check | install      PORT=8000 FHIR=<base url of another FHIR server>
PYTHON ?= python3.11
PORT ?= 8000
FHIR ?=
BIN := .venv/bin

.PHONY: demo test check install clean

install: .venv/.installed

demo: .venv/.installed
	$(BIN)/cuecard demo --port $(PORT) $(if $(FHIR),--fhir $(FHIR))

test: .venv/.installed-dev
	$(BIN)/python -m pytest

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_imports.py

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache
