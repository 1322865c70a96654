"""The measurements of scripts/benchmark. All that is compared runs in turns, round by round."""

import math
import socket
import subprocess
import time

import wrk
from programs import Axum, BareRoute, OnPostgres, OnSqlite, Python, Server, running

CONNECTIONS = 32
WITH_LOGINS = [OnSqlite, OnPostgres, Axum, Python]
ALL = [BareRoute, *WITH_LOGINS]


def median(values):
    return sorted(values)[len(values) // 2]


def medians(results):
    """Returns the medians of the rate and of the percentiles in milliseconds, infinite if no request was answered."""
    return {
        "rate": median([result.rate for result in results]),
        "p50": median([result.p50 / 1000 if result.requests else math.inf for result in results]),
        "p99": median([result.p99 / 1000 if result.requests else math.inf for result in results]),
    }


def against(base, rates):
    """Returns the median, the lowest and the highest ratio of rates of the same round."""
    ratios = [rate / other if other else math.inf for rate, other in zip(rates, base)]
    return {"ratio": median(ratios), "lowest": min(ratios), "highest": max(ratios)}


def me(settings):
    """GET /auth/me of every program."""
    with running(*ALL) as programs:
        results = {program.key: [] for program in programs}
        for program in programs:
            wrk.me(program, CONNECTIONS, 1)
        for _ in range(settings.rounds):
            for program in programs:
                results[program.key].append(wrk.me(program, CONNECTIONS, settings.seconds))
    rates = {key: [result.rate for result in results[key]] for key in results}
    return {key: {**medians(results[key]), **against(rates["bare"], rates[key])} for key in results}


def login(settings):
    """POST /auth/login of every program, and hashing alone before and after each, because the speed of a machine drifts."""
    rates = {kind.key: [] for kind in WITH_LOGINS}
    alone = {kind.key: [] for kind in WITH_LOGINS}
    hashed = [hashing(settings)]
    for _ in range(settings.rounds):
        for kind in WITH_LOGINS:
            with running(kind) as (program,):
                program.register_people()
                wrk.log_in(program, CONNECTIONS, 1).result()
                load = wrk.log_in(program, CONNECTIONS, settings.seconds)
                rates[kind.key].append(load.result().without_errors().rate)
            hashed.append(hashing(settings))
            alone[kind.key].append((hashed[-2] + hashed[-1]) / 2)
    measured = {key: {"rate": median(rates[key]), **against(alone[key], rates[key])} for key in rates}
    return {"hashing": {"rate": median(hashed), **against(hashed, hashed)}, **measured}


def hashing(settings):
    """Returns how many passwords a second the hash threads verify alone."""
    hashes = str(120 * settings.seconds if settings.judges else 30)
    command = [Server.binaries / "examples" / "hash_rate", hashes]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def crowd(settings):
    """GET /auth/me by a few clients while many others log in."""
    results = {kind.key: [] for kind in WITH_LOGINS}
    for _ in range(min(settings.rounds, 3)):
        for kind in WITH_LOGINS:
            results[kind.key].append(crowd_round(settings, kind))
    return {key: summary_of_crowd(results[key]) for key in results} | {"clients": settings.crowd}


def crowd_round(settings, kind):
    """Returns both results and the peak memory. The program is new, so that the peak is of this round."""
    with running(kind) as (program,):
        program.register_people()
        logins = wrk.log_in(program, settings.crowd, settings.crowd_seconds + 3)
        time.sleep(1)
        others = wrk.Load(
            program.url + "/auth/me", connections=10, seconds=settings.crowd_seconds, script="paced.lua",
            headers=[program.credential], PAUSE="20",
        )
        return others.result(), logins.result(), program.memory("VmHWM")


def summary_of_crowd(rounds):
    others, logins, peaks = zip(*rounds)
    return {
        **medians(others),
        "failed": sum(result.refused + result.failed for result in others),
        "logins": median([result.rate for result in logins]),
        "refused": sum(result.refused for result in logins),
        "broken": sum(result.failed for result in logins),
        "peak": max(peaks),
    }


def processes(settings):
    """Start time and idle memory of every program."""
    measured = {}
    for kind in ALL:
        starts = []
        with running(kind) as (program,):
            for _ in range(settings.starts):
                program.stop()
                starts.append(program.start())
            time.sleep(1)
            measured[kind.key] = {"start": median(starts) * 1000, "idle": program.memory("VmRSS")}
    return measured


def idle_connections(settings):
    """Memory for idle connections of the server on SQLite, and GET /auth/me meanwhile."""
    wanted = min(settings.idle, settings.files - 200)
    Server.more_connections = wanted + 100
    with running(OnSqlite) as (program,):
        before = [wrk.me(program, CONNECTIONS, settings.seconds) for _ in range(settings.rounds)]
        memory = program.memory("VmRSS")
        open_connections = [idle_connection(program) for _ in range(wanted)]
        time.sleep(1)
        cost = program.memory("VmRSS") - memory
        during = [wrk.me(program, CONNECTIONS, settings.seconds) for _ in range(settings.rounds)]
        alive = sum(is_open(connection) for connection in open_connections)
        for connection in open_connections:
            connection.close()
    Server.more_connections = 0
    return {
        "connections": wanted,
        "alive": alive,
        "memory": cost,
        **against([result.rate for result in before], [result.rate for result in during]),
        "p99": medians(during)["p99"],
    }


def idle_connection(program):
    """Opens a connection and makes one request, so that the server has allocated what it keeps."""
    connection = socket.create_connection(("127.0.0.1", program.port), timeout=30)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    connection.recv(65536)
    return connection


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def latency(settings):
    """Latency of GET /auth/me at rising numbers of connections."""
    with running(*ALL) as programs:
        curves = {program.key: [] for program in programs}
        for connections in settings.load:
            for program in programs:
                result = wrk.me(program, connections, settings.plot_seconds)
                curves[program.key].append({"connections": connections, **medians([result])})
    return curves
