# Everything is made and checked from here; `make` alone lists the targets.
# Needs Python 3.11 or newer. `make build` and `make check` also need python3.13, the runtime of the functions.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= eu-central-1

# The first that starts (a pyenv shim may not), is new enough and can make virtual environments.
# Another one: make PYTHON=/path/to/python
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python3.14 python; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& command -v "$$python" && break; done)

# Several environments, because they want different versions of boto3 and pydantic (docs/decisions/0001).
# A target that needs one names it here; it is made, or brought up to date, when its lock is newer.
APP := .venv/.made
AWS := .venv-aws/.made
SAM := .venv-sam/.made
BENCH := .venv-bench/.made
LOGS := .build/logs

# --- try it -----------------------------------------------------------------------------------------------------------

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: $(APP) $(AWS) ## Start the local stack and the 360dialog simulator (DATA=dir keeps what they store)
	@exec .venv/bin/python -m local.run $(if $(DATA),--data "$(DATA)")

.PHONY: demo
demo: $(APP) $(AWS) ## Run a whole conversation through the local stack and print it
	@exec .venv/bin/python -m local.demo

# --- check it ---------------------------------------------------------------------------------------------------------

.PHONY: test
test: $(APP) $(AWS) ## Run the fast tests: all but end-to-end, built artefact, benchmarks and slow ones
	@.venv/bin/python -m pytest -q -n auto -m "not e2e and not build and not benchmark and not slow"

.PHONY: check
check: runtime lint types validate build $(AWS) .build/layer ## What CI runs: lint, types, import rules, template, sam build, all tests
	@echo "check: tests"
	@.venv/bin/python -m pytest -q -n auto -m "not e2e and not build and not benchmark"
	@echo "check: built artefact, local stack"
	@.venv/bin/python -m pytest -q -m "e2e or build"

.PHONY: lint
lint: $(APP) $(LOGS) ## Check style, format and import rules
	@echo "check: style"
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --quiet --diff
	@echo "check: import rules"
	@.venv/bin/lint-imports >$(LOGS)/imports.log || { cat $(LOGS)/imports.log; exit 1; }

.PHONY: format
format: $(APP) ## Bring the code into the house's format
	@.venv/bin/ruff check --quiet --fix
	@.venv/bin/ruff format --quiet

.PHONY: types
types: $(APP) ## Check types, strictly
	@echo "check: types"
	@.venv/bin/mypy --no-error-summary

.PHONY: openapi
openapi: $(APP) ## Write the API's description again from the code
	@.venv/bin/python -m scripts.openapi

.PHONY: validate
validate: $(SAM) $(LOGS) ## Validate template.yaml
	@echo "check: template"
	@.venv-sam/bin/sam validate --lint >$(LOGS)/validate.log 2>&1 || { cat $(LOGS)/validate.log; exit 1; }

.PHONY: bench
bench: $(APP) $(AWS) $(BENCH) .build/layer ## Measure: ratios within one run
	@.venv/bin/python -m pytest -q -s -m benchmark

# --- build and deploy it ----------------------------------------------------------------------------------------------

.PHONY: runtime
runtime: # Known in a second, instead of after minutes of set-up and checks
	@$(MAKE) -s -C layers/common/src python >/dev/null

# sam runs python3.13 by name, so it goes to the front of PATH. sam leaves functions uncompiled; see docs/decisions/0002.
.PHONY: build
build: runtime $(SAM) $(LOGS) ## Build functions and layer for Lambda into .aws-sam/build
	@echo "build: sam build"
	@runtime=$$($(MAKE) -s -C layers/common/src python); export PATH="$${runtime%/*}:$$PATH"; \
	env -u MAKEFLAGS -u MAKELEVEL .venv-sam/bin/sam build >$(LOGS)/build.log 2>&1 || { cat $(LOGS)/build.log; exit 1; }; \
	for function in .aws-sam/build/*Function; do \
		find "$$function" -name __pycache__ -prune -exec rm -rf {} +; \
		"$$runtime" -m compileall -q --invalidation-mode unchecked-hash -s "$$function" -p /var/task "$$function"; \
	done

.PHONY: deploy
deploy: build ## Deploy with your AWS credentials (STAGE=production: gradually)
	@.venv-sam/bin/sam deploy $(if $(STAGE),--config-env "$(STAGE)")

.PHONY: size
size: build ## Show how large functions and layer are, and what takes the space
	@$(PYTHON) tests/template/sizes.py .aws-sam/build

# The layer as in .aws-sam/build, but with this machine's wheels, so that a test here can import it.
.build/layer: $(shell find layers/common/src -type f -not -name '*.pyc')
	@echo "build: layer for this machine"
	@rm -rf $@ && $(MAKE) -s -C layers/common/src build-CommonLayer LAYER_PLATFORM=host ARTIFACTS_DIR="$(CURDIR)/$@" >/dev/null
	@touch $@

# --- dependencies -----------------------------------------------------------------------------------------------------

$(APP): requirements/dev.txt layers/common/pyproject.toml
	$(call install,requirements/dev.txt)
	@.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e layers/common
	@touch $@

$(AWS): requirements/aws.txt
	$(call install,requirements/aws.txt)
	@touch $@

$(SAM): requirements/sam.txt
	$(call install,requirements/sam.txt)
	@touch $@

$(BENCH): requirements/bench.txt
	$(call install,requirements/bench.txt)
	@touch $@

# $(@D) is the environment. The locks are complete, so nothing is resolved (--no-deps), and every file has its hash.
# Wheels only: to build a package would run code that no lock names.
define install
@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found. Install one, or: make PYTHON=/path/to/python"; exit 1; }
@echo "setup: $(@D) from $(1)"
@$(@D)/bin/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(@D)
@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --no-input --no-deps \
	--only-binary :all: --require-hashes -r $(1)
endef

# With uv, because it resolves for all Pythons and machines at once. Only named versions change;
# make lock UPGRADE=--upgrade takes the newest of everything.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-header --no-emit-index-url --no-emit-find-links $(UPGRADE)

.PHONY: lock
lock: ## Write the locks again from pyproject.toml and requirements/*.in (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv"; exit 1; }
	$(COMPILE) layers/common/pyproject.toml -o layers/common/src/requirements.txt >/dev/null
	$(COMPILE) requirements/dev.in -o requirements/dev.txt >/dev/null
	$(COMPILE) requirements/aws.in -o requirements/aws.txt >/dev/null
	$(COMPILE) requirements/sam.in -o requirements/sam.txt >/dev/null
	$(COMPILE) requirements/bench.in -o requirements/bench.txt >/dev/null

$(LOGS):
	@mkdir -p $@

.PHONY: clean
clean: ## Remove everything that make made, environments too
	rm -rf .venv .venv-aws .venv-sam .venv-bench .aws-sam .build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
