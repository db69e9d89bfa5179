#!/usr/bin/env bash
# One game with many players against a release build of the server on this machine: server on one core, players on the
# other. Ends what it starts. `scripts/bench.sh [players] [questions] [runs]`
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

players=${1:-5000}
questions=${2:-5}
runs=${3:-5}
address=127.0.0.1:8391

need_rust
echo "building the release binaries"
cargo build --locked --release -p schoolbell-gateway --bin schoolbell --example quiz_battle
target=${CARGO_TARGET_DIR:-target}/release

# A socket for each player on either side, and some to spare.
ulimit -n "$((players * 2 + 1000))" 2>/dev/null || ulimit -n "$(ulimit -Hn)"
# Prefixes, not functions: the process id must be the server's own.
server_core=() player_core=()
if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
  server_core=(taskset -c 0)
  player_core=(taskset -c 1)
fi

for run in $(seq "$runs"); do
  data=$(mktemp -d)
  "${server_core[@]}" "$target/schoolbell" serve --demo --listen "$address" --data-dir "$data" >"$data/log" 2>&1 &
  server=$!
  trap 'kill "$server" 2>/dev/null; rm -rf "$data"' EXIT
  until (exec 3<>"/dev/tcp/${address/://}") 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$data/log"; exit 1; }
    sleep 0.2
  done
  printf '\n=== run %s of %s\n' "$run" "$runs"
  "${player_core[@]}" "$target/examples/quiz_battle" --server "$address" --players "$players" --questions "$questions" --pid "$server"
  kill "$server"
  wait "$server" 2>/dev/null || true
  rm -rf "$data"
done
trap - EXIT
