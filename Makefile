# Everything a person does with this repository, as one command each.

# How `make run` builds: release, or dev, which builds sooner and runs slower.
PROFILE ?= release
# Flags for `aiusage serve`, such as ARGS="--listen 127.0.0.1:6000"; for `aiusage demo`, such as
# ARGS="--records 20000".
ARGS ?=
CARGO ?= cargo
# What writes the Rust code of the protos.
GEN_RUST ?= $(CARGO) run --quiet --package gen-rust

target = $(or $(CARGO_TARGET_DIR),target)
built = $(target)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/aiusage
# The clients are tested with this server.
with_server = AIUSAGE_BINARY=$(abspath $(target)/debug/aiusage)

.DEFAULT_GOAL := help
.PHONY: help run dashboard demo test check gen package bench suites python-client node-client in-browser end-to-end

help: ## List these commands
	@echo 'usage: make COMMAND'
	@echo
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{printf "  %-9s %s\n", $$1, $$2}'

run: ## Start the service, with a Postgres of its own; Ctrl-C stops it
	@scripts/postgres-binaries >/dev/null
	@scripts/build-dashboard --if-newer
	@test -x $(built) || echo 'Building aiusage: the first time takes some minutes.'
	@$(CARGO) build --profile $(PROFILE) --bin aiusage
	@exec $(built) serve $(ARGS)

dashboard: ## Build the pages that the service shows in a browser
	@scripts/build-dashboard

demo: ## Fill the service of `make run`, in another terminal, with three months of made-up usage
	@$(CARGO) build --quiet --profile $(PROFILE) --bin aiusage
	@$(built) demo $(ARGS)

test: ## Run every test and check there is, as CI does
	$(call step,format,cargo fmt --all --check)
	$(call step,build,cargo build --workspace --all-targets --all-features)
	$(call step,generated files,scripts/gen-check)
	$(call step,lint,cargo clippy --workspace --all-targets --all-features -- -D warnings)
	$(call step,Rust tests,$(with_server) scripts/with-test-postgres cargo test --workspace --all-features)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target suites
	$(call step,packages,$(with_server) scripts/test-package)
	@echo; echo 'All passed.'

# What meets the service from outside. None of them keeps two cores busy, so two run at a time; what
# one says comes when it is done.
suites: python-client node-client in-browser end-to-end
python-client:
	$(call step,Python client,$(with_server) scripts/test-python)
node-client:
	$(call step,Node client,$(with_server) scripts/test-node)
in-browser:
	$(call step,dashboard,$(with_server) scripts/test-dashboard)
# Uses the Node client.
end-to-end: node-client
	$(call step,end to end,$(with_server) scripts/test-e2e)

check: ## Run what takes a minute: format, lint, unit tests
	$(call step,format,cargo fmt --all --check)
	$(call step,lint,cargo clippy --workspace --all-targets --all-features -- -D warnings)
	$(call step,unit tests,cargo test --workspace --all-features --lib --bins)

gen: ## Write every generated file anew
	$(GEN_RUST)
	scripts/gen-clients
	scripts/gen-demo-tokens
	scripts/gen-catalogue

package: ## Build the wheel, the tarball and the crate of the clients, into target/package
	@scripts/package

bench: ## Measure how fast the service is
	@scripts/bench $(ARGS)

# usage: $(call step,NAME,COMMAND): runs a command, and says how long it took.
define step
@echo; echo '== $(1): $(2)'; begun=$$(date +%s); $(2) && \
	echo "== $(1): $$(($$(date +%s) - begun)) s" || { echo '== $(1): FAILED'; exit 1; }
endef
