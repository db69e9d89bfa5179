#!/usr/bin/env bash
# Everything that must be green, cheap checks first; stops at the first failing step with its name.
# `scripts/test.sh lint` runs only formatting, lints and types.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

only=${1:-all}
logs=${CARGO_TARGET_DIR:-target}/test-logs
summary=""
number=0

took() { printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); }

# step <name> <command…>: runs it with a header, keeps its output in a log, and names it if it fails.
step() {
  local name=$1 began=$SECONDS
  shift
  number=$((number + 1))
  printf '\n=== %d. %s\n' "$number" "$name"
  local log
  log=$logs/$(printf '%02d' "$number")-${name//[^a-z]/-}.log
  if "$@" 2>&1 | tee "$log"; then
    summary+=$(printf '%-28s %s' "$name" "$(took $((SECONDS - began)))")$'\n'
  else
    printf '\nFAILED: %s, after %s (output in %s)\n' "$name" "$(took $((SECONDS - began)))" "$log" >&2
    exit 1
  fi
}

in_web() { (cd web && "$@"); }

# Adds up what the test runners printed: "12 passed; 0 failed" (cargo), "Tests  12 passed" (vitest), "pass 12" (node, and
# the runner of the SDK tests for Python).
count_tests() {
  sed 's/\x1b\[[0-9;]*m//g' "$logs"/*.log | awk '
    /^test result:/ { passed += $4; failed += $6 }
    /^ *Tests +/ { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) passed += $(i - 1); if ($i ~ /^failed/) failed += $(i - 1) } }
    /^[^ ]+ pass [0-9]+$/ { passed += $3 }
    /^[^ ]+ fail [0-9]+$/ { failed += $3 }
    END { printf "%d passed, %d failed\n", passed, failed }'
}

need_rust
need_rust_components
need_node
if [ "$only" = all ]; then
  need_chromium
  need_servers
fi
rm -rf "$logs"
mkdir -p "$logs"

step "web packages" install_web_packages
step "rust format" cargo fmt --all --check
step "web types and lints" in_web npm run --silent check
if [ "$only" = all ]; then
  step "web tests" in_web npm test --silent
  # Before the Rust steps: the server embeds what this builds.
  step "web build" in_web npm run --silent build
  step "web size budget" in_web npm run --silent budget
fi
step "rust lints" cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
if [ "$only" = all ]; then
  step "rust tests" cargo test --locked --workspace --all-features
  step "server build" cargo build --locked -p schoolbell-gateway -p schoolbell-load-tests --bins
  step "load balancer" deploy/test.sh
  step "chaos" scripts/chaos.sh --short --bins "${CARGO_TARGET_DIR:-target}/debug"
  step "api description" gateway/tests/schemathesis/run.sh
  step "client SDKs" gateway/tests/sdk/run.sh
  step "client SDKs over Redis" env SDK_OVER=redis gateway/tests/sdk/run.sh
  step "browser test" in_web npm run --silent e2e
fi

printf '\n%stotal %s\n' "$summary" "$(took "$SECONDS")"
if [ "$only" = all ]; then count_tests; fi
