"""PostgreSQL that restarts, fails over or is behind PgBouncer."""

import itertools
import time

from client import Client, Load, check_log_ins
from processes import Coach, Postgres, pgbouncer, until


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
