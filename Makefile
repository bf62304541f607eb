# Two commands matter: `make serve` runs everything, `make test` proves it. Both build the environment first.
# The machine needs CPython 3.11 with pip, and make; nothing else is assumed.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

UV := .uv/bin/uv
BIN := .venv/bin
ARGS ?=
# The tests are spread over the cores; `make test WORKERS=0` runs them in one process.
WORKERS ?= auto

# uv never fetches an interpreter of its own, and takes long downloads on slow lines.
export UV_PYTHON_DOWNLOADS := never
export UV_HTTP_TIMEOUT := 180
# Compiled once here, because an environment that forbids Python to write caches would compile on every start.
export UV_COMPILE_BYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# Where pip was given an index or a certificate of its own, uv gets the same one: a machine that can install with pip
# can then install with uv.
define use_pip_settings
settings="$$("$$python" -m pip config list 2>/dev/null || true)"; \
ask() { printf '%s\n' "$$settings" | sed -n "s/^\(global\|install\)\.$$1='\(.*\)'$$/\2/p" | tail -n 1; }; \
index="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$(ask index-url)}}"; \
if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
certificate="$${SSL_CERT_FILE:-$${PIP_CERT:-$$(ask cert)}}"; \
if [ -n "$$certificate" ]; then export SSL_CERT_FILE="$$certificate"; fi
endef

# Candidates are run, not only looked up: a version manager leaves shims that exist and fail.
define find_python
set -eu; python=""; \
for candidate in $(PYTHON) python3.11 python3 python; do \
  if "$$candidate" -c 'import sys; sys.exit(not (sys.implementation.name == "cpython" and sys.version_info[:2] == (3, 11)))' >/dev/null 2>&1; \
  then python="$$candidate"; break; fi; \
done; \
if [ -z "$$python" ]; then \
  echo "Bilten needs CPython 3.11 and found none: install it, or name it with 'make PYTHON=/path/to/python3.11'." >&2; exit 1; \
fi
endef

# A copied or moved checkout brings an environment that points elsewhere, and one from another machine does not run:
# both are made anew. The stamp holds the folder that the environment was made in.
ifeq ($(shell .venv/bin/python -c '' 2>/dev/null && [ "$$(cat .venv/.ready 2>/dev/null)" = "$$(pwd -P)" ] && echo here),)
.PHONY: .venv/.ready
endif
ifeq ($(shell conformance/.venv/bin/python -c '' 2>/dev/null && echo runs),)
.PHONY: conformance/.venv/.ready
endif
ifeq ($(shell .uv/bin/uv --version >/dev/null 2>&1 && echo runs),)
.PHONY: .uv/.ready
endif

.PHONY: help
help: ## Show this list.
	@echo "Bilten: make <target>"; echo
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo; echo "  ARGS=\"…\" goes to the command behind: make serve ARGS=\"--port 9000\", make test ARGS=\"-k capacity\"."

.PHONY: serve
serve: setup ## Run everything on http://127.0.0.1:8000: PostgreSQL, Redis, demo data, server.
	@$(MAKE) web 2>/dev/null \
	  || echo "GraphiQL is not built ('make web' says why): its page loads scripts from a CDN. Everything else works."
	@exec $(BIN)/bilten serve $(ARGS)

.PHONY: test
test: setup ## Run the whole suite on a real PostgreSQL and a real Redis.
	@exec $(BIN)/pytest -n $(WORKERS) -rs $(ARGS)

.PHONY: web
web: setup bilten/web/assets/manifest.json ## Build GraphiQL from web/ into bilten/web/assets, if web/ has changed.
	@:

.PHONY: check
check: setup ## Check format, lint, types, imports, schema, Dockerfile and compose file.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyright
	$(BIN)/bilten schema --check
	$(BIN)/hadolint Dockerfile
	@if command -v docker >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then \
	  echo "docker compose config --quiet"; \
	  BILTEN_SECRET=x BILTEN_DATABASE_PASSWORD=x BILTEN_PUBLIC_URL=x BILTEN_JWKS_URL=x BILTEN_JWT_ISSUER=x BILTEN_JWT_AUDIENCE=x \
	  BILTEN_SMTP_URL=x BILTEN_MAIL_FROM=x \
	    docker compose --file compose.yaml config --quiet; \
	else echo "compose.yaml: no docker compose here; the test suite reads the file instead."; fi

# The seed is the day's, so that every night tries others; a failure names the seed that it came from.
.PHONY: nightly
nightly: setup ## 100,000 random operations on both engines, as many steps of crowds at events, and graphql-core's tests.
	@export BILTEN_FUZZ_CASES="$${BILTEN_FUZZ_CASES:-100000}" BILTEN_FUZZ_SEED="$${BILTEN_FUZZ_SEED:-$$(date -u +%F)}"; \
	echo "$$BILTEN_FUZZ_CASES cases from the seed $$BILTEN_FUZZ_SEED"; \
	$(BIN)/pytest -n $(WORKERS) tests/execution/plans $(ARGS)
	@BILTEN_NIGHTLY=1 $(BIN)/pytest -n 0 tests/races/test_capacity_machine.py $(ARGS)
	@$(find_python); $(use_pip_settings); \
	folder="$$(mktemp -d)"; trap 'rm -rf "$$folder"' EXIT; \
	sed -n '/^graphql-core==/,/^[^ ]/p' requirements.lock | sed '$$d' >"$$folder/requirements.txt"; \
	"$$python" -m pip download -qq --require-hashes --no-deps --no-binary graphql-core --dest "$$folder" \
	  --requirement "$$folder/requirements.txt"; \
	$(BIN)/python -m tests.execution.plans.graphql_core "$$folder"

.PHONY: conformance
conformance: setup conformance/.venv/.ready conformance/node_modules/.ready ## Run other people's GraphQL suites and clients against a server of our own.
	@exec $(BIN)/python -m conformance $(ARGS)

.PHONY: bench
bench: setup ## Measure what a request costs, beside the library's own view and beside hand-written code.
	@$(BIN)/python -m bench.graphql_over_http; echo
	@$(BIN)/python -m bench.lanes; echo
	@exec $(BIN)/python -m bench.endpoints $(ARGS)

.PHONY: format
format: setup ## Rewrite the code in the one format and fix what can be fixed.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: schema
schema: setup ## Write the schema that the server serves to schema/schema.graphql.
	$(BIN)/bilten schema > schema/schema.graphql.new
	@mv schema/schema.graphql.new schema/schema.graphql

.PHONY: setup
setup: .venv/.ready ## Make only the environment; afterwards the command is .venv/bin/bilten.

.PHONY: clean
clean: ## Remove the environment and caches; the data under .bilten stays.
	rm -rf .venv .uv .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist web/node_modules bilten/web/assets \
	  conformance/.venv conformance/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.uv/.ready: requirements-uv.lock
	@$(find_python); \
	echo "Setting up 1/3: fetching the installer (uv) into .uv"; \
	rm -rf .uv; \
	"$$python" -m pip install -qq --require-hashes --only-binary :all: --no-deps --target .uv --requirement requirements-uv.lock; \
	touch .uv/.ready

.venv/.ready: .uv/.ready requirements-dev.lock pyproject.toml
	@$(find_python); $(use_pip_settings); \
	echo "Setting up 2/3: making the environment in .venv"; \
	if ! .venv/bin/python -c '' 2>/dev/null || [ "$$(cat .venv/.ready 2>/dev/null)" != "$$(pwd -P)" ]; \
	then $(UV) venv --quiet --clear --python "$$python" .venv; fi; \
	rm -f .venv/.ready; \
	echo "Setting up 3/3: installing the packages of requirements-dev.lock"; \
	$(UV) pip sync --python .venv/bin/python --require-hashes requirements-dev.lock; \
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .; \
	pwd -P > .venv/.ready

# The pages: their packages are fetched again when the lock changes, and built again when anything of web/ does.
web/node_modules/.ready: web/package.json web/package-lock.json web/.npmrc | setup
	@echo "Building GraphiQL, once, about a minute: fetching its packages into web/node_modules"; \
	cd web; ../scripts/node.sh npm ci --no-audit --no-fund --ignore-scripts --loglevel error >/dev/null; touch node_modules/.ready

bilten/web/assets/manifest.json: web/node_modules/.ready $(wildcard web/*.ts) $(shell find web/src web/examples -type f)
	@echo "Building GraphiQL: bundling and compressing it into bilten/web/assets"; \
	cd web; ../scripts/node.sh npm run --silent build -- --logLevel warn

# The suites: an environment of their own, so that nothing of it gets near the platform.
conformance/.venv/.ready: conformance/requirements.lock | setup
	@$(find_python); $(use_pip_settings); \
	echo "Setting up the suites 1/2: installing the packages of conformance/requirements.lock"; \
	$(UV) venv --quiet --clear --python "$$python" conformance/.venv; \
	$(UV) pip sync --quiet --python conformance/.venv/bin/python --require-hashes conformance/requirements.lock; \
	touch conformance/.venv/.ready

conformance/node_modules/.ready: conformance/package.json conformance/package-lock.json conformance/.npmrc | setup
	@echo "Setting up the suites 2/2: fetching the packages of conformance/package-lock.json"; \
	cd conformance; ../scripts/node.sh npm ci --loglevel error >/dev/null; touch node_modules/.ready
