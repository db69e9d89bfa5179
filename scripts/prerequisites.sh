# Sourced by run.sh and test.sh: what must be there before anything starts, each with one line that says what to do.

fail() {
  echo "schoolbell: $*" >&2
  exit 1
}

# at_least <wanted> <found>: compares major.minor.
at_least() {
  local wanted_major=${1%%.*} wanted_minor=${1#*.}
  local found_major=${2%%.*} rest=${2#*.}
  local found_minor=${rest%%.*}
  [ "$found_major" -gt "$wanted_major" ] ||
    { [ "$found_major" -eq "$wanted_major" ] && [ "$found_minor" -ge "$wanted_minor" ]; }
}

# Rust: 1.94 is the workspace's rust-version. A C compiler builds SQLite and the cryptography.
need_rust() {
  command -v cargo >/dev/null || fail "cargo is missing; install Rust 1.94 or newer (rustup.rs)"
  local found
  found=$(cargo --version | awk '{print $2}')
  at_least 1.94 "$found" || fail "cargo $found is too old; install Rust 1.94 or newer (rustup update)"
  command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null ||
    fail "a C compiler is missing; install gcc or clang"
}

# Node: 20.19 is the oldest that the web app's build tools support.
need_node() {
  command -v node >/dev/null || fail "node is missing; install Node.js 20.19 or newer (nodejs.org)"
  command -v npm >/dev/null || fail "npm is missing; it comes with Node.js (nodejs.org)"
  local found
  found=$(node --version)
  found=${found#v}
  at_least 20.19 "$found" || fail "node $found is too old; install Node.js 20.19 or newer"
}

# rustfmt and clippy are components that a minimal toolchain lacks.
need_rust_components() {
  if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then return; fi
  if command -v rustup >/dev/null; then
    rustup component add rustfmt clippy || fail "rustfmt or clippy is missing; run: rustup component add rustfmt clippy"
  else
    fail "rustfmt or clippy is missing; install them for your Rust toolchain"
  fi
}

# Installs the web app's packages when the lock file is not the one that they were installed from.
install_web_packages() {
  local installed_from=web/node_modules/.installed-from-lock.json
  if cmp -s web/package-lock.json "$installed_from"; then return; fi
  echo "installing the web app's packages"
  (cd web && npm ci --no-audit --no-fund) || fail "npm ci in web failed"
  cp web/package-lock.json "$installed_from"
}

# Python drives a server in two of the tests.
need_python() {
  command -v python3 >/dev/null || fail "python3 is missing; install Python 3.11 or newer with venv"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$(python3 --version) is too old; install Python 3.11 or newer"
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3 lacks venv; install it (Debian: apt-get install python3-venv)"
}

# install_python_packages <folder> <requirements>: a virtual environment of just these, made again when the list changes.
install_python_packages() {
  local installed_from=$1/installed-from.txt
  if cmp -s "$2" "$installed_from" && "$1/bin/python" -c ''; then return; fi
  echo "installing what $2 names"
  rm -rf "$1"
  python3 -m venv "$1" || fail "python3 -m venv failed"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2" || fail "pip install of $2 failed"
  cp "$2" "$installed_from"
}

# The tests start servers of their own: Postgres 15 with PgBouncer before it, Redis 7, whose command line tool they use as
# well, and HAProxy; openssl makes certificates, and libfaketime wrong clocks. On Debian as root (a container, a build
# machine) they are installed.
need_servers() {
  local missing=""
  command -v redis-server >/dev/null || missing+=" redis-server"
  command -v redis-cli >/dev/null || missing+=" redis-tools"
  command -v openssl >/dev/null || missing+=" openssl"
  command -v curl >/dev/null || missing+=" curl"
  # A node with a wrong clock.
  compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || missing+=" libfaketime"
  # Debian has it where only root looks.
  [ -x /usr/sbin/haproxy ] || command -v haproxy >/dev/null || missing+=" haproxy"
  [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null || missing+=" pgbouncer"
  [ -n "$(newest_postgres)" ] || missing+=" postgresql"
  if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing$missing for the tests"
    export DEBIAN_FRONTEND=noninteractive
    # No service or cluster of it: the tests start what they need.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      mkdir -p /etc/postgresql-common
      echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    if apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $missing; then
      missing=""
    fi
  fi
  [ -z "$missing" ] || fail "missing for the tests:$missing (Debian: apt-get install$missing)"
  local found
  found=$(redis-server --version | sed 's/.* v=\([0-9.]*\).*/\1/')
  at_least 7.0 "$found" || fail "redis-server $found is too old; install Redis 7.0 or newer"
  found=$("$(newest_postgres)" --version | awk '{print $3}')
  at_least 15.0 "$found" || fail "postgres $found is too old; install Postgres 15 or newer"
}

# The server's program, which Debian keeps on nobody's path, in a folder for each version.
newest_postgres() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1)
  [ -n "$found" ] || found=$(command -v postgres || true)
  echo "$found"
}

# Sets CHROMIUM to a browser for the browser test; on Debian as root (a container, a build machine) it installs one.
need_chromium() {
  if [ -n "${CHROMIUM:-}" ]; then
    [ -x "$CHROMIUM" ] || fail "CHROMIUM=$CHROMIUM is not an executable"
    return
  fi
  local candidate
  for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
    if CHROMIUM=$(command -v "$candidate"); then
      export CHROMIUM
      return
    fi
  done
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing Chromium for the browser test"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium && CHROMIUM=$(command -v chromium); then
      export CHROMIUM
      return
    fi
  fi
  fail "no Chromium for the browser test; install it (Debian: apt-get install chromium) or set CHROMIUM to its path"
}
