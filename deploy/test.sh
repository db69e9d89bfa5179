#!/usr/bin/env bash
# Starts a Redis and three nodes on free ports, and runs deploy/test-haproxy.sh before them. Needs redis-server and HAProxy.
#   deploy/test.sh [binary]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

binary=${1:-${CARGO_TARGET_DIR:-target}/debug/schoolbell}
[ -x "$binary" ] || fail "$binary is not there; cargo build -p schoolbell-gateway makes it"

run=$(mktemp -d)
processes=()
stop_all() {
  local process
  for process in "${processes[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
  for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
  rm -rf "$run"
}
trap stop_all EXIT

answers() { [ "$(curl -s -o /dev/null -w '%{http_code}' "http://$1")" = 200 ]; }

# until_true <seconds> <what> <command…>
until_true() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      tail -n 5 "$run"/*.log >&2
      fail "$what"
    fi
    sleep 0.1
  done
}

# A port where nobody listens, below those that the system gives to clients.
pick_port() {
  local tries
  for tries in {1..100}; do
    port=$((16000 + RANDOM % 14000))
    if ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
  done
  fail "no free port in $tries tries"
}

for variable in "${!SCHOOLBELL_@}"; do unset "$variable"; done

pick_port
redis=$port
redis-server --port "$redis" --bind 127.0.0.1 --save '' --dir "$run" >"$run/redis.log" 2>&1 &
processes+=("$!")
until_true 10 "Redis does not start" redis-cli -p "$redis" ping >/dev/null

cat >"$run/schoolbell.toml" <<TOML
redis_url = "redis://127.0.0.1:$redis"
data_dir = "$run/data"
api_keys = [{ name = "test", key = "a key for the test of the load balancer", school = "0198a000-0000-7000-8000-000000000001" }]
TOML
nodes=()
for _ in 1 2 3; do
  pick_port
  "$binary" --config "$run/schoolbell.toml" serve --listen "127.0.0.1:$port" >"$run/$port.log" 2>&1 &
  processes+=("$!")
  nodes+=("127.0.0.1:$port")
done
for node in "${nodes[@]}"; do until_true 20 "node $node is not ready" answers "$node/ready"; done

NODE_3_PID=${processes[-1]} deploy/test-haproxy.sh "${nodes[@]}"
