# SPDX-License-Identifier: Apache-2.0
# What people type; everything else is CMake (see CMakePresets.json) and scripts/.
PREFIX ?= /usr/local
BUILD := build/release
TEST_JOBS ?= 2
FUZZ_SECONDS ?= 60
ninja = cmake --build $(BUILD) --target

.DEFAULT_GOAL := help
.PHONY: help setup configure build test check sanitize install demo results performance format tidy fuzz clean

help:  ## list what make can do
	@sed -n 's/^\([a-z]*\):[^#]*## /\1|/p' Makefile | column -t -s '|'

setup:  ## install what building needs (see scripts/setup --help)
	@scripts/setup

configure: setup
	@cmake --preset release --log-level=WARNING

build: configure  ## build the program: build/release/heed
	@$(ninja) all

test:  ## build what is missing and run every test
	@scripts/setup --test
	@cmake --preset release --log-level=WARNING
	@$(ninja) all heed_tests
	@ctest --test-dir $(BUILD) --output-on-failure -j $(TEST_JOBS)

check:  ## formatting, and the rooms without libtorch with warnings as errors, with their tests
	@scripts/setup --format
	@scripts/format --check
	@cmake --preset dev --log-level=WARNING
	@cmake --build --preset dev-plain
	@ctest --preset dev-plain -j $(TEST_JOBS)

sanitize:  ## the tests of the rooms without libtorch under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/setup
	@cmake --preset sanitize --log-level=WARNING
	@cmake --build --preset sanitize-plain
	@ctest --preset sanitize-plain -j $(TEST_JOBS)

install: build  ## put program, library, CMake package and share folder under PREFIX=/usr/local
	@cmake --install $(BUILD) --prefix "$(abspath $(PREFIX))" | tail -n 1
	@echo "installed under $(abspath $(PREFIX))"

demo:  ## train a small Music Transformer on Bach's chorales and compose: out/
	@scripts/demo --build

results: build  ## repeat or resume every run of docs/lab/music-and-translation.md and images.md and rewrite their tables
	@scripts/results && scripts/image_results

performance: build  ## measure attention beside its rivals and rewrite the tables of docs/lab/attention-speed.md
	@scripts/performance

format:  ## clang-format every source
	@scripts/setup --format
	@scripts/format

tidy:  ## clang-tidy every source
	@scripts/setup --dev
	@scripts/tidy

fuzz:  ## run each libFuzzer target for FUZZ_SECONDS=60
	@scripts/setup --dev
	@scripts/fuzz $(FUZZ_SECONDS)

clean:  ## remove build/ (.venv stays)
	@rm -rf build
