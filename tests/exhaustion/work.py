"""Requests that are expensive to answer: password work, large reads, many cookies, and the log."""

import asyncio
import sqlite3
import uuid

from connection import Connection, Failure, each, meanwhile, request, within
from server import PATIENCE, credentials

# The rows of the account whose list of sessions is asked for.
SESSIONS = 10_000
# Enough substitutes for letters that an estimate of the strength tries many readings.
LEET = "4@8({[<3€6911!|1700$5+7%2"


async def abandoned_lists(server, count):
    """Asks for the sessions of an account that has very many, and closes each connection after 20 ms."""
    crowd_with_sessions(server)
    asked = request("GET", "/auth/sessions", server.tokens["attacker"])

    async def one(_):
        async with await Connection.open(server.port) as connection:
            await connection.send(asked)
            await asyncio.sleep(0.02)

    await within(120, each(range(count), one, at_once=100), f"{count} connections are served")


def crowd_with_sessions(server):
    """Gives the attacker's account 10,000 more rows, as copies of its own."""
    with sqlite3.connect(server.directory / "pm_interview_coach.db", timeout=PATIENCE) as database:
        rows = database.execute(
            "SELECT auth_sessions.* FROM auth_sessions JOIN users ON users.id = user_id WHERE email = ?",
            [credentials("attacker")["email"]],
        )
        columns = [column[0] for column in rows.description]
        row = dict(zip(columns, rows.fetchone(), strict=True), secret_digest=None)
        marks = ", ".join("?" for _ in columns)
        copies = ([*{**row, "id": str(uuid.uuid4())}.values()] for _ in range(SESSIONS))
        database.executemany(f"INSERT INTO auth_sessions VALUES ({marks})", copies)
    database.close()


async def leet_registrations(server, count):
    """Registers with passwords whose strength is expensive to estimate."""
    password = (LEET * 4)[:100]

    async def attack(number):
        body = {"email": f"leet-{number}@example.com", "password": password}
        return await ask(server, "/auth/register", body)

    async def honest():
        body = {"email": "honest@example.com", "password": "TestPass123!"}
        return await within(PATIENCE, ask(server, "/auth/register", body), "an honest registration is answered")

    async with meanwhile(each(range(count), attack, at_once=count)) as flood:
        await asyncio.sleep(0.5)
        response = await honest()
        if response.status != 201 and not response.is_busy():
            raise Failure(f"an honest registration is answered {response.status}")
        for response in await within(60, flood, "every registration is answered"):
            if response.status not in (201, 422) and not response.is_busy():
                raise Failure(f"a registration is answered {response.status}")


async def login_flood(server, count):
    """Logs in on all connections at the same time."""

    async def one(_):
        return await ask(server, "/auth/login", credentials("attacker"))

    responses = await within(60, each(range(count), one, at_once=count), "every login is answered")
    for response in responses:
        if response.status != 200 and not response.is_busy():
            raise Failure(f"a login is answered {response.status}")


async def ask(server, path, body):
    async with await Connection.open(server.port) as connection:
        return await connection.ask("POST", path, body=body)


async def many_cookies(server, count):
    """Logs out with very many session cookies: too many for the headers, then as many as they have room for."""
    response = await log_out(server, count)
    if response.status != 431:
        raise Failure(f"a logout with {count} cookies is answered {response.status}, not 431")
    for response in await each(range(20), lambda _: log_out(server, 350), at_once=20):
        if response.status != 204:
            raise Failure(f"a logout with 350 cookies is answered {response.status}, not 204")


async def log_out(server, cookies):
    sent = "; ".join(f"pm_coach_session={number:064x}" for number in range(cookies))
    return await server.ask("POST", "/auth/logout", headers=[f"Cookie: {sent}"])


async def unread_log(server, count):
    """Fills the log, which nobody reads, by bad tokens."""

    async def one(requests):
        async with await Connection.open(server.port) as connection:
            for _ in range(requests):
                response = await connection.ask("GET", "/auth/me", "bad")
                if response.status != 401:
                    raise Failure(f"a bad token is answered {response.status}")

    await within(60, each([count // 8] * 8, one), "bad tokens are refused while nobody reads the log")
    # The log goes on when somebody reads it again.
    await within(PATIENCE, logs_again(server), "a request is logged once the log is read again")


async def logs_again(server):
    server.read_log()
    number = 0
    while f"read-again-{number}" not in server.read_log():
        number += 1
        async with await Connection.open(server.port) as connection:
            await connection.ask("GET", "/auth/me", "bad", headers=[f"X-Request-Id: read-again-{number}"])
        await asyncio.sleep(0.2)
