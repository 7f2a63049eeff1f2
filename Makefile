.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
.PHONY: help serve test check bench organisation-pairs format lock vendor territory screenshot clean

BIN := .venv/bin
STAMPS := .venv/.stamps
TABLES := memberships/territory/tables/.built-from

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-17s %s\n", $$1, $$2 }'

serve: $(STAMPS)/package $(TABLES) ## set up, fill in demo data, serve on http://127.0.0.1:8000 (PORT changes it)
	@$(BIN)/python -m scripts.vendor_frontend
	@$(BIN)/memberships database upgrade
	@$(BIN)/memberships demo
	@exec $(BIN)/memberships serve

test: $(STAMPS)/test $(STAMPS)/package $(TABLES) ## every test; ARGS="-k word" narrows
	@$(BIN)/python -m scripts.vendor_frontend --required
	@$(BIN)/python -m scripts.build_territory --required
	@chromium=$$($(BIN)/python scripts/chromium.py) && \
	CHROMIUM="$$chromium" $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadgroup $(ARGS)

check: $(STAMPS)/dev $(STAMPS)/package $(TABLES) ## formatting, lint, types, import order, dependencies, locks
	@$(BIN)/python scripts/lock.py --check
	@$(BIN)/ruff format --check --output-format concise . || { echo "Repair with: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy memberships
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/deptry memberships

bench: $(STAMPS)/test $(STAMPS)/package $(TABLES) ## figures of docs/performance.md, within five minutes; SIZE=full for large ones
	@$(BIN)/python -m benchmarks.performance $(ARGS)
	@$(BIN)/python -m benchmarks.territory_agreement

organisation-pairs: $(STAMPS)/test $(STAMPS)/package $(TABLES) ## how well organisations are recognised; ARGS="--fit" fits the model anew
	@scripts/install lock training
	@$(BIN)/python -m benchmarks.organisation_pairs $(ARGS)

format: $(STAMPS)/dev ## write the code in the house's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

lock: $(STAMPS)/dev ## compile requirements/*.lock from pyproject.toml; UPGRADE=1 raises every version
	@$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

vendor: $(BIN)/python ## bring the third-party style sheet and fonts into static/vendor
	@$(BIN)/python -m scripts.vendor_frontend --required

territory: $(STAMPS)/package ## build the tables of postal codes and districts
	@$(BIN)/python -m scripts.build_territory --required

screenshot: $(STAMPS)/test $(STAMPS)/package $(TABLES) ## draw docs/screenshot.png, the picture in README.md
	@$(BIN)/python -m scripts.vendor_frontend --required
	@chromium=$$($(BIN)/python scripts/chromium.py) && \
	CHROMIUM="$$chromium" $(BIN)/python -m scripts.screenshot

clean: ## remove what set-up and tools made; the data in var/ stays
	@rm -rf .venv .vendor-* static/vendor memberships/territory/tables *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# No prerequisite: the age that make sees is that of the Python behind the link.
$(BIN)/python:
	@python=$$(scripts/find_python) && echo "Making .venv with $$python" && rm -rf .venv && "$$python" -m venv .venv

# Each lock holds all of the one before it: what a wider one installed need not be asked for again.
$(STAMPS)/runtime $(STAMPS)/test $(STAMPS)/dev: $(STAMPS)/%: requirements/%.lock $(BIN)/python
	@scripts/install lock $*
	@mkdir -p $(STAMPS)
	@touch $(STAMPS)/runtime $(if $(filter test dev,$*),$(STAMPS)/test) $(if $(filter dev,$*),$(STAMPS)/dev)

$(STAMPS)/package: pyproject.toml $(STAMPS)/runtime
	@scripts/install package
	@touch $@

$(TABLES): package.json package-lock.json .npmrc requirements/territory.lock scripts/build_territory.py scripts/third_party.py | $(STAMPS)/package
	@$(BIN)/python -m scripts.build_territory
