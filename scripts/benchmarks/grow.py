"""scripts/benchmark-growth: measures with few and with many users and sessions, and prints the table."""

import json
import os
import subprocess
import sys

import report
import settings as options
import wrk
from measure import CONNECTIONS, against, median
from programs import ACCOUNT, ROOT, TARGET, OnPostgres, OnSqlite, build_server, running

SESSIONS = 10
DATABASES = {"SQLite": OnSqlite, "PostgreSQL": OnPostgres}
# The benchmarks of benches/repository.rs.
STATEMENTS = ["find session", "list 10 sessions", "find credentials", "begin session"]


class Filled:
    """A server on a database that already has users and as many sessions."""

    users = 0

    def prepare(self):
        super().prepare()
        subprocess.run([*self.command(), "migrate"], cwd=self.directory, env=self.environment(), check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run([ROOT / "scripts" / "fill-database", self.database_url(), str(self.users), str(self.users)],
                       check=True)

    def add_sessions(self):
        """Gives the account its sessions, and makes the accounts that log in."""
        for _ in range(1, SESSIONS):
            self.call("POST", "/auth/login", ACCOUNT)
        self.register_people()


def filled(kind, users):
    return type(f"Filled{kind.__name__}", (Filled, kind), {"users": users})


def get(path):
    def load(program, settings):
        return wrk.Load(program.url + path, connections=CONNECTIONS, seconds=settings.seconds,
                        headers=[program.credential])
    return load


def log_in(program, settings):
    return wrk.log_in(program, CONNECTIONS, settings.seconds)


def register(round_number):
    account = {**ACCOUNT, "email": f"round-{round_number}-%d@example.com"}

    def load(program, settings):
        return wrk.post(program, "/auth/register", account, CONNECTIONS, settings.seconds)
    return load


# Each round registers other accounts.
def steps(round_number):
    return {
        "`GET /auth/me`": get("/auth/me"),
        "`GET /auth/sessions`, 10 sessions": get("/auth/sessions"),
        "`POST /auth/login`": log_in,
        "`POST /auth/register`": register(round_number),
    }


def requests(settings, programs):
    """Returns the rates of every program by request."""
    rates = {}
    for name in steps(0):
        of_step = [[] for _ in programs]
        for number in range(settings.rounds):
            for program, values in zip(programs, of_step):
                load = steps(number)[name](program, settings)
                values.append(load.result().without_errors().rate)
        rates[name] = of_step
    return rates


def statements(names, programs):
    """Runs the criterion benchmark of the repositories and returns the medians in nanoseconds."""
    databases = " ".join(f"{name}={program.database_url()}" for name, program in zip(names, programs))
    environment = {**os.environ, "BENCH_DATABASES": databases}
    environment.pop("TEST_POSTGRES_URL", None)
    # "at-" is in the names of these databases only.
    criterion = ["--noplot", "--warm-up-time", "1", "--measurement-time", "3", "at-"]
    command = ["cargo", "bench", "--quiet", "-p", "coach-benches", "--bench", "repository", "--", *criterion]
    run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    return {statement: [estimate(name, statement) for name in names] for statement in STATEMENTS}


def estimate(name, statement):
    file = TARGET / "criterion" / name / statement / "new" / "estimates.json"
    return json.loads(file.read_text())["median"]["point_estimate"]


def rows(rates, times):
    """Returns the rows of the table. `rates` and `times` have few and many for each database in turn."""
    table = []
    for column, database in enumerate(DATABASES):
        for name, measured in rates.items():
            few, many = measured[2 * column:2 * column + 2]
            cost = against(many, few)
            table.append([f"{name}, {database}", f"{report.number(median(few))}/s", f"{report.number(median(many))}/s",
                          report.spread(cost)])
        for name, nanoseconds in times.items():
            few, many = nanoseconds[2 * column:2 * column + 2]
            table.append([f"{name}, {database}", f"{report.number(few / 1000)} µs", f"{report.number(many / 1000)} µs",
                          f"{many / few:.2f}"])
    return table


def main():
    settings = options.read(__doc__)
    few, many = settings.sizes
    build_server(settings.short)
    kinds = [filled(kind, users) for kind in DATABASES.values() for users in settings.sizes]
    names = [f"{database}-at-{users}" for database in DATABASES for users in settings.sizes]
    print("filling the databases", file=sys.stderr, flush=True)
    with running(*kinds) as programs:
        for program in programs:
            program.add_sessions()
        print("measuring", file=sys.stderr, flush=True)
        rates = requests(settings, programs)
        times = statements(names, programs) if settings.judges else {}
    head = ["", f"{few:,} users and sessions", f"{many:,}", "cost"]
    text = report.machine(settings) + "\n" + report.table(head, rows(rates, times))
    print(text)
    if settings.write:
        report.write("growth", text)


if __name__ == "__main__":
    main()
