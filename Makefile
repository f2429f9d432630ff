# Developer and operator commands. Docker is not needed; each target installs missing dependencies on first use.

SWIFT_FOLDER := $(shell scripts/find-swift 2>/dev/null)
export PATH := $(if $(SWIFT_FOLDER),$(SWIFT_FOLDER):)$(CURDIR)/.tools/venv/bin:$(PATH)

# Duration of each target of `make fuzz` in seconds.
FUZZ_SECONDS ?= 600

# Number of page views of `make leaves`.
LEAVES_VIEWS ?= 1000

# Number of rounds of `make chaos` on each store.
CHAOS_ROUNDS ?= 100

# Install prefix of `make install`; packagers prepend DESTDIR. BINARY is the file to install.
PREFIX ?= /usr/local
DESTDIR ?=
BINARY ?= .build/release/collector
INSTALL_ROOT = $(DESTDIR)$(PREFIX)
INSTALLED = bin/collector share/man/man1/collector.1 share/bash-completion/completions/collector \
	share/zsh/site-functions/_collector share/fish/vendor_completions.d/collector.fish lib/systemd/system/collector.service

.DEFAULT_GOAL := help
.PHONY: help run install uninstall build assets setup edit check test-swift test-browser test-distributed image test test-long lint format fuzz tsan
.PHONY: bench bench-insight bench-page bench-rollups bench-tracker chaos leaves soak vitals hooks clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

run: build ## Start the server with SQLite at http://localhost:5000 (reads HOST, PORT, DB_URL and other settings)
	@exec .build/release/collector serve

build: assets ## Build the release binary, .build/release/collector
	@swift build --configuration release --product collector --static-swift-stdlib

.build/release/collector:
	@$(MAKE) --no-print-directory build

install: $(BINARY) ## Install binary, man page, completions and systemd unit below PREFIX (default /usr/local)
	@install -d $(addprefix $(INSTALL_ROOT)/,$(sort $(dir $(INSTALLED))))
	@install -m 0755 $(BINARY) $(INSTALL_ROOT)/bin/collector
	@$(BINARY) help --man >$(INSTALL_ROOT)/share/man/man1/collector.1
	@$(BINARY) completions bash >$(INSTALL_ROOT)/share/bash-completion/completions/collector
	@$(BINARY) completions zsh >$(INSTALL_ROOT)/share/zsh/site-functions/_collector
	@$(BINARY) completions fish >$(INSTALL_ROOT)/share/fish/vendor_completions.d/collector.fish
	@sed 's|@BINDIR@|$(PREFIX)/bin|' packaging/collector.service >$(INSTALL_ROOT)/lib/systemd/system/collector.service
	@echo "Installed below $(INSTALL_ROOT)"

uninstall: ## Remove the files installed by `make install`; data stays
	@rm -f $(addprefix $(INSTALL_ROOT)/,$(INSTALLED))

assets: setup ## Bundle, compress and embed the page files
	@scripts/build-web

setup: ## Install the build dependencies
	@scripts/setup build

edit: setup ## Serve the pages from Web/ at http://localhost:5000; reload to see an edit (reads PORT)
	@scripts/edit

check: ## Check format, lint and types, and run the tests that need no database or server
	@scripts/setup build lint
	@scripts/test lint web unit

test-swift: setup ## Run the Swift tests whose names match FILTER
	@scripts/build-web --fast
	@swift test --disable-xctest --filter '$(or $(FILTER),$(error FILTER is missing: make test-swift FILTER=Router))'

test-browser: build ## Run the browser tests whose names match FILTER, in all browsers or one (ENGINE=chromium)
	@scripts/setup test
	@$(if $(ENGINE),COLLECTOR_TEST_ENGINES=$(ENGINE)) python3 -m pytest -c Tests/browser/pytest.ini --rootdir Tests \
		Tests/browser -q -k '$(or $(FILTER),$(error FILTER is missing: make test-browser FILTER=dashboard))'

test-distributed: setup ## Run the tests of the store on three servers, or on the Citus database in DB_URL, a schema for each test
	@scripts/setup test
	@scripts/build-web --fast
	@COLLECTOR_TEST_DISTRIBUTED='$(or $(DB_URL),servers)' swift test --disable-xctest \
		--filter 'StorageContractTests|DistributedIngestTests'

image: ## Build the container image without a Docker engine, and test its size, start, health check and stop (needs root)
	@scripts/setup image
	@scripts/image

test: ## Install the test dependencies and run all tests
	@scripts/setup build
	@scripts/test

test-long: ## As test, with all engines for page tests, longer fuzzing, and the build stage of the image
	@scripts/setup build
	@COLLECTOR_TEST_LONG=1 scripts/test

lint: ## Check format, lint and types of Swift, JavaScript, Python and shell
	@scripts/setup lint
	@scripts/lint

format: ## Format Swift and page sources
	@scripts/setup lint
	@swift format --in-place --recursive --parallel Sources Tests Package.swift
	@deno fmt --quiet

fuzz: assets ## Fuzz the parsers, FUZZ_SECONDS each (default 600)
	@scripts/fuzz $(FUZZ_SECONDS)

tsan: assets ## Run the tests of concurrent modules with the thread sanitizer
	@scripts/test tsan

bench: build ## Measure throughput, latency and CPU time per request on both stores, compared with nginx and the databases alone
	@scripts/setup bench
	@Benchmarks/run

bench-insight: build ## Fill stores with INSIGHT_EVENTS (default 1 and 10 million) and time each call of the owner's API
	@scripts/setup bench
	@Benchmarks/insight $(if $(INSIGHT_EVENTS),--events $(INSIGHT_EVENTS))

bench-page: build ## Fill a store with PAGE_EVENTS (default 10 million) and time the views of the owner's page in a browser
	@scripts/setup test
	@Benchmarks/page $(if $(PAGE_EVENTS),--events $(PAGE_EVENTS))

soak: build ## Send SOAK_RATE events/s (default 2,000) for SOAK_MINUTES (60) to a store that retention keeps at its size; check every figure
	@scripts/setup bench
	@Benchmarks/soak $(if $(SOAK_MINUTES),--minutes $(SOAK_MINUTES)) $(if $(SOAK_RATE),--rate $(SOAK_RATE))

bench-rollups: build ## Measure the rollup cost of worst-case events from one client
	@scripts/setup bench
	@Benchmarks/rollups

bench-tracker: assets ## Measure the tracker's size and main-thread time (WEB_VITALS and UMAMI: paths of scripts to compare with)
	@scripts/setup test
	@Benchmarks/tracker $(if $(WEB_VITALS),--web-vitals $(WEB_VITALS)) $(if $(UMAMI),--umami $(UMAMI)) $(if $(WEB),--web $(WEB))

chaos: build ## Inject random faults for CHAOS_ROUNDS (default 100) on each store and count lost events (CHAOS_SEED repeats a run)
	@scripts/setup chaos
	@Tests/chaos/run --rounds $(CHAOS_ROUNDS) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))

leaves: build ## Leave LEAVES_VIEWS (default 1000) page views at random moments in a real browser and count complete records
	@scripts/setup test
	@python3 Tests/browser/leaves.py --views $(LEAVES_VIEWS)

vitals: ## Compare the tracker's vitals with the published definitions on fixture pages in real browsers (VITALS="--engine firefox")
	@scripts/setup test
	@Tests/vitals/run $(VITALS)

hooks: ## Install the pre-commit hooks
	@scripts/setup hooks
	@pre-commit install

clean: ## Remove build output; installed tools stay
	@rm -rf .build Sources/C/CAssets/generated Web/dist Tests/browser/screenshots .pytest_cache
