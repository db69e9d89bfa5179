#!/usr/bin/env bash
# Runs HAProxy with deploy/haproxy/haproxy.cfg as it is, before three nodes that run already, and looks at what it does.
#   deploy/test-haproxy.sh 127.0.0.1:8001 127.0.0.1:8002 127.0.0.1:8003
# NODE_3_PID, the third node's process, is optional: it is sent SIGTERM at the end, and no request may fail meanwhile.
# HAPROXY names another binary. Needs nothing but bash and HAProxy, and talks to loopback addresses only.
set -euo pipefail
cd "$(dirname "$0")/.."

config=deploy/haproxy/haproxy.cfg
# `inter` and `fastinter` of the configuration, milliseconds, and what a busy machine may add.
interval_ms=1250
slack_ms=1000
# Two for each node. A node closes those that say nothing for 10 s (client.connect_timeout_s), so what is done with them
# must be quick.
websockets=6
requests=30

passed=0
run=""
processes=()
sockets=()

fail() {
  echo "test-haproxy: $*" >&2
  if [ -n "$run" ] && [ -s "$run/balancer.log" ]; then tail -n 20 "$run/balancer.log" >&2; fi
  echo "haproxy fail 1"
  exit 1
}

ok() {
  passed=$((passed + 1))
  echo "ok  $*"
}

stop_all() {
  local process
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  for process in "${processes[@]}"; do wait "$process" 2>/dev/null || true; done
  if [ -n "$run" ]; then rm -rf "$run"; fi
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# pick_port: sets `port` to one where nobody listens, below those that the system gives to clients.
ports=" "
pick_port() {
  local tries
  for tries in {1..100}; do
    port=$((16000 + RANDOM % 14000))
    case $ports in *" $port "*) continue ;; esac
    if (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue; fi
    ports+="$port "
    return
  done
  fail "no free port in $tries tries"
}

# ask <port> <method> <path> [header…]: sets `status` and `answer`, the whole of it. Status 000 is none.
# HTTP/1.0, so that no answer comes in chunks.
ask() {
  local port=$1 method=$2 path=$3 connection
  shift 3
  status=000 answer=""
  if ! exec {connection}<>"/dev/tcp/127.0.0.1/$port"; then return; fi 2>/dev/null
  {
    printf '%s %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\nContent-Length: 0\r\n' "$method" "$path" "$port"
    if [ $# -gt 0 ]; then printf '%s\r\n' "$@"; fi
    printf '\r\n'
  } >&"$connection"
  answer=$(timeout 10 cat <&"$connection" | tr -d '\0\r') || true
  exec {connection}>&-
  if [[ $answer =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]]; then status=${BASH_REMATCH[1]}; fi
}

expect() {
  local wanted=$1
  shift
  ask "$@"
  [ "$status" = "$wanted" ] || fail "$2 $3 was answered with $status instead of $wanted"
}

# of_node <1|2|3> <column>: a number or the state of a node, as HAProxy's statistics have it.
scur=5 stot=8 state=18
of_node() {
  ask "$inside" GET '/haproxy/stats;csv'
  awk -F, -v name="node-$1" -v column="$2" '$1 == "nodes" && $2 == name { print $column }' <<<"$answer"
}

# wait_for <1|2|3> <state> <milliseconds>: sets `took`.
wait_for() {
  local began found
  began=$(now_ms)
  while :; do
    found=$(of_node "$1" "$state")
    took=$(($(now_ms) - began))
    if [ "$found" = "$2" ]; then return; fi
    [ "$took" -lt "$3" ] || fail "node $1 is $found and not $2 after $took ms"
    sleep 0.02
  done
}

# The first node's own /ready, or 503. Anything else is the node's in any case.
say_ready() {
  local connection word=enable
  if [ "$1" = no ]; then word=disable; fi
  exec {connection}<>"/dev/tcp/127.0.0.1/$gate"
  echo "$word server gate/gate" >&"$connection"
  timeout 5 cat <&"$connection" >/dev/null || fail "the relay does not obey"
  exec {connection}>&-
}

# start_haproxy <name> <configuration> <port> <path>: starts it and waits until the path answers with 200.
start_haproxy() {
  local tries
  "$haproxy" -db -f "$2" >"$run/$1.log" 2>&1 &
  processes+=("$!")
  for tries in {1..100}; do
    ask "$3" GET "$4" 2>/dev/null
    if [ "$status" = 200 ]; then return; fi
    kill -0 "${processes[-1]}" 2>/dev/null || fail "the $1 ended"
    sleep 0.05
  done
  fail "the $1 answers GET $4 with $status"
}

open_websocket() {
  local connection line
  exec {connection}<>"/dev/tcp/127.0.0.1/$public"
  printf '%s\r\n' 'GET /connection/websocket HTTP/1.1' "Host: 127.0.0.1:$public" 'Connection: Upgrade' \
    'Upgrade: websocket' 'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' '' >&"$connection"
  read -r -t 5 line <&"$connection" || fail "no answer to a WebSocket's upgrade"
  case $line in 'HTTP/1.1 101 '*) ;; *) fail "a WebSocket's upgrade was answered with ${line%$'\r'}" ;; esac
  while [ "$line" != $'\r' ]; do
    read -r -t 5 line <&"$connection" || fail "the head of a WebSocket's upgrade does not end"
  done
  sockets+=("$connection")
}

# An empty ping, masked as a client must, and its pong.
ping_all() {
  local connection got
  for connection in "${sockets[@]}"; do
    printf '\x89\x80\x00\x00\x00\x00' >&"$connection" 2>/dev/null || fail "$1: a WebSocket is closed"
    got=$(timeout 3 dd bs=1 count=2 <&"$connection" 2>/dev/null | od -An -tx1 | tr -d ' \n') || true
    [ "$got" = 8a00 ] || fail "$1: a WebSocket answers a ping with '$got' instead of a pong"
  done
}

[ $# -eq 3 ] || fail "usage: deploy/test-haproxy.sh 127.0.0.1:PORT 127.0.0.1:PORT 127.0.0.1:PORT"
for node in "$@"; do
  case $node in 127.0.0.1:* | localhost:*) ;; *) fail "$node is not on loopback" ;; esac
done
# Debian has it where only root looks.
PATH=$PATH:/usr/sbin
haproxy=${HAPROXY:-haproxy}
command -v "$haproxy" >/dev/null || fail "haproxy is missing; install it (Debian: apt-get install haproxy)"

# A variable of somebody's shell must not change what is tested. A client that is gone is a result and no signal.
for variable in "${!SCHOOLBELL_@}"; do unset "$variable"; done
trap '' PIPE
trap stop_all EXIT
run=$(mktemp -d)

pick_port && public=$port
pick_port && inside=$port
pick_port && relay=$port
pick_port && gate=$port

# Before the first node, so that its /ready can be made to fail while the node itself is well.
cat >"$run/relay.cfg" <<RELAY
global
    stats socket ipv4@127.0.0.1:$gate level admin
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
frontend relay
    bind 127.0.0.1:$relay
    http-request return status 503 if { path /ready } { nbsrv(gate) eq 0 }
    http-request return status 200 hdr X-Seen "%[req.hdr(x-forwarded-for,1)] %[req.hdr(x-forwarded-for,2)]" if { path /seen }
    default_backend node
backend node
    server node $1
backend gate
    server gate 127.0.0.1:9
RELAY

export SCHOOLBELL_NODE_1=127.0.0.1:$relay SCHOOLBELL_NODE_2=$2 SCHOOLBELL_NODE_3=$3
export SCHOOLBELL_BIND=127.0.0.1:$public SCHOOLBELL_BIND_INSIDE=127.0.0.1:$inside
# Few, whatever the limit of open files is here.
export SCHOOLBELL_MAXCONN=1000 SCHOOLBELL_NODE_MAXCONN=400

"$haproxy" -c -f "$config" >"$run/balancer.log" 2>&1 || fail "$config is refused"
if grep -q WARNING "$run/balancer.log"; then fail "$config has warnings"; fi
ok "the configuration is valid, without warnings"

# The relay first, and nodes that are ready: one that comes up later would get its share by degrees (slowstart).
start_haproxy relay "$run/relay.cfg" "$relay" /ready
for node in "$2" "$3"; do expect 200 "${node##*:}" GET /ready; done
start_haproxy balancer "$config" "$inside" /haproxy/health
# Servers count as up until their first checks say otherwise.
sleep 2
for node in 1 2 3; do wait_for "$node" UP 5000; done
ok "three nodes are up"

expect 200 "$public" GET /health
[[ $answer == *'"ok"'* ]] || fail "GET /health came from somewhere else"
ok "a request goes through"

expect 404 "$public" GET /metrics
expect 404 "$public" POST /api/publish
expect 200 "$public" GET /api/v1/server
expect 200 "$inside" GET /metrics
expect 401 "$inside" POST /api/publish
expect 200 "$inside" GET /haproxy/metrics
ok "metrics and the server API are inside only"

seen=""
for tries in {1..12}; do
  ask "$public" GET /seen 'X-Forwarded-For: 198.51.100.1'
  seen=$(sed -n 's/^x-seen: //Ip' <<<"$answer")
  if [ -n "$seen" ]; then break; fi
done
[ "$seen" = '198.51.100.1 127.0.0.1' ] || fail "X-Forwarded-For arrived as '$seen'"
ok "the client's address is appended to X-Forwarded-For"

for ((number = 0; number < websockets; number++)); do open_websocket; done
for node in 1 2 3; do
  found=$(of_node "$node" "$scur")
  [ "$found" = $((websockets / 3)) ] || fail "node $node has $found WebSockets instead of $((websockets / 3))"
done
ping_all "before"
ok "$websockets WebSockets are spread evenly"

say_ready no
wait_for 1 DOWN $((interval_ms + slack_ms))
ok "a node whose /ready is 503 is out after $took ms"

ping_all "while the first node is out"
found=$(of_node 1 "$scur")
[ "$found" = $((websockets / 3)) ] || fail "the first node has $found WebSockets left instead of $((websockets / 3))"
ok "its WebSockets stay"

before=$(of_node 1 "$stot")
for ((number = 0; number < requests; number++)); do expect 200 "$public" GET /health; done
after=$(of_node 1 "$stot")
[ "$before" = "$after" ] || fail "the first node got $((after - before)) requests while it was out"
ok "it gets none of $requests new requests, and none fails"

say_ready yes
wait_for 1 UP 5000
ok "it is back after $took ms"

if [ -n "${NODE_3_PID:-}" ]; then
  for connection in "${sockets[@]}"; do exec {connection}>&-; done
  sockets=()
  for ((number = 0; number < 5 * requests; number++)); do
    if [ "$number" -eq "$requests" ]; then kill -TERM "$NODE_3_PID"; fi
    expect 200 "$public" GET /health
    sleep 0.02
  done
  wait_for 3 DOWN 5000
  ok "no request fails while a node goes down by SIGTERM"
fi

echo "haproxy pass $passed"
