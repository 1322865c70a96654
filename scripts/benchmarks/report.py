"""Writes the results as Markdown tables and puts them into docs/performance.md."""

import math
import os
import platform
import subprocess
from pathlib import Path

from measure import CONNECTIONS
from programs import ROOT, Axum, BareRoute, OnPostgres, OnSqlite, Python, psql

PAGE = ROOT / "docs" / "performance.md"
NAMES = {kind.key: kind.name for kind in [BareRoute, OnSqlite, OnPostgres, Axum, Python]} | {"hashing": "hashing alone"}


def table(head, rows):
    """Returns a Markdown table. Every column but the first is aligned to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def number(value):
    """Writes three digits or more."""
    if math.isinf(value):
        return "no answer"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(measured):
    if measured["lowest"] == measured["highest"] == 1:
        return "1"
    return f"{measured['ratio']:.2f} ({measured['lowest']:.2f} to {measured['highest']:.2f})"


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def machine(settings):
    """Names the commit and the machine."""
    with open("/proc/cpuinfo") as lines:
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    commit = output_of("git", "log", "-1", "--format=%h of %cs")
    changed = " with changes" if output_of("git", "status", "--porcelain", "--", ".", ":!docs") else ""
    postgres = psql(os.environ["POSTGRES_URL"], "SHOW server_version").split()[0]
    rust = output_of("rustc", "--version").split()[1]
    autogroups = Path("/proc/sys/kernel/sched_autogroup_enabled")
    grouped = " with autogroups" if autogroups.exists() and autogroups.read_text().strip() == "1" else ""
    return (
        f"Commit {commit}{changed}. {os.cpu_count()} cores of {model}, Linux {platform.release()}{grouped}, "
        f"Rust {rust}, Python {platform.python_version()}, PostgreSQL {postgres}. "
        f"Medians of {settings.rounds} rounds of {settings.seconds} s each; in parentheses the range.\n"
    )


def me_table(measured):
    rows = [
        [NAMES[key], number(one["rate"]), spread(one), number(one["p50"]), number(one["p99"])]
        for key, one in measured.items()
    ]
    head = [f"`GET /auth/me`, {CONNECTIONS} connections", "requests/s", "of the bare route", "p50 in ms", "p99 in ms"]
    return table(head, rows)


def login_table(measured):
    rows = [[NAMES[key], number(one["rate"]), spread(one)] for key, one in measured.items()]
    return table([f"`POST /auth/login`, {CONNECTIONS} connections", "logins/s", "of hashing alone"], rows)


def crowd_table(measured):
    clients = measured["clients"]
    rows = [
        [NAMES[key], number(one["p50"]), number(one["p99"]), str(one["failed"]), number(one["logins"]),
         f"{one['refused'] + one['broken']:,}", number(one["peak"])]
        for key, one in measured.items() if key != "clients"
    ]
    head = [f"`GET /auth/me` while {clients} clients log in", "p50 in ms", "p99 in ms", "failed", "logins/s",
            "logins refused", "peak memory in MB"]
    return table(head, rows)


def process_table(measured):
    rows = [[NAMES[key], number(one["start"]), number(one["idle"])] for key, one in measured.items()]
    return table(["process", "start to first response in ms", "idle memory in MB"], rows)


def idle_table(measured):
    rows = [[
        f"{measured['alive']:,} of {measured['connections']:,}", number(measured["memory"]), spread(measured),
        number(measured["p99"]),
    ]]
    return table(["idle connections, SQLite", "memory in MB", "rate of `me` against none idle", "p99 of `me` in ms"], rows)


def write(name, text):
    """Replaces the part of docs/performance.md between the markers of this name."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    page = PAGE.read_text()
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{PAGE} has no markers {begin.strip()} and {end.strip()}")
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}")
