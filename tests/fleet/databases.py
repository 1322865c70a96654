"""PostgreSQL that restarts, fails over or is behind PgBouncer."""

import itertools
import subprocess
import threading
import time

from client import PASSWORD, Client, Load, check_log_ins
from processes import PATIENCE, Coach, Postgres, pgbouncer, until


def restarted_database(directory, short):
    """PostgreSQL is restarted: 503 meanwhile, then service by the same process."""
    postgres = Postgres(directory / "postgres").start()
    coach = Coach(directory, postgres.url).ready()
    with Load(lambda: Client(coach.port), clients=4) as load:
        for _ in range(1 if short else 5):
            load.wait_for(50)
            postgres.stop()
            until(lambda: coach.get("/readyz") == 503, "the server knows that its database is gone")
            assert coach.get("/healthz") == 200
            answer = Client(coach.port).log_in("nobody@example.com")
            assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0, answer
            load.wait_for(20)
            postgres.start()
            began = time.monotonic()
            until(lambda: coach.get("/readyz") == 200, "the database is used again")
            print(f"  ready {time.monotonic() - began:.2f} s after PostgreSQL", flush=True)
            time.sleep(0.2)
            before = len(load.requests)
            load.wait_for(50)
            late = [request for request in load.requests[before:] if request.outcome not in (200, 201)]
            assert not late, late
    assert not load.failures((200, 201, 503)), load.failures((200, 201, 503))
    check_log_ins(load.registered, lambda: Client(coach.port))
    assert coach.stop() == 0
    postgres.stop()


def failover(directory, short):
    """The primary is killed and its synchronous standby promoted: no acknowledged registration is lost."""
    primary = Postgres(directory / "a").start(synchronous_standby_names="*", synchronous_commit="on")
    # Until the standby is there, no commit is acknowledged.
    standby = Postgres(directory / "b", primary).start()
    until(lambda: primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync", "the standby is synchronous")
    hosts = f"{primary.address},{standby.address}"
    # In both orders of the hosts.
    url = f"postgres://postgres@{hosts}/postgres?target_session_attrs=read-write"
    reverse = f"postgres://postgres@{','.join(reversed(hosts.split(',')))}/postgres?target_session_attrs=read-write"
    servers = [Coach(directory, url).ready(), Coach(directory, reverse).ready()]
    ports = itertools.cycle([server.port for server in servers])
    with Load(lambda: Client(next(ports)), clients=8) as load:
        load.wait_for(200 if short else 2000)
        primary.process.kill()
        killed, before = time.monotonic(), len(load.registered)
        time.sleep(0.5)
        standby.run("pg_ctl", "promote", "-D", standby.data, "-w")
        until(lambda: len(load.registered) > before + 10, "registrations on the new primary")
        until(lambda: all(server.get("/readyz") == 200 for server in servers), "both servers are ready")
        print(f"  registrations again {time.monotonic() - killed:.2f} s after the kill", flush=True)
        load.wait_for(100)
    assert not load.failures((200, 201, 401, 503)), load.failures((200, 201, 401, 503))
    check_log_ins(load.registered, lambda: Client(servers[0].port))
    print(f"  {load.summary()}, all of them log in", flush=True)
    for process in servers:
        assert process.stop() == 0
    standby.stop()


def deadlock(directory, short):
    """A deadlock is repeated, also if PostgreSQL speaks German."""
    locales = directory / "locales"
    locales.mkdir()
    subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8"], check=True)
    postgres = Postgres(directory / "postgres").start({"LOCPATH": str(locales)}, lc_messages="de_DE.UTF-8")
    coach = Coach(directory, postgres.url).ready()
    client = Client(coach.port)
    token = client.register("test@example.com").json()["access_token"]
    answers = []

    def delete():
        body = {"current_password": PASSWORD}
        answers.append(client.send("DELETE", "/auth/me", body, token).status)

    with postgres.session() as other:

        def run(sql):
            other.stdin.write(f"{sql};\n\\echo done\n")
            assert any(line == "done\n" for line in other.stdout), sql

        # Only the server looks for a deadlock, so it is the one that fails.
        run("SET deadlock_timeout = '1min'; BEGIN; SELECT FROM auth_sessions FOR UPDATE")
        deletion = threading.Thread(target=delete)
        deletion.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        until(lambda: postgres.sql(waiting) == "1", "the server waits for the session")
        run("UPDATE users SET full_name = full_name; COMMIT")
        other.stdin.close()
        deletion.join(PATIENCE)
    assert answers == [204], answers
    log = (directory / f"postgres-{postgres.port}.log").read_text(errors="replace")
    assert "Verklemmung" in log, "there was no deadlock, or it was not reported in German"
    assert postgres.sql("SELECT count(*) FROM users") == "0"
    assert coach.stop() == 0
    postgres.stop()


def pooler(directory, short):
    """Two servers behind PgBouncer in transaction mode, whether they are told or find out."""
    postgres = Postgres(directory / "postgres").start()
    for number, parameter in enumerate(("", "?pool_mode=transaction")):
        pool, url = pgbouncer(directory / f"pgbouncer-{number}", postgres, pool_size=4)
        servers = [Coach(directory, url + parameter) for _ in range(2)]
        for server in servers:
            server.ready()
        ports = itertools.cycle([server.port for server in servers])
        with Load(lambda: Client(next(ports)), clients=8) as load:
            load.wait_for(300 if short else 3000)
        assert not load.failures(), load.failures()
        print(f"  {load.summary()}", flush=True)
        for process in servers:
            assert process.stop() == 0
        pool.stop()
        leftover = postgres.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert leftover == "0", leftover
    postgres.stop()


# Of the password U*U.
BCRYPT = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
PYTHON_TABLES = f"""
    CREATE TABLE users (
        id SERIAL PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE, hashed_password VARCHAR(255) NOT NULL,
        full_name VARCHAR(255), is_active BOOLEAN DEFAULT TRUE, created_at TIMESTAMP DEFAULT now()
    );
    CREATE TABLE practice_sessions (
        id UUID PRIMARY KEY, user_id INTEGER REFERENCES users (id), started_at TIMESTAMP NOT NULL
    );
    INSERT INTO users (email, hashed_password)
        SELECT 'Test.' || number || '@example.com', '{BCRYPT}' FROM generate_series(1, 1000) AS number;
    INSERT INTO practice_sessions SELECT gen_random_uuid(), number, now() FROM generate_series(1, 1000) AS number;
"""


def adoption(directory, short):
    """A database of the Python application is adopted through PgBouncer in transaction mode."""
    postgres = Postgres(directory / "postgres").start()
    assert postgres.sql(PYTHON_TABLES) is not None
    pool, url = pgbouncer(directory / "pgbouncer", postgres, pool_size=4)
    command = [Coach.BINARY, "migrate", "--adopt"]
    for expected in ("Adopted 1000 accounts and 1000 practice sessions.", "Nothing to adopt"):
        done = subprocess.run(command, env={"DATABASE_URL": url}, cwd=directory, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout.startswith(expected), done
    coach = Coach(directory, url).ready()
    assert Client(coach.port).log_in("test.1000@example.com", "U*U").status == 200
    assert coach.stop() == 0
    pool.stop()
    postgres.stop()
