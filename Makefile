# make demo | test | endurance | check | sbom | audit | install      PORT=8000 FHIR=<base url of another FHIR server>
PYTHON ?= python3.11
PORT ?= 8000
FHIR ?=
BIN := .venv/bin

.PHONY: demo test endurance check sbom audit install clean

install: .venv/.installed

demo: .venv/.installed
	$(BIN)/cuecard demo --port $(PORT) $(if $(FHIR),--fhir $(FHIR))

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The tests that otherwise run for a moment, in full: about half an hour.
endurance: .venv/.installed-dev
	CUECARD_TEST_LONG=1 $(BIN)/python -m pytest -m long

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_imports.py

# What the container holds, as CycloneDX.
sbom: .venv/.installed-dev
	mkdir -p build && $(BIN)/cyclonedx-py requirements docker/requirements.txt --of JSON -o build/sbom.json

# What is known to be vulnerable of it; needs a registry with that knowledge.
audit: .venv/.installed-dev
	$(BIN)/pip-audit -r docker/requirements.txt --no-deps --disable-pip

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
