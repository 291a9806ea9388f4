# make app   set up and open the page          make test  set up and run every check
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input --quiet --retries 8 --timeout 60
export PYTHONUNBUFFERED := 1

.PHONY: app test check lint train benchmarks chromium clean
.DEFAULT_GOAL := app

app: $(VENV)/.stamp-app
	@test -f app.py || { echo "app.py is missing: this checkout is not complete, clone it again."; exit 1; }
	GRADIO_ANALYTICS_ENABLED=False $(PY) app.py

# The tests side by side, a core each; those in the browser after them, one by one, as they wait for each other's page.
test: check chromium
	OMP_NUM_THREADS=1 $(PY) -m pytest -m "not browser" -n logical --maxprocesses 4 --dist loadfile
	$(PY) -m pytest -m browser

lint: $(VENV)/.stamp-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

check: lint
	$(PY) -m mypy

train: $(VENV)/.stamp-test
	$(PY) -m mfclip.training $(ARGS)

benchmarks: $(VENV)/.stamp-test
	$(PY) -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV)/.stamp-app $(VENV)/.stamp-test .pytest_cache .ruff_cache .mypy_cache

# An existing environment is kept: only what is missing from it is installed.
$(VENV)/.stamp-app: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version 2>&1) is too old (or missing): install Python 3.11 or newer, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "Installing the packages of requirements.txt into $(VENV) (several minutes the first time)"
	@$(PIP) install -c constraints.txt -r requirements.txt
	@touch $@

$(VENV)/.stamp-test: $(VENV)/.stamp-app pyproject.toml
	@echo "Installing what the tests need into $(VENV)"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

chromium:
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests"; \
	  apt-get -qq -o Acquire::Retries=5 update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=5 install chromium >/dev/null; \
	else echo "The browser tests need Chromium: install it (Debian: sudo apt-get install chromium) and run make test again."; exit 1; fi
