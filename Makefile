# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists the targets. Everything works on a fresh Debian 12 as root; elsewhere install SYSTEM_PACKAGES first
# (docs/guide/install.md has their names for Fedora and openSUSE).

PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
CORPUS ?= fixtures/corpus
SECONDS ?= 60
FILES ?= 1000000
ARCHIVES ?= 5000
N ?= 1000
SEED ?= 0
TARGETS ?= objects files specs macros packages headers cpio metadata policies stores environments logs

DEMO_PACKAGES := python3-venv python3-rpm libarchive13 libglib2.0-0 rpm gcc libc6-dev bubblewrap
SYSTEM_PACKAGES := $(DEMO_PACKAGES) g++ gfortran clang lld llvm clang-19 lld-19 mold elfutils debugedit file \
	gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 git patch cpio util-linux rpm2cpio gpg gpg-agent gpgv zchunk zstd strace \
	gcc-s390x-linux-gnu obs-build rpmlint man-db mandoc zsh fish mksh busybox neovim chromium chromium-driver \
	lua5.4 lua-filesystem rustc clang-tools-19
JUDGE_PACKAGES := $(SYSTEM_PACKAGES) gdc gnat gccgo ldc gcc-aarch64-linux-gnu gcc-alpha-linux-gnu \
	gcc-arm-linux-gnueabihf gcc-hppa-linux-gnu gcc-m68k-linux-gnu gcc-mips-linux-gnu gcc-mips64el-linux-gnuabi64 \
	gcc-powerpc64-linux-gnu gcc-riscv64-linux-gnu gcc-sh4-linux-gnu gcc-sparc64-linux-gnu gcc-xtensa-lx106

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick check lint format docs data engines bench eval judge realworld rebuild matrix mutants fuzz rpm clean system-demo system-test system-judge system-matrix system-rebuild

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: system-demo $(VENV)/.ready ## Run the main job: a build that the hook stops, its opted-in twin, an audit
	@fixtures/demo/run

test: system-test $(VENV)/.ready ## Run all tests, with real compilers and rpmbuild
	$(BIN)/pytest --numprocesses auto --dist worksteal

test-quick: system-test $(VENV)/.ready ## Run what takes under a minute: no builds, browsers, clusters or large inputs
	$(BIN)/pytest --numprocesses auto --dist worksteal -m "not slow"

check: lint test ## What CI runs: lint, types and all tests

lint: system-demo $(VENV)/.ready ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.ready ## Put the code into its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.ready ## Write the generated reference anew
	$(BIN)/python -m docs.generate

data: $(VENV)/.ready ## Write the policies of the program and the tables of the Lua engine anew
	$(BIN)/python -m macros.shipped_policies
	$(BIN)/python -m macros.lua_data

engines: system-test $(VENV)/.ready ## Compare both engines of the hook over many files that are nearly sound: make engines FILES=1000000 ARCHIVES=5000
	$(BIN)/python -m tests.engines $(FILES) $(ARCHIVES)

bench: system-test $(VENV)/.ready ## Measure speed and memory side by side with peers
	$(BIN)/python -m bench

eval: $(VENV)/.ready ## Print a confusion table over labelled files: make eval CORPUS=FOLDER
	$(BIN)/python -m tests.evaluate $(CORPUS)

rebuild: system-rebuild $(VENV)/.ready ## Build some 50 real projects fat and slim, three times each: takes hours
	fixtures/rebuild/fetch .cache/rebuild
	$(BIN)/ltocheck rebuild .cache/rebuild --nodeps --repeat 3 --name cost --store .cache/rebuild.db || [ $$? -lt 4 ]
	$(BIN)/ltocheck rebuild .cache/rebuild/gmp .cache/rebuild/libsodium .cache/rebuild/libcaca --nodeps --configure-only \
		--arch x86_64,s390x --arms fat,slim --name configured --store .cache/rebuild.db || [ $$? -lt 4 ]
	$(BIN)/python -m docs.cost .cache/rebuild.db cost --configured configured

judge: system-judge $(VENV)/.ready ## Compare verdicts with what a linker finds in random archives: make judge N=5000
	$(BIN)/python -m tests.linker $(N)

realworld: system-rebuild $(VENV)/.ready ## Judge some 280 real packages, and follow the hook's advice for real libraries; downloads 1.3 GB: make realworld PART=readers
	$(BIN)/python -m tests.realworld $(if $(PART),--part $(PART))

matrix: system-matrix ## Run the tests with other rpm, Python and compilers too, in roots of other Debian releases
	tests/matrix

mutants: system-test $(VENV)/.ready ## Put faults into what decides verdicts, and see whether tests find them: make mutants N=500 SEED=1
	$(BIN)/python -m tests.mutants $(N) $(SEED) $(AGAIN)

fuzz: $(VENV)/.ready ## Fuzz what reads hostile bytes, each target so long: make fuzz SECONDS=60
	$(BIN)/pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python -m tests.fuzz .cache/fuzz $(SECONDS) $(TARGETS)

rpm: system-demo $(VENV)/.ready ## Build the RPM packages into dist/
	$(BIN)/python -m hatchling build --target sdist --directory dist
	rpmbuild -ba --nodeps --define "__python3 $(abspath $(BIN))/python" \
		--define "_sourcedir $(abspath dist)" --define "_topdir $(abspath dist)/rpmbuild" packaging/ltocheck.spec
	@find dist/rpmbuild -name '*.rpm'

clean: ## Remove what was made here
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

system-demo: PACKAGES = $(DEMO_PACKAGES)
system-rebuild: PACKAGES = $(SYSTEM_PACKAGES) cmake meson ninja-build autoconf automake libtool qt5-qmake bison flex zlib1g-dev libncurses-dev
system-test: PACKAGES = $(SYSTEM_PACKAGES)
system-judge: PACKAGES = $(JUDGE_PACKAGES)
system-matrix: PACKAGES = debootstrap
system-demo system-test system-judge system-matrix system-rebuild:
	@if ! command -v apt-get >/dev/null; then \
		echo "Not a Debian: taking for granted that the equivalents of these are installed: $(PACKAGES)"; exit 0; fi; \
	missing=$$(for name in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || echo $$name; done); \
	if [ -n "$$missing" ]; then \
		echo "Installing system packages:" $$missing; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing >/dev/null; fi

$(VENV)/.ready: pyproject.toml | system-demo
	@echo "Installing Python packages into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
