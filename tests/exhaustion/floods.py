"""Too much of everything that needs no account: connections, streams, headers, bodies and requests."""

import asyncio

from connection import Connection, Failure, crowd, each, meanwhile, request, until, within
from slow import HEADERS, SLACK

# The server answers or closes a connection, in seconds.
AT_ONCE = 10
# The time for which the attacker holds what it has got, in seconds.
HOLD = 10


async def http2_streams(server, count):
    """Speaks HTTP/2 without asking, and opens streams whose responses have no window to flow into."""
    empty_window = frame(kind=4, flags=0, stream=0, payload=b"\x00\x04" + bytes(4))
    # RFC 7541: indexed fields for `:method: GET` and `:scheme: http`, then `:path` and `:authority` as literals.
    path = (await server.large_file()).encode()
    fields = b"\x82\x86" + b"\x04" + bytes([len(path)]) + path + b"\x01\x01a"
    streams = (frame(kind=1, flags=5, stream=2 * number + 1, payload=fields) for number in range(count))
    async with await Connection.open(server.port) as connection:
        try:
            await connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + empty_window + b"".join(streams))
        except ConnectionError:
            pass
        await within(AT_ONCE, connection.receive(), "the preface of HTTP/2 is answered or refused")
        answer = connection.received
        if answer and not answer.startswith(b"HTTP/1.1 400 "):
            await asyncio.sleep(HOLD)
            raise Failure(f"the preface of HTTP/2 is answered {answer[:24]}")


def frame(kind, flags, stream, payload):
    """Returns a frame of HTTP/2 (RFC 9113, section 4.1)."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


async def oversized_headers(server, count):
    """Sends 380 KB of headers without an end on each connection."""
    headers = b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + 38 * (b"X-Long: " + 9_990 * b"a" + b"\r\n")

    async def one(connection):
        try:
            await connection.send(headers)
        except ConnectionError:
            pass
        return await connection.closed()

    async with crowd(server.port, count) as connections:
        work = each(connections, one, at_once=count)
        answers = await within(SLACK * HEADERS, work, "connections with too large headers are closed")
    refused = sum(answer.startswith(b"HTTP/1.1 431 ") for answer in answers)
    if refused < count:
        raise Failure(f"{refused} of {count} connections with too large headers got 431")


async def endless_bodies(server, count):
    """Sends a body of chunks without an end on each connection."""
    start = request("POST", "/auth/login", headers=["Content-Type: application/json", "Transfer-Encoding: chunked"])
    chunk = b"4000\r\n" + 0x4000 * b"a" + b"\r\n"

    async def one(connection):
        try:
            await connection.send(start)
            while True:
                await connection.send(chunk)
        except ConnectionError:
            pass
        return await connection.closed()

    async with crowd(server.port, count) as connections:
        work = each(connections, one, at_once=count)
        answers = await within(SLACK * AT_ONCE, work, "connections with an endless body are closed")
    if not any(answer.startswith(b"HTTP/1.1 413 ") for answer in answers):
        raise Failure(f"an endless body is answered {answers[0][:40]}, not 413")


async def pipelined(server, count):
    """Sends all requests of a connection before it reads the first response."""
    token = server.tokens["attacker"]
    asked = [request("GET", "/auth/me", token, headers=[f"X-Request-Id: {number}"]) for number in range(count)]

    async def one(connection):
        async with meanwhile(connection.send(b"".join(asked))):
            for number in range(count):
                response = await connection.response()
                if (response.status, response.headers["x-request-id"]) != (200, str(number)):
                    raise Failure(f"pipelined request {number} is answered {response.status} {response.headers}")

    async with crowd(server.port, 4) as connections:
        await within(120, each(connections, one), "pipelined requests are answered")


async def resets(server, count):
    """Resets connections: some at once, some within a request, some before the response."""
    complete = request("GET", "/auth/me", server.tokens["attacker"])

    async def one(number):
        connection = await Connection.open(server.port)
        try:
            await connection.send([b"", complete[:20], complete][number % 3])
        except ConnectionError:
            pass
        connection.reset()

    await within(60, each(range(count), one), f"{count} connections are opened and reset")


async def connection_limit(server, count):
    """Opens more connections than MAX_CONNECTIONS, which is `count`."""

    async def is_served(connection):
        try:
            response = await within(AT_ONCE, connection.ask("GET", "/healthz"), "a connection is served or closed")
        except ConnectionError:
            return False
        return response.status == 200

    async with crowd(server.port, count + 20) as connections:
        served = [connection for connection in connections if await is_served(connection)]
        if not count - 20 <= len(served) <= count:
            raise Failure(f"with MAX_CONNECTIONS={count}, {len(served)} of {len(connections)} connections are served")
        refused = await Connection.open(server.port)
        if await within(AT_ONCE, refused.closed(), "a connection beyond the limit is closed"):
            raise Failure(f"a connection beyond the limit is answered {refused.received[:40]}")
        if not all([await is_served(connection) for connection in served]):
            raise Failure("a connection below the limit is not served at the limit")


async def file_descriptors(server, count):
    """Opens more connections than the server has file descriptors left."""
    restore = server.limit_files(further=count // 2)
    try:
        async with crowd(server.port, count):
            # Not all of them can be accepted. Nothing but the witness shows how the others are served.
            await until(lambda: server.connections() >= count // 2 - 10, AT_ONCE, "the server accepts until its limit")
            await asyncio.sleep(HOLD / 2)
        await until(lambda: server.connections() < 20, AT_ONCE, "the server has let go of the connections")
        await server.ask("GET", "/healthz")
    finally:
        restore()
