# What can be done with the monolith, beside what can be done with every deployable: deployable.mk.

include deployable.mk

BENCH := $(VENV)/.bench-$(call digest,requirements/bench.txt)
NIGHTLY := $(VENV)/.nightly-$(call digest,requirements/nightly.txt)

TYPED += extraction
LOCKED += bench nightly
EXPLAINED := deployable.mk Makefile

.PHONY: boundaries test-topologies test-pythons chaos chaos-mutants chaos-broker extract extract-usage bench bench-measure
.PHONY: mutants mutants-judge

lint: boundaries

boundaries: export PYTHONPATH = .:src
boundaries: $(DEV)  ## what only our own check can see of modules and their contracts; part of lint
	$(BIN)/python -m extraction check
	$(BIN)/python -m extraction compat

test-topologies: export PYTHONPATH = .:src
test-topologies: $(DEV)  ## the acceptance suite with no, each, every two and all modules apart, as a table
	$(BIN)/python -m tests.topology.matrix

test-pythons:  ## make test on each Python that is supported, for the night; PYTHONS="python3.13" for one
	@for python in $(if $(filter command line,$(origin PYTHONS)),$(PYTHONS),python3.11 python3.12 python3.13); do \
		$(MAKE) --no-print-directory test VENV=var/pythons/$$python PYTHONS=$$python || exit 1; \
	done

chaos: export PYTHONPATH = .:src
chaos: $(DEV)  ## kill everything at random, and look for what is lost; SEED=, KILLS=, TOPOLOGY=monolith|extracted|redis|rabbitmq
	$(BIN)/python -m tests.chaos $(if $(TOPOLOGY),--topology $(TOPOLOGY)) $(if $(SEED),--seed $(SEED)) \
		$(if $(KILLS),--kills $(KILLS))

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
