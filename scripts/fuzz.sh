#!/usr/bin/env bash
# Fuzzes each decoder; what is found goes to fuzz/corpus and fuzz/artifacts. `scripts/fuzz.sh [seconds for each]`
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

seconds=${1:-60}
need_rust
cargo +nightly --version >/dev/null 2>&1 || fail "a nightly toolchain is missing; run: rustup toolchain install nightly"
cargo fuzz --version >/dev/null 2>&1 || fail "cargo-fuzz is missing; run: cargo install cargo-fuzz"
for target in $(cargo +nightly fuzz list --fuzz-dir fuzz); do
  printf '\n=== %s\n' "$target"
  cargo +nightly fuzz run --fuzz-dir fuzz "$target" -- -max_total_time="$seconds" -max_len=4096
done
