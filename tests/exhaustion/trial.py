"""One attack against a new server, with a witness beside it."""

import asyncio
import dataclasses
import json
import pathlib
import sys
from collections.abc import Callable

from connection import Failure, until, within
from server import PATIENCE, Server, credentials

# No attack waits longer than twice the 60 s of an idle connection, in seconds.
LONGEST = 200


@dataclasses.dataclass(frozen=True)
class Attack:
    """An attack, and what it may cost others."""

    name: str
    # A coroutine that gets the server and the count.
    run: Callable
    # The number of connections, requests or streams.
    full: int
    # The same for the short form, or 0 if the attack takes too long for it.
    short: int
    # The limit of the memory above idle, in MB.
    memory: int = 64
    # New connections may be refused. Those that exist are still served.
    new_refused: bool = False
    # Logins may get an honest 503.
    password_work: bool = False
    # The attack mostly waits for a deadline, so that others can run at the same time.
    waits: bool = False
    # How the server starts, as arguments of `Server.start`.
    server: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Result:
    """The outcome of an attack."""

    attack: Attack
    complaints: list
    # The report of the witness, and the memory above idle in MB, unless the trial broke off.
    report: dict | None = None
    memory: float | None = None


async def run(attack, count, binary):
    """Runs an attack. Never raises because of what the server does."""
    result = Result(attack, [])
    server = witness = None
    try:
        server = await Server.start(binary, **attack.server)
        witness = await start_witness(server, attack)
        await note(result, within(LONGEST, attack.run(server, count), "the attack ends"))
        await note(result, recover(server, attack))
        witness.stdin.close()
        result.report = json.loads(await within(6 * PATIENCE, end(witness), "the witness ends"))
        if server.process.returncode is not None:
            raise Failure(f"the server ended with {server.process.returncode} during the attack")
        result.memory = server.peak_memory()
        judge(result)
        await server.stop()
    except (Failure, OSError) as failure:
        result.complaints.append(describe(failure))
    finally:
        if witness and witness.returncode is None:
            witness.kill()
            await witness.wait()
        if server:
            await server.kill()
    return result


async def start_witness(server, attack):
    """Starts the process of witness.py, and waits until its requests are answered."""
    program = pathlib.Path(__file__).with_name("witness.py")
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    witness = await asyncio.create_subprocess_exec(sys.executable, "-B", program, **pipes)
    task = {
        "port": server.port,
        "token": server.tokens["witness"],
        "credentials": credentials("visitor"),
        "fresh": not attack.new_refused,
        "may_be_busy": attack.password_work,
    }
    witness.stdin.write(json.dumps(task).encode() + b"\n")
    await within(3 * PATIENCE, witness.stdout.readline(), "the witness is served before the attack")
    return witness


async def end(witness):
    """Returns the report of the witness. It ends when its input does."""
    witness.stdin.close()
    report = await witness.stdout.read()
    await witness.wait()
    return report


async def note(result, step):
    try:
        await step
    except (Failure, OSError) as failure:
        result.complaints.append(describe(failure))


def describe(error):
    return str(error) if isinstance(error, Failure) else repr(error)


async def recover(server, attack):
    """Checks that everything works as soon as the attacker has gone."""
    if attack.new_refused:
        await until(lambda: server.connections() < 20, PATIENCE, "the server lets go of closed connections")
    for path in ("/healthz", "/readyz", "/auth/me"):
        response = await server.ask("GET", path, "witness")
        if response.status != 200:
            raise Failure(f"GET {path} is {response.status} after the attack")

    async def log_in():
        while True:
            response = await server.ask("POST", "/auth/login", body=credentials("visitor"))
            if not (attack.password_work and response.is_busy()):
                return response
            await asyncio.sleep(0.1)

    response = await within(PATIENCE, log_in(), "a login is answered after the attack")
    if response.status != 200:
        raise Failure(f"a login is {response.status} after the attack")


def judge(result):
    """Adds what the witness and the memory say."""
    for kind, report in result.report.items():
        if report["failures"]:
            failed = f"{report['failures']} of {report['count']}"
            result.complaints.append(f"{failed} requests for {kind} failed, first: {report['first_failure']}")
    if result.memory >= result.attack.memory:
        result.complaints.append(f"{result.memory:.0f} MB above idle, of at most {result.attack.memory} MB")
