# Two commands: `make run` and `make test`. The others are parts of them.
# ARGS goes to the server: make run ARGS="--listen 0.0.0.0:9000". To the bench it names figures: make bench ARGS="burst idle"

.PHONY: help run test lint bench chaos fuzz fmt clean-data

help:
	@echo "make run         build the web app and the server, start them with a demo school"
	@echo "make test        everything that must be green: formatting, lints, Rust, web and browser tests"
	@echo "make lint        the first part of it: formatting, lints and types"
	@echo "make bench       every figure of docs/PERFORMANCE.md, five runs each: over an hour (RUNS=1 for a first look)"
	@echo "make chaos       nodes and Redis are killed, stopped and cut off while clients watch; their histories are judged"
	@echo "make fuzz        every decoder for a minute each, with a nightly toolchain; see fuzz/README.md"
	@echo "make fmt         format the Rust code"
	@echo "make clean-data  throw away ./data, the demo's database and secrets"

run:
	@scripts/run.sh $(ARGS)

test:
	@scripts/test.sh

lint:
	@scripts/test.sh lint

bench:
	@scripts/bench.sh $(ARGS)

chaos:
	@scripts/chaos.sh $(ARGS)

fuzz:
	@scripts/fuzz.sh $(ARGS)

fmt:
	cargo fmt --all

clean-data:
	rm -rf data
