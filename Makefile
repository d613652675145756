# The project's commands; `make help` lists them. `.ci/setup` installs what each needs.
# Written for GNU make 3.81 (macOS) and newer.

.DEFAULT_GOAL := help
.PHONY: help setup run watch build check test test-clients conformance bench bench-gateway bench-instance mutants fuzz clean

# What .ci/setup installs goes before all else. Recipes say `cargo-leptos`, not `cargo leptos`,
# because rustup and cargo may look into their own folder of programs first.
export TOOLS_DIR := $(or $(TOOLS_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/gatehouse/tools)
export PATH := $(TOOLS_DIR)/bin:$(CURDIR)/end2end/node_modules/.bin:$(PATH)

server := --no-default-features --features ssr
browser := --no-default-features --features hydrate --lib --target wasm32-unknown-unknown \
	--target-dir "$(or $(CARGO_TARGET_DIR),target)/front"

# The flags and the name that cargo-leptos gives to its development builds. Plain cargo gets the same,
# or it would build every crate a second time.
cfg := --cfg erase_components
dev := LEPTOS_OUTPUT_NAME=gatehouse RUSTFLAGS='$(strip $(RUSTFLAGS) $(cfg))'

# The test-only server that is compared with Clerk's own SDK, and the comparison.
conformance := --no-default-features --features conformance
conformance_build := @$(dev) .ci/step 'conformance server' cargo build --locked $(conformance) --bin conformance-server
compare := CONFORMANCE_SERVER='$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/conformance-server' \
	.ci/step 'comparison with the SDK' node end2end/conformance/run.mjs

# Release builds keep their own site folder: development servers and the browser tests use target/site.
release_site := target/site-release
release := LEPTOS_SITE_ROOT=$(release_site)
release_build := @$(release) .ci/step 'release build' cargo-leptos build --release --precompress

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s  %s\n", $$1, $$2 }' Makefile

setup: ## Install all that run, check and test need
	@.ci/setup run check test

run: ## Install what is missing, then serve http://localhost:3000
	@.ci/setup run && exec cargo-leptos serve

watch: ## As run, but rebuild and reload on every change
	@.ci/setup run && exec cargo-leptos watch

build: ## Build for production: target/release/gatehouse and target/site-release
	@.ci/step 'setup' .ci/setup run
	$(release_build)

check: ## Check format, lints, documentation, layout rules and the size of the WebAssembly
	@.ci/step 'setup' .ci/setup check
	@.ci/step 'format' cargo fmt --check
	@.ci/step 'types of the browser tests' tsc --noEmit --project end2end
	@$(dev) .ci/step 'clippy, server' cargo clippy --locked $(conformance) --all-targets -- -D warnings
	@$(dev) .ci/step 'clippy, browser' cargo clippy $(browser) -- -D warnings
	@$(dev) RUSTDOCFLAGS='-D warnings $(cfg)' .ci/step 'documentation' cargo doc $(server) --no-deps --document-private-items
	@$(dev) .ci/step 'layout rules' cargo test $(server) --test integration tidy
	@$(release) .ci/step 'release WebAssembly' cargo-leptos build --release --frontend-only
	@.ci/step 'byte budget' node end2end/wasm-budget.mjs $(release_site)/pkg

test: ## Run all tests: unit, documentation, integration, against Clerk's SDK, browser
	@.ci/step 'setup' .ci/setup test
	@$(dev) RUSTDOCFLAGS='$(cfg)' .ci/step 'unit and integration tests' cargo test $(server) --no-fail-fast
	$(conformance_build)
	@$(compare)
	@.ci/step 'development build' cargo-leptos build
	@chromium=$$(.ci/chromium) && cd end2end && \
		CHROMIUM_PATH=$$chromium ../.ci/step 'browser tests' playwright test

test-clients: ## Run small apps on Clerk's own packages against the embedded Clerk
	@.ci/step 'setup' .ci/setup test clients
	@.ci/step 'development build' cargo-leptos build
	@chromium=$$(.ci/chromium) && CHROMIUM_PATH=$$chromium .ci/step "Clerk's packages" node end2end/clients/run.mjs

conformance: ## Compare 5000 random requests with Clerk's own SDK
	@.ci/step 'setup' .ci/setup test
	$(conformance_build)
	@$(compare) --seed random

bench: ## Measure verification, size, start, load and memory of a release build
	@.ci/step 'setup' .ci/setup bench
	@.ci/step 'verification' cargo bench $(server) --bench verification
	$(release_build)
	@.ci/step 'byte budget' node end2end/wasm-budget.mjs $(release_site)/pkg
	@$(release) .ci/step 'load' node benches/load.mjs
	@chromium=$$(.ci/chromium) && cd end2end && $(release) MAX_PAINT_MS=200 CHROMIUM_PATH=$$chromium \
		GATEHOUSE_BIN='$(or $(CARGO_TARGET_DIR),target)/release/gatehouse' \
		../.ci/step 'largest paint' playwright test paint --project scripts-on --workers 1

# Only the server: the gateway has no browser part.
bench-gateway: ## Measure the gateway next to HAProxy, on a release build
	@.ci/step 'setup' .ci/setup bench-gateway
	@.ci/step 'release build, server' cargo build --release --locked $(server) --bin gatehouse
	@.ci/step 'gateway' node benches/gateway.mjs

bench-instance: ## Measure the embedded Clerk: tokens, signing in with 100 000 users, every other call
	@.ci/step 'setup' .ci/setup run
	@.ci/step 'instance' cargo bench --locked $(server) --bench instance

mutants: ## Change src/jwt in every small way and see that the tests notice (an hour)
	@.ci/step 'setup' .ci/setup mutants
	@.ci/step 'mutants' .ci/mutants

fuzz: ## Fuzz project files, paths and tokens, each for FUZZ_SECONDS (300)
	@.ci/step 'setup' .ci/setup fuzz
	@.ci/step 'fuzzing' .ci/fuzz

clean: ## Delete what was built; installed tools and npm packages stay
	cargo clean
	rm -rf target/site $(release_site) end2end/test-results end2end/playwright-report
