# Functions for scripts that need Debian packages or a temporary PostgreSQL server. Source this file.

postgres_programs() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); else "$@"; fi; }

install_packages() { # [PACKAGE]...
  [ $# -gt 0 ] || return 0
  echo "Installing $*" >&2
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Starts a server in the new directory $cluster and stops it when the script ends. Sets postgres_url.
start_postgres() { # [SERVER_OPTION]...
  local programs port
  programs=$(postgres_programs)
  cluster=$(mktemp -d)
  [ "$(id -u)" != 0 ] || chown postgres "$cluster"
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo 54321)
  as_postgres "$programs/initdb" -D "$cluster/data" -U postgres -A trust --no-sync >/dev/null
  as_postgres openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 \
    -addext basicConstraints=critical,CA:FALSE -keyout "$cluster/data/server.key" -out "$cluster/data/server.crt" 2>/dev/null
  cp "$cluster/data/server.crt" "$cluster/certificate.pem"
  trap stop_postgres EXIT
  as_postgres "$programs/pg_ctl" -D "$cluster/data" -l "$cluster/log" -w -o \
    "-p $port -k $cluster -c listen_addresses=127.0.0.1 -c ssl=on $*" start >/dev/null
  postgres_url="postgres://postgres@127.0.0.1:$port/postgres"
}

stop_postgres() {
  as_postgres "$(postgres_programs)/pg_ctl" -D "$cluster/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$cluster"
}
