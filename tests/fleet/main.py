"""Runs the cases of the fleet. See scripts/fleet."""

import pathlib
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

import databases
import processes
import proxies
import servers

CASES = [
    proxies.nginx,
    proxies.caddy,
    servers.killed_server,
    servers.rolling_restart,
    databases.restarted_database,
    databases.failover,
    databases.deadlock,
    databases.pooler,
    databases.adoption,
]


def run(case, short):
    """Runs a case in a directory of its own. Returns whether it passed."""
    begun = time.monotonic()
    print(f"{case.__name__}: {case.__doc__}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        # The user of PostgreSQL has to reach its directory.
        directory.chmod(0o755)
        try:
            case(directory, short)
        except BaseException as error:
            if not isinstance(error, Exception):
                raise
            traceback.print_exc()
            for log in sorted(directory.glob("*.log")):
                print(f"--- the end of {log.name}", *log.read_text(errors="replace").splitlines()[-20:], sep="\n")
            print(f"  FAILED after {time.monotonic() - begun:.0f} s", flush=True)
            return False
        finally:
            processes.kill_all()
    print(f"  passed in {time.monotonic() - begun:.0f} s", flush=True)
    return True


def main(arguments):
    words = [argument for argument in arguments if argument != "--short"]
    selected = [case for case in CASES if not words or any(word in case.__name__ for word in words)]
    if not selected or any(word.startswith("-") for word in words):
        print("Usage: scripts/fleet [--short] [WORD…]", file=sys.stderr)
        return 2
    results = [run(case, "--short" in arguments) for case in selected]
    return 0 if all(results) else 1


sys.exit(main(sys.argv[1:]))
