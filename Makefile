# What can be done with the monolith, beside what can be done with every deployable: deployable.mk.

include deployable.mk

BENCH := $(VENV)/.bench-$(call digest,requirements/bench.txt)
DOCS := $(VENV)/.docs-$(call digest,requirements/docs.txt)
NIGHTLY := $(VENV)/.nightly-$(call digest,requirements/nightly.txt)

TYPED += distributions extraction
LOCKED += bench nightly docs
DISTRIBUTIONS := seamline extraction
RUNTIME_TESTS := src tests/contracts tests/reliability tests/serving tests/shop tests/system
EXPLAINED := deployable.mk Makefile

.PHONY: words test-nightly test-services test-topologies test-pythons chaos chaos-broker extract extract-usage bench bench-measure docs docs-build
.PHONY: chaos-mutants dist release-record mutants mutants-judge test-djangos test-django
.PHONY: test-document test-document-run

lint: words insecure

.PHONY: words licences
words: export PYTHONPATH = .:src
words: $(DEV)  ## names and docstrings by the glossary, as far as a machine can tell; part of lint
	$(BIN)/python -m tests.words

.PHONY: insecure
insecure: $(DEV)  ## code that could be attacked, as far as bandit can tell; part of lint
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml $(TYPED) 2> /dev/null

# Those that ask for no more than to be named, or for their own changes: what is depended on may have them.
LICENCES := MIT;BSD;Apache;ISC;PSF;Python Software Foundation;MPL;Mozilla;LGPL;Lesser

licences: $(DEV)  ## what a deployable brings along, and under which licences; fails on one that goes ill with MIT
	@$(BIN)/pip-licenses --from=mixed --order=license --partial-match --allow-only="$(LICENCES)" \
		--packages $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' requirements/local.txt)

dist: $(DEV)  ## build the wheels of the runtime and of the tool into dist/, the same bytes from the same revision
	@rm -rf dist
	@for name in $(DISTRIBUTIONS); do \
		(cd distributions/$$name && $(abspath $(BIN))/python -m hatchling build --target wheel --directory $(CURDIR)/dist) || exit 1; \
	done

release-record: export PYTHONPATH = .:src
release-record: $(DEV)  ## keep the tagged release as test data, for the next one to be tried with
	$(BIN)/python -m tests.versions.record

test-services: export PYTHONPATH = .:src
test-services: export EVERY_SERVICE = 1
test-services: $(DEV)  ## the two commands of every service, on a machine with nothing installed, for the night
	$(BIN)/python -m pytest -m nightly tests/packaging/test_bare_machine.py $(ARGS)

test-nightly: export PYTHONPATH = .:src
test-nightly: $(DEV)  ## what takes minutes and repeats by other ways what the suite shows by day
	$(BIN)/python -m pytest --numprocesses 3 --dist loadgroup -m nightly $(ARGS)

test-topologies: export PYTHONPATH = .:src
test-topologies: $(DEV)  ## the acceptance suite with no, each, every two and all modules apart, as a table
	$(BIN)/python -m tests.topology.matrix

test-document:  ## hold the API to its document at length, and make clients of it; ARGS="--examples 200 --only javascript"
	@$(MAKE) --no-print-directory test-document-run VENV=var/nightly/venv

test-document-run: export PYTHONPATH = .:src
test-document-run: $(NIGHTLY)
	@$(BIN)/python -m tests.api_document $(ARGS)

test-pythons:  ## make test on each Python that is supported, for the night; PYTHONS="python3.13" for one
	@for python in $(if $(filter command line,$(origin PYTHONS)),$(PYTHONS),python3.11 python3.12 python3.13); do \
		$(MAKE) --no-print-directory test VENV=var/pythons/$$python PYTHONS=$$python || exit 1; \
	done

test-djangos:  ## the runtime's tests with the lowest and the highest Django that it supports, for the night
	@$(MAKE) --no-print-directory test-django VENV=var/djangos/lowest DJANGO="==5.2" PYTHONS="python3.13 python3.12"
	@$(MAKE) --no-print-directory test-django VENV=var/djangos/highest DJANGO="~=6.0.0" PYTHONS="python3.13 python3.12"

test-django: export PYTHONPATH = .:src
test-django: $(DEV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input "django$(DJANGO)"
	$(BIN)/python -m pytest --numprocesses 3 --dist loadgroup $(RUNTIME_TESTS) $(ARGS)

chaos: export PYTHONPATH = .:src
chaos: $(DEV)  ## kill everything at random, and look for what is lost; SEED=, KILLS=, TOPOLOGY=monolith|extracted|redis|rabbitmq|moving
ifeq ($(TOPOLOGY),moving)
	$(BIN)/python -m tests.chaos.moving $(if $(SEED),--seed $(SEED)) $(if $(MOVES),--moves $(MOVES)) \
		$(if $(MODULE),--module $(MODULE)) $(if $(ROWS),--rows $(ROWS)) $(if $(SERVER),--server $(SERVER))
else
	$(BIN)/python -m tests.chaos $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(if $(SEED),--seed $(SEED)) \
		$(if $(KILLS),--kills $(KILLS))
endif

chaos-mutants: export PYTHONPATH = .:src
chaos-mutants: $(DEV)  ## take out what the campaign relies on, and see that it finds something; MUTANTS="fence inbox", SEED=
	$(BIN)/python -m tests.chaos.mutants $(MUTANTS) $(if $(SEED),--seed $(SEED))

chaos-broker: export PYTHONPATH = .:src
chaos-broker: $(DEV)  ## kill the broker 50 times under load: no worker ends, nothing is lost; KILLS=, SEED=, BROKER=redis|rabbitmq
	$(BIN)/python -m tests.chaos.broker_kills $(if $(BROKER),--broker $(BROKER)) $(if $(SEED),--seed $(SEED)) \
		$(if $(KILLS),--kills $(KILLS))

extract: export PYTHONPATH = .:src
extract: extract-usage $(DEV)  ## promote a module to a service of its own: MODULE=orders INTO=../orders-service
	@$(BIN)/python -m extraction extract "$(MODULE)" --into "$(INTO)" $(ARGS)

extract-usage:
	@if [ -z "$(MODULE)" ] || [ -z "$(INTO)" ]; then \
		echo "usage: make extract MODULE=orders INTO=../orders-service" >&2; exit 2; fi

docs: export PYTHONPATH = .:src
docs: $(DEV)  ## the documentation as a site in var/site, without a warning; REPOSITORY=URL for links to code
	@$(BIN)/python -m docs.site var/docs/source $(if $(REPOSITORY),--repository "$(REPOSITORY)")
	@$(MAKE) --no-print-directory docs-build VENV=var/docs/venv
	@echo "var/site/index.html has the documentation"

docs-build: $(DOCS)
	@rm -rf var/site
	@$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --fresh-env \
		--conf-dir docs/site --doctree-dir var/docs/doctrees var/docs/source var/site

$(DOCS): | $(VENV)/.made
	$(call install,docs)
	@touch $@

bench:  ## measure beside rivals and limits, for 15 minutes; ONLY=contract_call for one subject
	@$(MAKE) --no-print-directory bench-measure VENV=var/bench/venv

bench-measure: export PYTHONPATH = .:src
bench-measure: $(BENCH)
	@$(BIN)/python -m benchmarks $(ONLY)

$(BENCH): | $(VENV)/.made
	$(call install,bench)
	@touch $@

mutants:  ## does verify notice what the modules' own tests notice? for hours; MODULES="users orders", SAMPLE=, SEED=
	@$(MAKE) --no-print-directory mutants-judge VENV=var/nightly/venv

mutants-judge: export PYTHONPATH = .:src
mutants-judge: $(NIGHTLY)
	@$(BIN)/python -m tests.mutants $(MODULES) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

$(NIGHTLY): | $(VENV)/.made
	$(call install,nightly)
	@touch $@
