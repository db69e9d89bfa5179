#!/usr/bin/env bash
# Drives a running server with the public SDKs of its protocol: `centrifuge` from npm and `centrifuge-python` from PyPI.
#   gateway/tests/sdk/run.sh                                      both
#   gateway/tests/sdk/run.sh js --test-name-pattern='since'       one, with arguments for node's test runner
#   gateway/tests/sdk/run.sh python -k recovery                   one, with arguments for unittest
# SDK_SERVER and SDK_CONFIG name another server binary and another configuration. With SDK_OVER=redis the servers keep what
# is live in a Redis that is started for them.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. scripts/prerequisites.sh

only=all
case ${1:-} in
  js | python)
    only=$1
    shift
    ;;
  "") ;;
  *) fail "usage: gateway/tests/sdk/run.sh [js|python [arguments of the test runner]]" ;;
esac

here=gateway/tests/sdk
target=${CARGO_TARGET_DIR:-target}
cache=$target/sdk-tests
server=${SDK_SERVER:-$target/debug/schoolbell}
config=${SDK_CONFIG:-deploy/examples/sdk-conformance.toml}
run=""
servers=()

# A variable of somebody's shell must not change what is tested.
for variable in "${!SCHOOLBELL_@}"; do unset "$variable"; done

install_js() {
  local installed_from=$here/js/node_modules/.installed-from-lock.json
  if cmp -s "$here/js/package-lock.json" "$installed_from"; then return; fi
  echo "installing the JavaScript SDK"
  # Nothing of what is installed needs to run anything for that.
  (cd "$here/js" && npm ci --no-audit --no-fund --ignore-scripts) || fail "npm ci in $here/js failed"
  cp "$here/js/package-lock.json" "$installed_from"
}

stop_servers() {
  local process
  for process in "${servers[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${servers[@]}"; do wait "$process" 2>/dev/null || true; done
  if [ -n "$run" ]; then rm -rf "$run"; fi
}

# Starts a Redis on a free port, sets `redis`.
start_redis() {
  local tries port
  command -v redis-server >/dev/null || fail "redis-server is missing; install it (Debian: apt-get install redis-server)"
  for tries in {1..20}; do
    port=$((16000 + RANDOM % 14000))
    redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$run" >"$run/redis.log" 2>&1 &
    sleep 0.3
    # Another one may have the port; then ours has ended.
    if kill -0 "$!" 2>/dev/null && redis-cli -p "$port" ping >/dev/null 2>&1; then
      servers+=("$!")
      redis=redis://127.0.0.1:$port
      return
    fi
    kill "$!" 2>/dev/null || true
  done
  fail "no Redis could be started"
}

# start <name> [VARIABLE=value…]: starts a server on a free port, sets `address`.
start() {
  local name=$1 log=$run/$1.log tries
  shift
  # Here and not by the child, which may come later than the first look into it.
  : >"$log"
  if [ -n "$redis" ]; then
    # A prefix of its own: they are three installations and not three nodes.
    set -- "$@" "SCHOOLBELL_REDIS_URL=$redis" "SCHOOLBELL_REDIS__PREFIX=$name"
  fi
  env "$@" "$server" serve --config "$config" --data-dir "$run/$name" --listen 127.0.0.1:0 >"$log" 2>&1 &
  servers+=("$!")
  for tries in {1..300}; do
    address=$(sed -n 's/^ *Schoolbell is running at //p' "$log")
    if [ -n "$address" ]; then return; fi
    kill -0 "${servers[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  cat "$log" >&2
  fail "the $name server did not start"
}

if [ "$only" != python ]; then need_node; fi
if [ "$only" != js ]; then need_python; fi
[ -x "$server" ] || fail "$server is missing; build it: cargo build -p schoolbell-gateway"
[ -f "$config" ] || fail "$config is missing"
mkdir -p "$cache"
if [ "$only" != python ]; then install_js; fi
if [ "$only" != js ]; then install_python_packages "$cache/venv" "$here/python/requirements.txt"; fi

# Data and logs of this run alone: another one may be going on beside it.
run=$(mktemp -d)
trap stop_servers EXIT
redis=""
if [ "${SDK_OVER:-}" = redis ]; then start_redis; fi
strict=SCHOOLBELL_INSECURE__CLIENTS=false
start open
export SDK_OPEN=$address
start strict "$strict"
export SDK_STRICT=$address
# The numbers are also in limits.test.mjs and test_limits.py.
start tight "$strict" SCHOOLBELL_CLIENT__PING_INTERVAL_S=2 SCHOOLBELL_CLIENT__PONG_TIMEOUT_S=1 \
  SCHOOLBELL_LIMITS__CONNECTIONS_PER_USER=2 SCHOOLBELL_LIMITS__SUBSCRIPTIONS=5 \
  SCHOOLBELL_LIMITS__COMMANDS_PER_SECOND=5 SCHOOLBELL_LIMITS__COMMANDS_BURST=30
export SDK_TIGHT=$address

failed=()
# What failed is named by the test runners, at their end.
if [ "$only" != python ]; then
  (cd "$here/js" && node --test --test-reporter=spec --test-concurrency=4 "$@") || failed+=(JavaScript)
fi
if [ "$only" != js ]; then
  (export PYTHONDONTWRITEBYTECODE=1 && "$cache/venv/bin/python" "$here/python/run.py" "$@") || failed+=(Python)
fi
for process in "${servers[@]}"; do
  kill -0 "$process" 2>/dev/null || failed+=("a server, which died")
done
if [ "${#failed[@]}" -gt 0 ]; then
  cp "$run"/*.log "$cache"
  printf 'FAILED: %s; the servers wrote to %s/*.log\n' "$(IFS=,; echo "${failed[*]}")" "$cache" >&2
  exit 1
fi
