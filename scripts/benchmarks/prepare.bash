# Installs what the benchmarks need and starts PostgreSQL as it runs in production, with fsync. Source this file.
. scripts/debian.bash

packages=()
command -v wrk >/dev/null || packages+=(wrk)
command -v openssl >/dev/null || packages+=(openssl)
[ -x "$(postgres_programs)/initdb" ] || packages+=(postgresql)
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
install_packages "${packages[@]}"

start_postgres
# Linux gives each backend of PostgreSQL, which is a session of its own, as much of the processor as this whole shell with all
# its programs. Turn that off while something is measured.
autogroups=/proc/sys/kernel/sched_autogroup_enabled
if [[ " $* " != *" --short "* && -w $autogroups && $(<$autogroups) = 1 ]]; then
  trap 'echo 1 >$autogroups; stop_postgres' EXIT
  echo 0 >$autogroups
fi
export POSTGRES_URL=$postgres_url
