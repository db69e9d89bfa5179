#!/usr/bin/env bash
# Real nodes over a real Redis, something that goes wrong, and a judgement of what clients saw.
#   scripts/chaos.sh [trial…]                         the full form, with release builds: some ten minutes for all
#   scripts/chaos.sh --short --bins FOLDER [trial…]   a few seconds each, with the binaries of that folder; for make test
# SEED=1 repeats a run. A table at the end; reports in JSON go to target/chaos. Fails if a promise was broken.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

trials=(r1 r2 r3 r4 r5 f1 f2 f3 f4 f5 f6 w2)
target=${CARGO_TARGET_DIR:-target}
form=()
bins=""
while [ $# -gt 0 ]; do
  case $1 in
    --short) form=(--short) ;;
    --bins) bins=${2:?--bins needs a folder} && shift ;;
    -*) fail "chaos.sh knows --short and --bins, not $1" ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || set -- "${trials[@]}"
for trial in "$@"; do
  case " ${trials[*]} " in *" $trial "*) ;; *) fail "there is no trial $trial; there are: ${trials[*]}" ;; esac
done
command -v redis-server >/dev/null || fail "redis-server is missing; install it (Debian: apt-get install redis-server)"

if [ -z "$bins" ]; then
  need_rust
  echo "building the release binaries"
  cargo build --locked --release -p schoolbell-gateway -p schoolbell-load-tests --bins
  bins=$target/release
fi
# Many thousands of clients are one process here.
ulimit -n "$(ulimit -Hn)"
out=$target/chaos
mkdir -p "$out"
seed=()
[ -z "${SEED:-}" ] || seed=(--seed "$SEED")

table=""
broken=0
for trial in "$@"; do
  echo "playing $trial"
  if said=$("$bins/schoolbell-load" --binary "$bins/schoolbell" --json "$out/$trial.json" chaos "$trial" \
    ${form[@]+"${form[@]}"} ${seed[@]+"${seed[@]}"} 2>"$out/$trial.log"); then
    table+=$said$'\n'
  else
    broken=$((broken + 1))
    # One that could not be finished has said nothing but why.
    table+=${said:-$trial}$'\n'$(tail -n 1 "$out/$trial.log")$'\n'
  fi
done

printf '\n%s' "$table"
if [ "$broken" -gt 0 ]; then
  printf '\nFAILED: %s of %s trials (output in %s)\n' "$broken" "$#" "$out" >&2
  exit 1
fi
printf '\n%s trials, every promise kept\n' "$#"
