# The two commands that matter: make run, make test.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The first Python of at least 3.11 on this machine, unless PYTHON names one.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# Every package as the lock says, compared with its digest; then Beatlens itself, which needs nothing more.
INSTALL = $(PIP) --require-hashes --requirement $(1) \
	&& PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-package beatlens \
	--no-header --no-annotate pyproject.toml requirements/build.in

.PHONY: help run test test-postgresql test-watsonx coverage lint architecture access format fonts protos lock audit pin-images admin train-image clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: $(VENV)/serving ## Install and start everything; PORT, GRPC_PORT and DEMO=1 change it
	@exec $(BIN)/python -m launcher

test: $(VENV)/everything lint ## Install everything; lint, types and tests (MITDB_DIR: with the recordings)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

test-postgresql: $(VENV)/everything ## The portal's tests once more, on a PostgreSQL of their own (left out without PostgreSQL)
	$(BIN)/python -m benchmarks.processes.postgresql $(CURDIR)/$(BIN)/python -m pytest tests/webportal --numprocesses 2 --dist loadgroup

test-watsonx: $(VENV)-watsonx/installed ## The tests of publishing in IBM watsonx.ai, in the environment of IBM's client
	PYTHONPATH=. BEATLENS_REQUIRE_WATSONX=1 $(VENV)-watsonx/bin/python -m pytest --noconftest tests/training/publishing

coverage: $(VENV)/everything ## The tests once more, counting lines and branches (figures: docs/developers.md)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --cov --cov-report=term

lint: $(VENV)/everything ## Style, types and the wire (buf needs npm, and is left out without it)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python protos/generate.py --check
	$(BIN)/python protos/generate.py --lint

architecture: $(VENV)/everything ## Show who imports whom: the rooms and their folders from the ground up
	@$(BIN)/python -m tests.architecture

access: $(VENV)/everything ## Renew docs/access.md, who may open what, from what the portal answers
	BEATLENS_WRITE_ACCESS=1 $(BIN)/python -m pytest -q tests/webportal/test_access.py -k table_says

format: $(VENV)/everything ## Put the source into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# DejaVu Sans as matplotlib brings it, with the characters that reports may need: a sixth of its size.
FONTS := webportal/analyses/history/fonts
fonts: $(VENV)/everything ## Take the letters of reports out of the whole fonts (characters.txt beside them)
	whole=$$($(BIN)/python -c 'import matplotlib; print(matplotlib.get_data_path())')/fonts/ttf; \
	for name in DejaVuSans DejaVuSans-Bold; do \
		$(BIN)/pyftsubset "$$whole/$$name.ttf" --no-hinting --unicodes-file=$(FONTS)/characters.txt --output-file=$(FONTS)/$$name.ttf \
			--layout-features= --drop-tables+=FFTM,GDEF,GPOS,GSUB,MATH,kern --name-IDs='*' --notdef-outline || exit 1; \
	done

protos: $(VENV)/everything ## Make the gRPC stubs from protos/
	$(BIN)/python protos/generate.py

lock: $(VENV)/bin/uv ## Make the locks fit pyproject.toml (UPGRADE=1: with the newest versions)
	$(BIN)/python requirements/layers.py flatten
	$(LOCK) $(if $(UPGRADE),--upgrade) --all-extras --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --extra server --output-file requirements/server.lock
	$(LOCK) --constraint requirements.lock --extra portal --extra postgresql --extra s3 --output-file requirements/portal.lock
	$(LOCK) --constraint requirements.lock --extra server --extra portal --output-file requirements/serving.lock
	$(LOCK) --constraint requirements.lock --extra training --output-file requirements/training.lock
	$(LOCK) --constraint requirements.lock --extra archive --output-file requirements/archive.lock
	$(LOCK) --constraint requirements.lock --extra tracing --output-file requirements/tracing.lock
	$(LOCK) requirements/watsonx.in --constraint requirements/server.lock --extra server --output-file requirements/watsonx.lock
	$(BIN)/python requirements/layers.py layer

audit: $(VENV)/everything ## Look for known faults in what the locks name, and for base images without a digest
	@$(BIN)/python deploy/pin_images.py --check; images=$$?; \
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements.lock \
	&& exit $$images

pin-images: ## Write the digests of the base images into deploy/ (needs docker and a registry)
	$(or $(PYTHON),python3) deploy/pin_images.py

admin: $(VENV)/serving ## Make an administrator of the embedded portal
	@$(BIN)/python manage.py migrate --noinput --verbosity 0
	@$(BIN)/python manage.py createsuperuser

train-image: ## Build the container image that trains on a remote machine
	docker build --file deploy/training.Dockerfile --tag beatlens-training .

clean: ## Remove what installing and testing made (keeps var/, the data)
	rm -rf $(VENV) $(VENV)-watsonx build beatlens.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "beatlens: Python 3.11 or newer is needed and was not found." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "beatlens: $(PYTHON) could not make a virtual environment; is its venv module installed?" >&2; exit 1; }

# The lock must be there to install everything, and uv to make the lock.
$(VENV)/bin/uv: | $(VENV)/bin/python
	@$(PIP) 'uv>=0.5'

$(VENV)/serving: pyproject.toml requirements/serving.lock requirements/server.lock requirements/shared.lock | $(VENV)/bin/python
	@echo "Installing what serving needs (no TensorFlow); the first time takes a minute or two."
	@$(call INSTALL,requirements/serving.lock)
	@touch $@

# IBM's client wants an older pandas than everything else.
$(VENV)-watsonx/installed: $(addprefix requirements/,watsonx.lock science.lock server.lock shared.lock)
	@$(PYTHON) -m venv $(VENV)-watsonx
	@$(VENV)-watsonx/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement $<
	@touch $@

$(VENV)/everything: pyproject.toml requirements.lock $(wildcard requirements/*.lock) | $(VENV)/bin/python
	@echo "Installing everything, TensorFlow included; the first time takes some minutes."
	@$(call INSTALL,requirements.lock)
	@touch $(VENV)/serving $@
