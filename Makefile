# The same file serves the monolith and every service extracted from it.

VENV ?= .venv
UV ?= uv
PYTHONS := python3.12 python3.11 python3.13 python3.14 python3

BIN := $(VENV)/bin
digest = $(firstword $(shell { sha256sum $(1) || shasum -a 256 $(1); } 2>/dev/null))
LOCAL := $(VENV)/.local-$(call digest,requirements/local.txt)
DEV := $(VENV)/.dev-$(call digest,requirements/dev.txt)
BENCH := $(VENV)/.bench-$(call digest,requirements/bench.txt)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test test-topologies chaos lint fmt lock extract extract-usage bench bench-measure clean

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / && ($(if $(wildcard extraction),1,$$1 !~ /extract|topologies|chaos|bench/)) \
		{ printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(LOCAL)  ## serve everything on PORT, with its own PostgreSQL unless DATABASE_URL is set
	@exec $(BIN)/python manage.py serve

test: lint  ## lint, then the whole suite; ARGS="-k pattern" for a part of it
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup $(ARGS)

test-topologies: export PYTHONPATH = .:src
test-topologies: $(DEV)  ## the acceptance suite with no, each, every two and all modules apart, as a table
	$(BIN)/python -m tests.topology.matrix

chaos: export PYTHONPATH = .:src
chaos: $(DEV)  ## kill everything at random, and look for what is lost; SEED=, KILLS=, TOPOLOGY=monolith|extracted|redis|rabbitmq
	$(BIN)/python -m tests.chaos $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(if $(SEED),--seed $(SEED)) \
		$(if $(KILLS),--kills $(KILLS))

lint: export PYTHONPATH = .:src
lint: $(DEV)  ## style, imports between layers, types, and what only our own check can see
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/lint-imports --config importlinter.ini
	$(BIN)/python -m mypy $(wildcard contracts src extraction manage.py)
	$(if $(wildcard extraction),$(BIN)/python -m extraction check)
	$(if $(wildcard extraction),$(BIN)/python -m extraction compat)

fmt: $(DEV)  ## format the code, and repair what can be repaired
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

lock:  ## compile requirements/*.in and the modules' own to *.txt with uv; UPGRADE=1 for newer versions
	@command -v $(UV) >/dev/null || { echo "error: uv is needed: pip install uv, or UV=path" >&2; exit 1; }
	@for name in base local dev $(if $(wildcard benchmarks),bench); do \
		echo "compiling requirements/$$name.txt …"; \
		$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
			requirements/$$name.in $(wildcard src/modules/*/requirements.in) \
			--output-file requirements/$$name.txt || exit 1; \
	done

extract: export PYTHONPATH = .:src
extract: extract-usage $(DEV)  ## promote a module to a service of its own: MODULE=orders INTO=../orders-service
	@$(BIN)/python -m extraction extract "$(MODULE)" --into "$(INTO)" $(ARGS)

extract-usage:
	@if [ -z "$(MODULE)" ] || [ -z "$(INTO)" ]; then \
		echo "usage: make extract MODULE=orders INTO=../orders-service" >&2; exit 2; fi

bench:  ## measure beside rivals and limits, for 15 minutes; ONLY=contract_call for one subject
	@$(MAKE) --no-print-directory bench-measure VENV=var/bench/venv

bench-measure: export PYTHONPATH = .:src
bench-measure: $(BENCH)
	@$(BIN)/python -m benchmarks $(ONLY)

clean:  ## remove what can be made again; the databases under var/ stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp carries the digest of what it stands for, so that pip runs when the requirements changed and only then.

define install
	@echo "installing requirements/$(1).txt into $(VENV) …"
	@rm -f $(VENV)/.local-* $(VENV)/.dev-* $(VENV)/.bench-*
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
		-r requirements/$(1).txt
endef

$(LOCAL): | $(VENV)/.made
	$(call install,local)
	@touch $@

$(DEV): | $(VENV)/.made
	$(call install,dev)
	@touch $@ $(LOCAL)

$(BENCH): | $(VENV)/.made
	$(call install,bench)
	@touch $@

# Each candidate is tried rather than looked for: a version manager leaves commands that name a Python it lacks.
$(VENV)/.made:
	@bare=; \
	for python in $(PYTHONS); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		if $$python -c 'import ensurepip' 2>/dev/null; then \
			echo "creating $(VENV) with $$($$python --version) …"; \
			$$python -m venv $(VENV) && touch $@; exit; \
		fi; \
		bare=$${bare:-$$python}; \
	done; \
	if [ -n "$$bare" ]; then \
		echo "error: $$bare cannot make a virtual environment: apt install $$bare-venv" >&2; \
	else \
		echo "error: Python 3.11 or later is needed; tried $(PYTHONS)" >&2; \
	fi; \
	exit 1
