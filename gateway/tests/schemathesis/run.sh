#!/usr/bin/env bash
# Asks a running server all that the API's description allows and forbids, as an admin, a teacher and a student of a demo
# school, with schemathesis from PyPI: whatever it answers must be described, and nothing may make it fail.
#   gateway/tests/schemathesis/run.sh                                               the three of them
#   gateway/tests/schemathesis/run.sh teacher --include-operation-id enter_scores   one, with arguments for schemathesis
# SCHEMATHESIS_SERVER names another server binary.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. scripts/prerequisites.sh

here=gateway/tests/schemathesis
target=${CARGO_TARGET_DIR:-target}
cache=$target/schemathesis
server=${SCHEMATHESIS_SERVER:-$target/debug/schoolbell}
# The demo's school, as in server.toml, and somebody new in it.
school=5c8001be-11de-8000-8000-000000000000
api_key=for-tests-of-the-description-alone
admin=5c8001be-11de-8000-8000-0000000000ad
roles=(admin teacher student)
case ${1:-} in
  admin | teacher | student)
    roles=("$1")
    shift
    ;;
  "") ;;
  *) fail "usage: gateway/tests/schemathesis/run.sh [admin|teacher|student [arguments of schemathesis]]" ;;
esac

# A variable of somebody's shell must not change what is tested.
for variable in "${!SCHOOLBELL_@}" "${!SCHEMATHESIS_@}"; do unset "$variable"; done

need_python
[ -x "$server" ] || fail "$server is missing; build it: cargo build -p schoolbell-gateway"
install_python_packages "$cache/venv" "$here/requirements.txt"

run=$(mktemp -d)
process=""
stop() {
  if [ -n "$process" ]; then
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  fi
  rm -rf "$run"
}
trap stop EXIT

"$server" serve --config "$here/server.toml" --demo --data-dir "$run/data" --listen 127.0.0.1:0 >"$run/server.log" 2>&1 &
process=$!
address=""
for _ in {1..300}; do
  address=$(sed -n 's/^ *Schoolbell is running at //p' "$run/server.log")
  if [ -n "$address" ]; then break; fi
  kill -0 "$process" 2>/dev/null || break
  sleep 0.1
done
if [ -z "$address" ]; then
  cat "$run/server.log" >&2
  fail "the server did not start"
fi
# token <role>
token() {
  case $1 in
    admin) "$server" token --data-dir "$run/data" --sub "$admin" --role school_admin --school "$school" ;;
    *) of_world "$1" ;;
  esac
}
of_world() { "$cache/venv/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["tokens"][sys.argv[2]])' "$run/world.json" "$1"; }
admin_token=$(token admin) || fail "there is no token for the admin"
"$cache/venv/bin/python" "$here/world.py" "$address" "$admin_token" >"$run/world.json" || fail "the school could not be filled"

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here SCHEMATHESIS_HOOKS=hooks SCHEMATHESIS_WORLD=$run/world.json
failed=()
for role in "${roles[@]}"; do
  echo "as $role"
  SCHEMATHESIS_TOKEN=$(token "$role") || fail "there is no token for the $role"
  export SCHEMATHESIS_TOKEN
  "$cache/venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$address/api/v1/openapi.json" \
    --header "Authorization: Bearer $SCHEMATHESIS_TOKEN" --header "X-API-Key: $api_key" "$@" || failed+=("$role")
done
kill -0 "$process" 2>/dev/null || failed+=("the server, which died")
if [ "${#failed[@]}" -gt 0 ]; then
  cp "$run/server.log" "$cache"
  printf 'FAILED: as %s; the server wrote to %s/server.log\n' "$(IFS=,; echo "${failed[*]}")" "$cache" >&2
  exit 1
fi
