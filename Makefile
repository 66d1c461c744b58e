# Needs only Python 3.11 or newer, make, and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CITY ?= examples/beijing
PYTEST_ARGS ?=

.PHONY: demo test lint lock clean help

help:
	@echo "make demo   run the whole way for $(CITY) and say where the page is"
	@echo "make test   lint, types, import table, all tests"
	@echo "make lock   pin the versions of pyproject.toml anew"

# Everything that runs needs the virtual environment with the pinned versions.
$(VENV)/.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "yice needs Python 3.11 or newer; this is " + sys.version)'
	$(PYTHON) -m venv $(VENV) || ($(PYTHON) -m pip install --quiet virtualenv && $(PYTHON) -m virtualenv $(VENV))
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	touch $@

demo: $(VENV)/.ready
	$(BIN)/yice run $(CITY)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

# Pins are taken from the package index that pip is set up with; its address is not written into the file.
lock: $(VENV)/.ready-dev
	$(BIN)/python -m piptools compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --no-header --output-file requirements.lock pyproject.toml
	$(BIN)/python -m piptools compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --no-header --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
