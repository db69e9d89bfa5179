#!/usr/bin/env bash
# The figures of docs/PERFORMANCE.md: release builds, server on one core and load on the other, servers in turn.
# `scripts/bench.sh [figure…]` takes all of them without names; RUNS=1 for a first look (default 5). Reports, and one page
# of all reports that are there, go to target/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/prerequisites.sh

runs=${RUNS:-5}
target=${CARGO_TARGET_DIR:-target}
out=$target/bench
figures=(fanout-1000 fanout-10000 fanout-socketio burst rooms idle handshake latency slow siege reconnect quiz growth
  across across-1000 fanout-nodes rooms-across hundred-thousand)

# compare <title> <peers> <scenario and flags…>
compare() {
  local title=$1 peers=$2
  shift 2
  "$target/release/schoolbell-load" compare --binary "$target/release/schoolbell" --title "$title" \
    --json "$out/$figure.json" --peers "$peers" --runs "$runs" "$@"
}

# Socket.IO at a rate that it can keep up with: an overloaded server has no latency to compare.
take() {
  case $1 in
    fanout-1000) compare "One channel, 1,000 subscribers" schoolbell,floor fanout --connections 1000 ;;
    fanout-10000) compare "One channel, 10,000 subscribers" schoolbell,floor fanout --connections 10000 ;;
    fanout-socketio) compare "One channel, 1,000 subscribers, beside Socket.IO" schoolbell,socketio fanout --rate 50000 ;;
    burst) compare "Twenty messages at once for each connection" schoolbell,floor burst ;;
    rooms) compare "Three hundred classes of thirty" schoolbell,floor rooms ;;
    idle) compare "Idle connections" schoolbell idle ;;
    handshake) compare "New connections" schoolbell handshake ;;
    latency) compare "A channel of 1,000 at half the load" schoolbell latency ;;
    slow) compare "Readers that stall" schoolbell slow ;;
    siege) compare "Fifteen thousand attackers" schoolbell siege ;;
    reconnect) compare "Everybody comes back" schoolbell reconnect ;;
    quiz) compare "One quiz with 5,000 players" schoolbell quiz ;;
    across) compare "From one node to another over Redis, at half the load" schoolbell across ;;
    across-1000) compare "The same for one channel of 1,000" schoolbell across --channels 1 --members 1000 ;;
    fanout-nodes) compare "Two nodes over Redis, beside Socket.IO" schoolbell,socketio fanout --nodes 2 --rate 50000 ;;
    # Every message costs all three nodes and Redis: more than the server's core, so the kernel spreads all processes.
    rooms-across) compare "Small rooms over three nodes" schoolbell rooms-across --server-core none --load-core none ;;
    hundred-thousand) compare "100,000 connections over six processes" schoolbell hundred-thousand ;;
    growth) compare "Growth" schoolbell,floor growth --connections 100,1000,10000,19000 ;;
    *) fail "there is no figure $1; there are: ${figures[*]}" ;;
  esac
}

[ $# -gt 0 ] || set -- "${figures[@]}"
for figure in "$@"; do
  case " ${figures[*]} " in *" $figure "*) ;; *) fail "there is no figure $figure; there are: ${figures[*]}" ;; esac
done
need_rust
echo "building the release binaries"
cargo build --locked --release -p schoolbell-gateway -p schoolbell-load-tests --bins
mkdir -p "$out"

for figure in "$@"; do
  case $figure in
    fanout-socketio | fanout-nodes)
      command -v node >/dev/null || { echo "skipped $figure: it needs Node.js (nodejs.org)"; continue; } ;;
  esac
  case $figure in
    fanout-socketio | fanout-nodes | across* | rooms-across | hundred-thousand)
      command -v redis-server >/dev/null || { echo "skipped $figure: it needs redis-server (Debian: apt-get install redis-server)"; continue; } ;;
  esac
  printf '\n=== %s\n' "$figure"
  take "$figure"
done

reports=()
for figure in "${figures[@]}"; do
  if [ -f "$out/$figure.json" ]; then reports+=("$out/$figure.json"); fi
done
"$target/release/schoolbell-load" report --html "$out/report.html" "${reports[@]}"
echo "the page of all reports: $out/report.html"
