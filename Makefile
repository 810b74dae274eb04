# Headstart: one command does one thing, and installs what it needs first. `make help` lists them.

PYTHON ?= python3
PYTEST_ARGS ?=
# Three files of tests at a time: most of the slow ones wait. Each process has a broker and a control plane of its own.
# In the order of their names: the longest tests are alone in their files, and would all come last otherwise.
TOGETHER ?= -n 3 --dist loadfile --no-loadscope-reorder
SEEDS ?= 20
CAMPAIGNS ?= 50

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
STEP := @printf '==> %s\n'

# uv writes the locks: exact versions and hashes for every platform, and no address of any index.
UV := uv>=0.13,<1
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url pyproject.toml

.DEFAULT_GOAL := env
.DELETE_ON_ERROR:
.PHONY: env dev demo test lint format unit integration laws bench bench-readiness ablations figures need-data kafka kafka-away kube helm lock clean help need-java need-kcat need-go

env: .venv/.runtime ## put the environment into .venv (the default)
	$(STEP) "ready: $(BIN)/headstart --help"

dev: .venv/.dev ## the same, with what tests and lint need
	$(STEP) "ready: $(BIN)/python -m pytest"

demo: .venv/.runtime ## show the product on an embedded broker: nothing else needed
	$(STEP) "starting the demo"
	@$(BIN)/headstart demo

test: need-java need-kcat need-go lint kafka kube helm ## everything that must hold: lint, then all tests, on a real broker and control plane
	$(STEP) "pytest: all tests, on a real Kafka broker and a real Kubernetes control plane"
	@$(BIN)/python -m pytest $(TOGETHER) $(PYTEST_ARGS)

lint: .venv/.dev ## style, types, the arrows between packages, dependencies
	$(STEP) "ruff: style"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "not formatted; fix: make format"; exit 1; }
	$(STEP) "mypy: types"
	@$(BIN)/mypy
	$(STEP) "import-linter: the arrows in .importlinter"
	@$(BIN)/lint-imports --no-cache --no-logo
	$(STEP) "deptry: what is imported is declared, what is declared is imported"
	@$(BIN)/deptry .

format: .venv/.dev ## format the code and mend what ruff can mend
	$(STEP) "ruff: format and fix"
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

unit: .venv/.dev ## only the tests that need neither broker nor control plane
	$(STEP) "pytest: tests without a broker or a control plane"
	@$(BIN)/python -m pytest -m "not kafka and not kubernetes" $(PYTEST_ARGS)

integration: need-java need-kcat need-go .venv/.dev kafka kube helm ## only the tests on a real Kafka broker or a real control plane
	$(STEP) "pytest: tests on a real Kafka broker or a real Kubernetes control plane"
	@$(BIN)/python -m pytest -m "kafka or kubernetes" $(PYTEST_ARGS)

# N timelines on all cores (10,000 take about half an hour on two), or the one of SEED, which breaks a law.
laws: .venv/.dev ## random timelines against the laws of planning: make laws N=10000, or SEED=123 for that one
	$(STEP) "laws of planning: random timelines"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.laws $(if $(SEED),--seed $(SEED),--n $(or $(N),500))

# Half an hour and a little: what CI does with three minutes.
kafka-away: need-java need-kcat .venv/.dev kafka ## agreed raises with Kafka gone from half an hour before a sale on (AWAY_S=1800)
	$(STEP) "pytest: a sale whose last half hour has no Kafka"
	@AWAY_S=$(or $(AWAY_S),1800) $(BIN)/python -m pytest tests/integration/test_kafka_away.py -k made $(PYTEST_ARGS)

# One thread each: the ratios are of work done, and a worker's share of a machine is one core.
bench: .venv/.bench ## what the forecast costs beside Prophet, MSTL+AutoETS and LightGBM: build/benchmarks
	$(STEP) "pytest: benchmarks, a few minutes"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -s -o python_files='bench_*.py' tests/benchmarks $(PYTEST_ARGS)

# A thousand campaigns in twenty worlds: a quarter of an hour on two cores.
bench-readiness: .venv/.dev ## is READY true? verdicts in simulated worlds: build/readiness.json (SEEDS=20 CAMPAIGNS=50 WORLDS=--as-declared)
	$(STEP) "readiness: $(SEEDS) worlds of $(CAMPAIGNS) campaigns each"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.readiness --seeds $(SEEDS) --campaigns $(CAMPAIGNS) $(WORLDS)

# DATA is a folder with NAME.csv.gz and NAME.events.csv; tests/benchmarks/ablation_sets.py says what is in them.
ablations: need-data .venv/.dev ## what each part of the forecast earns on the sets in DATA=folder: build/ablations
	$(STEP) "the backtest of every set with one part taken out at a time, a minute or two"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.ablations "$(DATA)" $(ABLATIONS_ARGS)

figures: need-data .venv/.dev ## draw the pictures of docs/forecasting.md anew from the sets in DATA=folder: docs/images
	$(STEP) "pictures: docs/images"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.figures "$(DATA)"

kafka: .venv/.venv ## fetch the real broker's jars by Maven into build/kafka (once)
	$(STEP) "Kafka's jars: build/kafka"
	@$(BIN)/python -m tests.kafka.jars

# Cold, on two cores, the build takes a quarter of an hour; its one binary (130 MB) stays in ~/.cache/headstart.
kube: .venv/.venv ## build the real Kubernetes control plane by Go into ~/.cache/headstart (once)
	$(STEP) "Kubernetes control plane: ~/.cache/headstart/kube"
	@$(BIN)/python -m tests.kube.binary

# A few minutes, cold; its one binary (60 MB) stays beside the control plane's.
helm: .venv/.venv ## build Helm, which renders the chart for the tests, by Go into ~/.cache/headstart (once)
	$(STEP) "Helm: ~/.cache/headstart/helm"
	@$(BIN)/python -m tests.kube.helm

lock: .venv/.venv ## pin every dependency again from pyproject.toml (newest: make lock UPGRADE=--upgrade)
	$(STEP) "uv: requirements-dev.lock, requirements.lock, requirements-bench.lock"
	@$(PIP) install "$(UV)"
	@$(COMPILE) $(UPGRADE) --all-extras --group dev --output-file requirements-dev.lock
	@$(COMPILE) $(UPGRADE) --constraint requirements-dev.lock --extra demo --extra report --group build --output-file requirements.lock
	@$(COMPILE) $(UPGRADE) --constraint requirements-dev.lock --all-extras --group bench --output-file requirements-bench.lock

clean: ## remove the environment, build results and caches
	$(STEP) "removing .venv, build and caches"
	@rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -type d -name __pycache__ -prune -exec rm -rf {} +

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- what the targets stand on -----------------------------------------------------------------------

need-data:
	@test -d "$(DATA)" || { echo "Name the folder with the sets: make ablations DATA=folder"; exit 1; }

need-java: .venv/.venv
	@$(BIN)/python -m tests.kafka.jars --check

need-go: .venv/.venv
	@$(BIN)/python -m tests.kube.binary --check

# A client that is not Python's, for the tests that every client's messages are read alike.
need-kcat:
	@command -v kcat >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "==> installing kcat by apt-get" && \
		apt-get -qq update && apt-get -qq install -y --no-install-recommends kcat >/dev/null; } || { \
		echo "The tests write to Kafka with kcat too; there is none. Fix (Debian, Ubuntu): apt-get install kcat"; exit 1; }

# The stamps say what .venv holds: a second run does nothing until a lock changes.
.venv/.venv:
	$(STEP) "Python environment: .venv (by $(PYTHON))"
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "Headstart needs Python 3.11 or newer; there is no $(PYTHON). Fix: install it, or name it: make PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Headstart needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1). Fix: make PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments. Fix (Debian, Ubuntu): apt-get install python3-venv"; exit 1; }
	@"$(PYTHON)" -m venv --clear .venv
	@touch $@

.venv/.runtime: requirements.lock pyproject.toml | .venv/.venv
	$(STEP) "installing Headstart and its libraries, as pinned in requirements.lock (about a minute)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# The development lock holds the runtime one: whoever has it needs no second install for `make demo`.
.venv/.dev: requirements-dev.lock requirements.lock pyproject.toml | .venv/.venv
	$(STEP) "installing Headstart, its libraries and the tools, as pinned in requirements-dev.lock (about a minute)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ .venv/.runtime

# The bench lock holds the development one, and three forecasters that nothing else here needs.
.venv/.bench: requirements-bench.lock .venv/.dev
	$(STEP) "installing the forecasters to compare with, as pinned in requirements-bench.lock (about a minute)"
	@$(PIP) install --require-hashes -r requirements-bench.lock
	@touch $@
