# Everything a person or a machine needs to do with this repository, by name. `make help` lists it.
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
PYTEST_ARGS ?=
VENV := .venv/bin

.DEFAULT_GOAL := help
# Targets build into shared folders; parallelism lives inside ninja, ctest and the suites.
.NOTPARALLEL:
.PHONY: help run build test unit functional lint asan tsan fuzz bench bench-postgresql bench-proxy score coverage \
        format format-check tidy clean packages-build packages-test packages-check packages-bench venv

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

run: packages-build build ## build, start on the embedded store, show three governed requests, serve
	scripts/run.sh

build: packages-build build/release/CMakeCache.txt ## build/release/axonflow
	cmake --build --preset release -j $(JOBS) --target axonflow

test: packages-build packages-test unit functional lint ## every test; what CI runs

unit: packages-build build/release/CMakeCache.txt ## unit tests (ctest) on the release build
	cmake --build --preset release -j $(JOBS)
	ctest --preset release -j $(JOBS)

functional: build venv ## functional suites (pytest) against the real binary
	$(VENV)/python -m pytest tests $(PYTEST_ARGS)

lint: build ## every built-in policy against its own texts
	build/release/axonflow policy lint

asan: packages-build build/asan/CMakeCache.txt ## unit tests under AddressSanitizer and UBSan
	cmake --build --preset asan -j $(JOBS)
	ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
	UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ctest --preset asan -j $(JOBS)

tsan: packages-build build/tsan/CMakeCache.txt ## unit tests under ThreadSanitizer
	cmake --build --preset tsan -j $(JOBS)
	TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 ctest --preset tsan -j $(JOBS)

fuzz: packages-build packages-check build/fuzz/CMakeCache.txt ## every fuzz target, FUZZ_SECONDS each
	cmake --build --preset fuzz -j $(JOBS) --target fuzz_targets
	FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh

bench: packages-bench build venv ## cost of a decision against nginx on this machine; fails over the limits
	$(VENV)/python bench/run.py $(BENCH_ARGS)

bench-postgresql: packages-bench build venv ## the same with credentials, PostgreSQL and acknowledgement by the store
	$(VENV)/python bench/postgresql.py $(BENCH_ARGS)

bench-proxy: packages-bench build venv ## cost of a governed call to a model against nginx as plain proxy; fails over the limits
	$(VENV)/python bench/proxy.py $(BENCH_ARGS)

score: packages-bench build ## score detection on corpora outside the repository (CORPORA=folder)
	scripts/score.sh

coverage: packages-build packages-check build/coverage/CMakeCache.txt ## unit-test coverage, build/coverage/html
	cmake --build --preset coverage -j $(JOBS)
	ctest --preset coverage -j $(JOBS)
	mkdir -p build/coverage/html
	gcovr --root . --filter src/ --exclude '.*_test\.cpp' --object-directory build/coverage \
	  --html-details build/coverage/html/index.html --print-summary

format: packages-check ## clang-format over all C++ files
	find src fuzz bench -name '*.cpp' -o -name '*.h' | xargs clang-format-19 -i

format-check: packages-check
	find src fuzz bench -name '*.cpp' -o -name '*.h' | xargs clang-format-19 --dry-run --Werror

tidy: packages-build packages-check build/dev/CMakeCache.txt ## clang-tidy over src/
	cmake --build --preset dev -j $(JOBS) --target axonflow
	find src -name '*.cpp' ! -name '*_test.cpp' | \
	  xargs -n 1 -P $(JOBS) clang-tidy-19 -p build/dev --quiet

build/%/CMakeCache.txt: CMakeLists.txt CMakePresets.json
	cmake --preset $*
	@touch $@

packages-build:
	@scripts/install-packages.sh packages/build.txt
packages-test:
	@scripts/install-packages.sh packages/test.txt
packages-check:
	@scripts/install-packages.sh packages/check.txt
packages-bench:
	@scripts/install-packages.sh packages/bench.txt
venv: packages-test
	@scripts/make-venv.sh

clean: ## removes build/ and .venv
	rm -rf build .venv
