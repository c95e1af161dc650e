# Every command sets up what it needs on a machine that has Python 3.11 or later, make and git. A second call does no set-up.
PYTHON ?= python3
UV_VERSION := 0.9.0
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA := data/synthetic/leicestershire/SYNTHETIC.txt
PACK ?= config/packs/cabinet-autumn-2018.toml
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)

.PHONY: help pack data lab test check bench validate-synthetic environment clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

pack: $(READY) ## the evidence pack for the autumn 2018 Cabinet report, in reports/
	$(BIN)/cip pack $(PACK)

data: $(DATA) ## the invented county's returns, payments and capacity file

lab: $(READY) $(DATA) ## JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir=notebooks

test: $(READY) $(DATA) ## every test, then every notebook
	$(BIN)/pytest -n 2
	$(BIN)/pytest -n 2 --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -o addopts="" -W ignore notebooks

check: $(READY) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) $(DATA) ## speed and accuracy, side by side with peers
	$(BIN)/python -m benchmarks

environment: $(READY) ## environment.yml for conda users, written from uv.lock
	$(BIN)/python .ci/make_environment.py

clean: ## everything that a command made
	rm -rf $(VENV) reports data/synthetic .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(DATA): | $(READY)
	$(BIN)/cip synthesise config/councils/leicestershire.toml --seed 20180706 --to data/synthetic/leicestershire

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "uv>=$(UV_VERSION)"
	$(BIN)/uv sync --frozen --inexact --compile-bytecode --quiet
	$(BIN)/python -c "import matplotlib.font_manager"
	touch $(READY)
