# Installs what the benchmarks need and starts PostgreSQL as it runs in production, with fsync. Source this file.
. scripts/debian.bash

packages=()
command -v wrk >/dev/null || packages+=(wrk)
command -v openssl >/dev/null || packages+=(openssl)
[ -x "$(postgres_programs)/initdb" ] || packages+=(postgresql)
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
install_packages "${packages[@]}"

start_postgres
export POSTGRES_URL=$postgres_url
