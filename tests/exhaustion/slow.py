"""Clients that take their time: with headers, with a body, with reading, or with everything.

The deadlines are those of the contract. A connection that is closed in twice the time passes, because the machine may be
busy.
"""

import asyncio

from connection import Failure, crowd, each, meanwhile, request, until, within

# Deadlines in seconds.
HEADERS = 10
REQUEST = 30
STALLED_RESPONSE = 30
IDLE = 60
SLACK = 2
# A kept connection must be usable at least for this time after a response, in seconds.
KEPT = 25
# Progress that must not move a deadline: a byte every so many seconds.
DRIP = 2
# Receive buffers in bytes. Linux makes the small one as small as it can.
SMALL_BUFFER = 1
MODEST_BUFFER = 1 << 14
# So many large files do not fit into the largest send buffer that Linux has by default, 4 MB (tcp(7), tcp_wmem). A response that
# fits has ended for the server, and its connection is idle.
FILES = 4
# The pause of a slow reader, in seconds. With its buffer, it reads the file in about a minute.
SIP = 1


async def drip(connection, start, promise, deadline):
    """Sends `start` and then byte after byte. Returns what the server sent before it closed the connection."""

    async def pour():
        try:
            await connection.send(start)
            while True:
                await asyncio.sleep(DRIP)
                await connection.send(b"a")
        except OSError:
            pass

    async with meanwhile(pour()):
        return await within(SLACK * deadline, connection.closed(), promise)


async def trickled_headers(server, count):
    """Sends headers byte by byte, on every other connection after a complete request."""
    start = b"GET /auth/me HTTP/1.1\r\nHost: a\r\nX-Slow: "

    async def one(numbered):
        number, connection = numbered
        if number % 2:
            await connection.ask("GET", "/healthz")
        await drip(connection, start, "a connection with unfinished headers is closed", HEADERS)

    async with crowd(server.port, count) as connections:
        await each(enumerate(connections), one, at_once=count)


async def trickled_bodies(server, count):
    """Sends a body byte by byte."""
    headers = ["Content-Type: application/json", "Content-Length: 4096"]
    start = request("POST", "/auth/login", headers=headers) + b'{"email": "'

    async def one(connection):
        answer = await drip(connection, start, "a connection with an unfinished body is closed", REQUEST)
        if not answer.startswith(b"HTTP/1.1 408 "):
            raise Failure(f"an unfinished body is answered {answer[:40]}, not 408")

    async with crowd(server.port, count) as connections:
        await each(connections, one, at_once=count)


async def unread_responses(server, count):
    """Asks for a large file several times, on every other connection many times, and reads nothing."""
    asked = request("GET", await server.large_file())

    async def one(numbered):
        number, connection = numbered
        try:
            await connection.send(asked * (100 if number % 2 else FILES))
        except OSError:
            pass

    # A client with a full buffer cannot see that it was closed, but the server has a file descriptor less.
    async def all_closed():
        while server.connections() > before:
            await asyncio.sleep(0.1)

    before = server.connections()
    async with crowd(server.port, count, SMALL_BUFFER) as connections:
        await until(lambda: server.connections() > before + count / 2, SLACK * HEADERS, "connections are accepted")
        async with meanwhile(each(enumerate(connections), one, at_once=count)):
            await within(SLACK * STALLED_RESPONSE, all_closed(), "connections that do not read are closed")


async def slow_readers(server, count):
    """Reads a large file slowly but steadily, for longer than a response may stall. That is allowed."""
    asked = request("GET", await server.large_file(), headers=["Connection: close"])

    async def one(connection):
        await connection.send(asked)
        while await connection.receive():
            await asyncio.sleep(SIP)
        try:
            await connection.response()
        except ConnectionError:
            raise Failure("a client that reads slowly is cut off") from None

    async with crowd(server.port, count, MODEST_BUFFER) as connections:
        await within(4 * STALLED_RESPONSE, each(connections, one, at_once=count), "slow readers get the file")


async def idle(server, count):
    """Holds connections that do nothing, the half of them after a request."""
    async with crowd(server.port, count) as connections:
        await each(connections[::2], lambda connection: connection.ask("GET", "/auth/me", server.tokens["attacker"]))
        # The time in which the witness looks on.
        await asyncio.sleep(5)


async def idle_to_the_end(server, count):
    """Holds connections that do nothing until the server closes them."""
    async with crowd(server.port, count) as connections:
        asked = connections[::2]
        await each(asked, lambda connection: connection.ask("GET", "/healthz"))
        await asyncio.sleep(KEPT)
        try:
            await each(asked[::2], lambda connection: connection.ask("GET", "/healthz"))
        except ConnectionError:
            raise Failure(f"a kept connection was closed in less than {KEPT} s") from None
        promise = "idle connections are closed"
        await within(SLACK * IDLE, each(connections, lambda connection: connection.closed(), at_once=count), promise)
