# Every target sets up what it needs in .venv: nothing is assumed but Python 3.11, pip and make.
# ARGS goes to the program: make test ARGS="tests/core -x", make demo ARGS="--no-wait".

PYTHON ?= python3
ARGS ?=
# Processes that run tests side by side: one more than there are cores, since some tests wait for servers,
# at most 8; or a number (JOBS=0: in this one, for --pdb). With browsers one for each core, at most 4.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1) + 1)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# Clients that we did not write: large, and with requirements of their own.
INTEROP := .venv-interop
# A driver for the browser of the system, chromium, and axe-core.
BROWSER := .venv-browser
# The locks are complete, so nothing is left to resolve: pip before 23.3 would look for a newest
# SQLAlchemy for another package's extra, and refuse it for want of a hash.
# Quiet twice: errors are shown, remarks about a machine's own package sources are not.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header
LOCK := $(COMPILE) pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test interop browser screenshots check bench up format lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## the main job, live, in a temporary home of its own (ARGS="--no-wait" decides by itself)
	@$(BIN)/clawback demo $(ARGS)

up: $(RUNTIME) ## start Clawback: server, work pool, deployments, worker; Ctrl-C stops all of it
	@$(BIN)/clawback up $(ARGS)

test: $(DEV) ## run the tests
	$(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 $(ARGS)

interop: $(INTEROP)/.installed $(RUNTIME) ## drive the lab's Graph tenant with Microsoft's SDK and O365, and the API with schemathesis (half a gigabyte)
	@CLAWBACK_PYTHON=$(abspath $(BIN)/python) $(INTEROP)/bin/python -m pytest \
		-c tests/interop/pytest.ini --rootdir . --confcutdir tests/interop tests/interop $(ARGS)

browser: $(BROWSER)/.installed $(RUNTIME) ## drive the console with chromium (needs it: apt-get install chromium)
	@CLAWBACK_PYTHON=$(abspath $(BIN)/python) $(BROWSER)/bin/python -m pytest \
		-c tests/browser/pytest.ini --rootdir . --confcutdir tests/browser \
		-n logical --maxprocesses 4 --dist loadfile tests/browser $(ARGS)

screenshots: $(BROWSER)/.installed $(RUNTIME) ## take pictures of every page into docs/images (ARGS=DIR for another folder)
	@CLAWBACK_PYTHON=$(abspath $(BIN)/python) PYTHONPATH=tests/browser \
		$(BROWSER)/bin/python -m screenshots $(ARGS)

check: $(DEV) ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py tests/test_packaging.py

bench: $(DEV) ## run every bench (ARGS="find --messages 1000000" runs one)
	@$(BIN)/python -m bench $(ARGS)

format: $(DEV) ## put the code into the format that `make check` asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(DEV) ## write the lock files anew from pyproject.toml, keeping pins that still fit
	$(INSTALL) uv
	$(LOCK) --extra console --extra hunting --extra postgresql --extra build -o requirements.lock $(ARGS)
	$(LOCK) --extra console --extra hunting --extra postgresql --extra build --extra dev -c requirements.lock \
		-o requirements-dev.lock $(ARGS)
	$(COMPILE) requirements-interop.in -c requirements-dev.lock -o requirements-interop.lock $(ARGS)
	$(COMPILE) requirements-browser.in -c requirements-dev.lock -o requirements-browser.lock $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Clawback needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating $(VENV) …"
	@$(PYTHON) -m venv --clear $(VENV)

# The project itself is linked in, built by the locked setuptools: no download, no second environment.
$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Clawback needs (about a minute, once) …"
	@$(INSTALL) --no-deps --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what tests and checks need …"
	@$(INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(INTEROP)/.installed: requirements-interop.lock | $(BIN)/python
	@echo "Installing Microsoft's SDK, O365 and schemathesis (about a minute, once) …"
	@$(PYTHON) -m venv --clear $(INTEROP)
	@$(INTEROP)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes \
		-r requirements-interop.lock
	@touch $@

$(BROWSER)/.installed: requirements-browser.lock | $(BIN)/python
	@echo "Installing a driver for the browser (once) …"
	@$(PYTHON) -m venv --clear $(BROWSER)
	@$(BROWSER)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes \
		-r requirements-browser.lock
	@touch $@
