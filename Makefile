# Needs Python 3.11 or later, make and git; everything else is installed into .venv, pinned by requirements.lock.
#
#   make demo    a sample retailer from delivered files to a locked bonus cycle, then the portal
#   make test    every test
#   make check   formatting, types, who may import whom, SQL style, generated files, documentation
#   make dagster the same pipeline in Dagster's own screens
#   make bench   what it costs in time and memory, each figure beside a reference (SIZE=XS, S or L; RUNS=3)
#   make lock    bring requirements.lock in line with pyproject.toml
#   make clean   remove what these commands made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := demo
MANIFEST := dbt_project/target/manifest.json
WORKERS ?= auto
SIZE ?= S
RUNS ?= 3

export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check bench dagster lock clean install chromium
.DEFAULT_GOAL := demo

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; name one with `make PYTHON=python3.12`.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once; a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/incentives demo $(DEMO)

test: $(STAMP) chromium
	@$(BIN)/python -m pytest -q -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@INCENTIVES_DUCKDB_PATH=:memory: $(BIN)/sqlfluff lint --disable-progress-bar dbt_project
	@$(BIN)/python -m pytest -q tests/architecture

# Data is generated once and kept below $$INCENTIVES_BENCH_DIR, by default the system's folder for temporary files.
bench: $(STAMP)
	@$(BIN)/python -m benchmarks --size $(SIZE) --runs $(RUNS)

# The browser tests drive Debian's Chromium. Where it is missing it is installed if that needs no password;
# elsewhere those tests fail and say what to install.
chromium:
	@sh tests/browser/install_chromium.sh

# Dagster keeps what it knows of runs beside the workspace that they work on.
dagster: $(STAMP) $(MANIFEST)
	@test -f $(DEMO)/incentives.toml || { echo "There is no workspace in $(DEMO)/: run \`make demo\` first, or name one with DEMO=DIR."; exit 2; }
	@mkdir -p $(DEMO)/.dagster && cp orchestration/dagster.yaml $(DEMO)/.dagster/dagster.yaml
	@DAGSTER_HOME=$(abspath $(DEMO))/.dagster INCENTIVES_WORKSPACE=$(abspath $(DEMO)) $(BIN)/dagster dev --host 127.0.0.1

$(MANIFEST): $(STAMP) $(shell find dbt_project -name '*.sql' -not -path '*/target/*') $(shell find dbt_project -name '*.yml' -not -path '*/target/*') $(wildcard dbt_project/seeds/*.csv)
	@$(BIN)/python -m orchestration.manifest > /dev/null

lock: $(STAMP)
	@$(BIN)/uv pip compile --quiet --universal --no-strip-extras --fork-strategy fewest --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --extra dev --extra metabase pyproject.toml -o requirements.lock

clean:
	@rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build *.egg-info dbt_project/target dbt_project/logs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
