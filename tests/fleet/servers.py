"""Two servers on one PostgreSQL behind nginx, under load."""

import contextlib
import time

from client import Client, Load, check_log_ins
from processes import Coach, Nginx, Postgres, until

# The limits of the sample would end the load.
UNLIMITED = {
    "rate=12r/m": "rate=100000r/s",
    "rate=60r/m": "rate=100000r/s",
    "rate=50r/s": "rate=100000r/s",
    "limit_conn coach_connections 50;": "",
}
# Longer than fail_timeout in the sample, so that nginx uses the restarted server before the next one stops.
BETWEEN_RESTARTS = 2
# The time in which nginx may still send requests to a server that is gone.
NOTICE = 0.1


@contextlib.contextmanager
def fleet(directory):
    """Yields two servers and a function that makes clients."""
    postgres = Postgres(directory / "postgres").start()
    servers = [Coach(directory, postgres.url) for _ in range(2)]
    for server in servers:
        server.ready()
    proxy = Nginx(directory, servers, UNLIMITED)
    yield servers, lambda: Client(proxy.https, proxy.certificate)
    for process in (*servers, proxy):
        process.stop()
    postgres.stop()


def killed_server(directory, short):
    """A server is killed: only requests under way on it fail, and nginx repeats those that change nothing."""
    with fleet(directory) as (servers, new_client), Load(new_client) as load:
        for server in servers:
            load.wait_for(100 if short else 1000)
            killed = time.monotonic()
            server.kill()
            noticed = time.monotonic() + NOTICE
            load.wait_for(100 if short else 1000)
            failed = load.failures()
            under_way = [request for request in failed if request.begun <= noticed and killed <= request.ended]
            assert failed == under_way, f"requests that were not under way failed: {failed}"
            assert all(request.what != "me" and request.outcome == 502 for request in failed), failed
            assert len(failed) <= load.clients, failed
            load.requests.clear()
            servers[servers.index(server)] = server.again().ready()
            time.sleep(BETWEEN_RESTARTS)
            print(f"  {len(failed)} POST under way failed", flush=True)
        check_log_ins(load.registered[-20:], new_client)
        print(f"  {load.summary()}", flush=True)


def rolling_restart(directory, short):
    """Both servers are restarted in turn, several times: no request fails."""
    with fleet(directory) as (servers, new_client), Load(new_client) as load:
        for restart in range(4 if short else 20):
            load.wait_for(50)
            assert servers[restart % 2].stop() == 0
            load.wait_for(50)
            servers[restart % 2] = servers[restart % 2].again().ready()
            time.sleep(BETWEEN_RESTARTS)
            assert not load.failures(), load.failures()
        until(lambda: load.registered, "a registration")
    assert not load.failures(), load.failures()
    print(f"  {load.summary()}", flush=True)
