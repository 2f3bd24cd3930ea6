# Each target does all its own set-up. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out

# The second stack, TensorFlow 2.15 with Keras 2 and tensorflow-addons, has wheels up to Python 3.11.
ADDONS_VENV ?= .venv-addons
# Apache Beam takes an older protobuf than TensorFlow does by itself.
BEAM_VENV ?= .venv-beam
BEAM_TESTS := tests/tfrecords/beam tests/tf_dvbpr/embedding tests/tools/test_beam_flags.py
EXTRAS := test
TESTS ?=
# Processes that the tests run in; each takes up to 6 GB.
JOBS ?= 2

# The newest supported Python that really starts; a version manager's shim may stand there and fail.
SUPPORTED := 3.13 3.12 3.11 3.10
ADVISED := 3.12
find_python = $(firstword $(foreach version,$(1),$(shell \
	for name in python$(version) python3 python; do \
		path=$$(command -v $$name 2>/dev/null) && "$$path" -c 'import sys, venv, ensurepip; \
		sys.exit("%d.%d" % sys.version_info[:2] != "$(version)")' 2>/dev/null && { echo "$$path"; break; }; \
	done)))

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 28

$(VENV)/.ready: setup.py
	@python='$(if $(wildcard $(BIN)/python),,$(call find_python,$(SUPPORTED)))'; \
	if [ ! -x $(BIN)/python ]; then \
		if [ -z "$$python" ]; then \
			echo "error: no Python with the venv module is on the PATH in a version that will do ($(SUPPORTED); TensorFlow has no wheel for others). Install one, as in: apt-get install python$(ADVISED) python$(ADVISED)-venv, brew install python@$(ADVISED), or winget install Python.Python.$(ADVISED)" >&2; \
			exit 1; \
		fi; \
		echo "virtual environment $(VENV) with $$python"; \
		"$$python" -m venv $(VENV); \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
	@touch $@

.PHONY: install
install: $(VENV)/.ready ## a virtual environment in .venv with everything

.PHONY: demo
demo: $(VENV)/.ready ## synthetic purchases and photos -> recommender, AUC, GAN, designs, report.html
	@BIN=$(abspath $(BIN)) OUT=$(OUT)/demo bash tools/demo.sh

.PHONY: compare-demo
compare-demo: $(VENV)/.ready ## Table III on the synthetic wardrobe; WEIGHTS=FILE for ResNet50's, else they are fetched
	@BIN=$(abspath $(BIN)) OUT=$(OUT)/compare bash tools/compare_demo.sh

.PHONY: test
test: $(VENV)/.ready ## the whole test suite; TESTS='tests/tf_dvbpr/dvbpr' for less
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS)

.PHONY: test-fast
test-fast: $(VENV)/.ready ## of these, the quick ones; an error if a module is at work in none of them
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -p tests.support.fast_run -m "not slow and not long"

.PHONY: test-addons
test-addons: ## the same with TensorFlow 2.15, Keras 2 and tensorflow-addons, in .venv-addons
	@$(MAKE) --no-print-directory test VENV=$(ADDONS_VENV) EXTRAS=addons,test SUPPORTED=3.11 ADVISED=3.11 \
		OTHER_STACK_PYTHON=$(or $(OTHER_STACK_PYTHON),$(if $(wildcard $(VENV)/.ready),$(abspath $(BIN)/python)))

.PHONY: test-addons-quick
test-addons-quick: ## of these, the tests that a version of Keras can change
	@$(MAKE) --no-print-directory test-addons TESTS='-m "stack and not long"'

.PHONY: test-beam
test-beam: ## the tests with Apache Beam, in .venv-beam
	@$(MAKE) --no-print-directory test VENV=$(BEAM_VENV) EXTRAS=beam,test TESTS='$(BEAM_TESTS)'

.PHONY: lint
lint: $(VENV)/.ready ## style, format, the types of the public names, and which folder imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-logo

$(VENV)/.docs: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

# Without --quiet, which hides warnings from --strict too.
.PHONY: docs
docs: $(VENV)/.docs ## the documentation as a website in OUT/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --site-dir=$(abspath $(OUT))/site

.PHONY: bench
bench: $(VENV)/.ready ## every speed figure, one line each; also OUT/bench.json; BASE=COMMIT: compared with that commit
	$(if $(BASE),$(BIN)/python -m benchmarks.regression --base=$(BASE) --output=$(OUT)/regression.json \
		$(foreach name,$(ONLY),--only=$(name)),$(BIN)/python -m benchmarks --output=$(OUT)/bench.json)

# The rivals, each in an environment of its own, which takes the packages of VENV as its base.
PEERS := cornac keras_rs openvino pytorch
PEER_cornac := cornac
PEER_keras_rs := keras-rs
PEER_openvino := openvino
PEER_pytorch := torch

.venv-peer-%/.ready: $(VENV)/.ready
	$(BIN)/python -m venv .venv-peer-$*
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		> "$$(.venv-peer-$*/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth"
	.venv-peer-$*/bin/python -m pip install --quiet --disable-pip-version-check $(PEER_$*)
	@touch $@

.PHONY: bench-peers
bench-peers: $(PEERS:%=.venv-peer-%/.ready) ## the speed beside other libraries' in OUT/bench-peers.json; PEERS=openvino for one
	@for peer in $(PEERS); do \
		PYTHONPATH=. .venv-peer-$$peer/bin/python -m benchmarks.rivals --rival=$$peer --output=$(OUT)/bench-peers.json; \
	done

.PHONY: clean
clean: ## removes the virtual environments and OUT
	rm -rf $(VENV) $(ADDONS_VENV) $(BEAM_VENV) .venv-peer-* $(OUT)
