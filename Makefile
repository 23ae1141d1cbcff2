# Innkeeper. `make run` builds everything and runs it; `make test` runs all tests; `make help` lists the rest.

GO       ?= go
export CGO_ENABLED := 0
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
BUNDLED  := adapters/bundled/wasm
GUESTS   := ./adapters/... ./cmd/bench/guest ./cmd/bench/sqlops
AS_GUEST := GOOS=wasip1 GOARCH=wasm
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# One of each operating system and architecture is enough to see that everything builds; dist builds all.
CROSS     := linux/arm64 darwin/arm64 windows/amd64

.PHONY: build bundled examples run test race check fmt-check vet staticcheck imports-check generate generated-check cross-check tidy-check \
	clean-tree bench soak cost faults fuzz clients dist clean help

build: bundled ## build the bundled adapters and bin/innkeeper
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/innkeeper ./cmd/innkeeper

# A module is compiled for wasip1 and gets its manifest as a custom section. The Go build cache makes a second run cheap.
bundled: $(BUNDLED)/api_server.wasm ## build the bundled adapters only

$(BUNDLED)/api_server.wasm: FORCE
	@mkdir -p bin
	$(AS_GUEST) $(GO) build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/api_server.wasm ./adapters/apiserver
	$(GO) run ./cmd/innkeeper pack -o $@ bin/api_server.wasm adapters/apiserver/manifest.toml

examples: ## build the example adapter, bin/hello.wasm
	@mkdir -p bin
	$(AS_GUEST) $(GO) build -trimpath -ldflags '-s -w' -o bin/hello.raw.wasm ./adapters/hello
	$(GO) run ./cmd/innkeeper pack -o bin/hello.wasm bin/hello.raw.wasm adapters/hello/manifest.toml

run: build ## build, write innkeeper.toml with a random key if there is none, and run
	@bin/innkeeper run --init

# A package that needs longer than this on two cores hangs.
test: bundled ## run all tests
	$(GO) test -timeout 3m ./...

race: bundled ## run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

check: fmt-check vet staticcheck imports-check generated-check tidy-check cross-check clean-tree ## everything that needs no test run

fmt-check:
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi

# What runs in the sandbox is looked at as it is built: build constraints hide it from the host.
vet:
	$(GO) vet ./...
	$(AS_GUEST) $(GO) vet $(GUESTS)

staticcheck:
	GOBIN=$(CURDIR)/bin $(GO) install $(STATICCHECK)
	bin/staticcheck ./...
	$(AS_GUEST) bin/staticcheck $(GUESTS)

imports-check:
	$(GO) test -count=1 -run TestImportRules ./cmd/innkeeper

generate: ## write what follows from the ABI table
	$(GO) generate ./adapters/abi

generated-check: generate
	@if [ -n "$$(git status --porcelain ABI.md adapters/abi adapters/sdk hostfuncs)" ]; then \
		echo "generated files are not up to date: run make generate and commit"; git status --short; exit 1; fi

tidy-check:
	$(GO) mod tidy -diff
	$(GO) mod verify

cross-check:
	@for p in $(CROSS); do echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null ./cmd/innkeeper || exit 1; done

clean-tree:
	@if [ -n "$$(git status --porcelain)" ]; then echo "the tree is not clean:"; git status --short; exit 1; fi

bench: build ## measure, and print one table of ratios
	$(GO) run ./cmd/bench

soak: build ## 10,000 cycles of every teardown path, and 72 hand-overs under load; print the tables
	$(GO) test -v -count=1 -timeout 60m -run TestSoak ./cmd/internal/gateway -args -cycles 10000
	$(GO) test -v -count=1 -timeout 60m -run TestHandoverUnderLoad ./cmd/internal/gateway -args -handovers 24

cost: ## count the steps of every test of cost, for inputs that double
	$(GO) test -count=1 -timeout 30m -run TestSteps ./runtime/costtest -args -steps

# Without root the disks and the group with little memory are skipped, and said to be.
faults: bundled ## fail every operation of the host in turn, and try the real process on a machine in trouble
	$(GO) test -v -count=1 -timeout 30m -run TestEveryHostOperationMayFail ./cmd/internal/gateway -args -faults
	$(GO) test -v -count=1 -timeout 30m -run TestEveryFileOperationMayFail ./hostfuncs/sqlitefn -args -faults
	$(GO) test -v -count=1 -timeout 30m ./cmd/internal/machinefaults -args -machine full

fuzz: ## run every fuzz target for a short while
	.ci/fuzz

clients: build ## run the official clients against the binary (needs Node)
	.ci/clients

dist: bundled ## cross-build with checksums into dist/
	@rm -rf dist && mkdir -p dist
	@for p in $(PLATFORMS); do \
		name=innkeeper-$(VERSION)-$${p%/*}-$${p#*/}; case $$p in windows/*) ext=.exe;; *) ext=;; esac; \
		echo "$$name$$ext"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o dist/$$name$$ext ./cmd/innkeeper || exit 1; \
	done
	@cd dist && sha256sum innkeeper-* > SHA256SUMS && cat SHA256SUMS

clean: ## remove what was built
	rm -rf bin dist $(BUNDLED)/*.wasm

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' Makefile

FORCE:
