# What can be done with a deployable.

VENV ?= .venv
UV ?= uv
PYTHONS := python3.13 python3.12 python3.14 python3.11 python3

BIN := $(VENV)/bin
digest = $(firstword $(shell { sha256sum $(1) || shasum -a 256 $(1); } 2>/dev/null))
LOCAL := $(VENV)/.local-$(call digest,requirements/local.txt)
DEV := $(VENV)/.dev-$(call digest,requirements/dev.txt)

# Wheels that no index need have lie here.
WHEELS := $(if $(wildcard vendor),--find-links vendor)

TYPED := contracts src manage.py
LOCKED := base local dev
EXPLAINED := $(MAKEFILE_LIST)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run check unit test lint boundaries fmt lock clean

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(EXPLAINED)

run: $(LOCAL)  ## serve everything on PORT, with its own PostgreSQL unless DATABASE_URL is set
	@exec $(BIN)/python manage.py serve --reload

check: $(DEV)  ## while working: style, types of what changed, and the modules' own tests; MODULE=name for those of one
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	PYTHONPATH=.:src $(BIN)/python -m mypy $(TYPED)
	@$(MAKE) --no-print-directory unit

unit: $(DEV)  ## the modules' own tests and nothing else; MODULE=name for those of one, ARGS="-k pattern" for a part
	$(BIN)/python -m pytest --quiet src/modules/$(MODULE) $(ARGS)

test: lint  ## lint, then the whole suite; ARGS="-k pattern" for a part of it
	$(BIN)/python -m pytest --numprocesses 3 --dist loadgroup $(ARGS)

lint: export PYTHONPATH = .:src
lint: $(DEV)  ## style, imports between layers, types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/lint-imports --config importlinter.ini
	$(BIN)/python -m mypy $(TYPED)
lint: boundaries

boundaries: export PYTHONPATH = .:src
boundaries: $(DEV)  ## what only our own check can see of modules and their contracts; part of lint
	$(BIN)/python -m extraction check
	$(BIN)/python -m extraction compat

fmt: $(DEV)  ## format the code, and repair what can be repaired
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .

lock:  ## compile requirements/*.in and the modules' own to *.txt with uv; UPGRADE=1 for newer versions
	@command -v $(UV) >/dev/null || { echo "error: uv is needed: pip install uv, or UV=path" >&2; exit 1; }
	@for name in $(LOCKED); do \
		echo "compiling requirements/$$name.txt …"; \
		case $$name in dev) own="$(wildcard src/modules/*/requirements-dev.in)";; *) own=;; esac; \
		$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $(WHEELS) \
			--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
			requirements/$$name.in $(wildcard src/modules/*/requirements.in) $$own \
			--output-file requirements/$$name.txt || exit 1; \
	done

clean:  ## remove what can be made again; the databases under var/ stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp carries the digest of what it stands for, so that pip runs when the requirements changed and only then.

define install
	@echo "installing requirements/$(1).txt into $(VENV) …"
	@rm -f $(VENV)/.[a-z]*-*
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
		$(WHEELS) -r requirements/$(1).txt
endef

$(LOCAL): | $(VENV)/.made
	$(call install,local)
	@touch $@

$(DEV): | $(VENV)/.made
	$(call install,dev)
	@touch $@ $(LOCAL)

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
