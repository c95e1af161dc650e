# Every command sets up what it needs on a machine that has Python 3.11 or later, make and git. A second call does no set-up.
PYTHON ?= python3
UV_VERSION := 0.9.0
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA := data/synthetic/leicestershire/SYNTHETIC.txt
YEAR_DATA := data/synthetic/leicestershire-2019/SYNTHETIC.txt
COUNTY := config/councils/leicestershire.toml
VALIDATOR := $(VENV)/validator
PEER := $(VENV)/peer
PEER_PYTHON ?= python3.10
VALIDATED := $(VENV)/validated
PACK ?= config/packs/cabinet-autumn-2018.toml
RUN ?= config/runs/autumn-2018.toml
MONTH ?= 2018-09
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)

.PHONY: help pack packs monitor data lab test check bench validate-synthetic environment clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

pack: $(READY) ## the evidence pack for the autumn 2018 Cabinet report, in reports/
	$(BIN)/cip pack $(PACK)

packs: $(READY) $(YEAR_DATA) ## every pack in config/packs, in reports/
	$(BIN)/cip pack config/packs/*.toml

monitor: $(READY) $(YEAR_DATA) ## where the year stands at the end of MONTH=2018-09, in reports/
	$(BIN)/cip monitor $(RUN) --month $(MONTH)

data: $(DATA) $(YEAR_DATA) ## the invented counties' returns, payments and capacity files

lab: $(READY) $(DATA) $(YEAR_DATA) ## JupyterLab on the notebooks, from a page that lists them
	$(BIN)/jupyter lab --config=config/lab/jupyter_lab_config.py

test: $(READY) $(DATA) $(YEAR_DATA) ## every test, then every notebook
	$(BIN)/pytest -n 2
	$(BIN)/pytest -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -o addopts="" -W ignore notebooks

check: $(READY) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) $(DATA) ## speed and accuracy, side by side with peers (PEER_PYTHON=... names a Python 3.10 for the peer)
	$(BIN)/python benchmarks/calibration.py
	@test -x $(PEER)/bin/python || ! $(PEER_PYTHON) -c "" 2>/dev/null || { $(PEER_PYTHON) -m venv $(PEER) && \
		$(PEER)/bin/python -m pip install --quiet cs-demand-model==0.5.1; }
	$(BIN)/python benchmarks/returns_speed.py $$(test -x $(PEER)/bin/python && echo --peer $(PEER)/bin/python)
	$(BIN)/python benchmarks/simulation_speed.py --report $$(test -x $(PEER)/bin/python && echo --peer $(PEER)/bin/python)

validate-synthetic: $(READY) $(VALIDATOR)/.ready ## the statutory rules, judging the invented county (Python 3.11)
	rm -rf $(VALIDATED)
	$(BIN)/cip synthesise $(COUNTY) --seed 20180706 --first-year 2021 --last-year 2023 --to $(VALIDATED)/2023
	$(BIN)/cip synthesise $(COUNTY) --seed 20180706 --first-year 2011 --last-year 2018 --to $(VALIDATED)/2018
	$(VALIDATOR)/bin/python benchmarks/validate_synthetic.py $(VALIDATED)/2023 2023
	$(VALIDATOR)/bin/python benchmarks/validate_synthetic.py $(VALIDATED)/2023 2022
	$(VALIDATOR)/bin/python benchmarks/validate_synthetic.py $(VALIDATED)/2018 2018 --may-fail later-codes
	$(VALIDATOR)/bin/python benchmarks/validate_synthetic.py $(VALIDATED)/2018 2017 --may-fail later-codes

$(VALIDATOR)/.ready: benchmarks/validator.txt | $(READY)
	$(BIN)/uv venv --quiet --clear --python 3.11 $(VALIDATOR)
	$(BIN)/uv pip install --quiet --python $(VALIDATOR)/bin/python -r benchmarks/validator.txt
	touch $@

environment: $(READY) ## environment.yml for conda users, written from uv.lock
	$(BIN)/python .ci/make_environment.py

clean: ## everything that a command made
	rm -rf $(VENV) reports data/synthetic .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(DATA): | $(READY)
	$(BIN)/cip synthesise $(COUNTY) --seed 20180706 --to data/synthetic/leicestershire

$(YEAR_DATA): | $(READY)
	$(BIN)/cip synthesise $(COUNTY) --seed 20180706 --last-year 2019 --to data/synthetic/leicestershire-2019

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "uv>=$(UV_VERSION)"
	$(BIN)/uv sync --frozen --inexact --all-extras --compile-bytecode --quiet
	$(BIN)/python -c "import matplotlib.font_manager"
	touch $(READY)
