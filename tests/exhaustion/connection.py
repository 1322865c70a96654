"""HTTP/1.1 over plain sockets, so that an attack decides about each byte."""

import asyncio
import contextlib
import json
import re
import socket
import struct

HOST = "127.0.0.1"


class Failure(Exception):
    """The server broke a promise. The text says which one."""


class Response:
    """A status, headers with names in lower case, and a body."""

    def __init__(self, head, body):
        status, *lines = head.decode("latin-1").split("\r\n")
        if not re.match(r"HTTP/1\.1 \d{3} ", status):
            raise Failure(f"this is not a response of HTTP/1.1: {head[:40]}")
        self.status = int(status.split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def is_busy(self):
        """Returns whether this is a 503 that says when to retry."""
        return self.status == 503 and self.headers.get("retry-after", "").isdigit()


class Connection:
    """A connection to the server."""

    def __init__(self, plain):
        self.socket = plain
        self.received = b""

    @classmethod
    async def open(cls, port, receive_buffer=None):
        """Connects. A small receive buffer, in bytes, makes the server wait for a client that does not read."""
        plain = socket.socket()
        plain.setblocking(False)
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            await asyncio.get_running_loop().sock_connect(plain, (HOST, port))
        except BaseException:
            plain.close()
            raise
        return cls(plain)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    async def send(self, data):
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def receive(self):
        """Reads more. Returns whether there was more, and not the end of the connection."""
        try:
            data = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 16)
        except ConnectionError:
            data = b""
        self.received += data
        return bool(data)

    async def response(self):
        """Reads a response. Raises `ConnectionError` if the server closes the connection before its end."""
        while b"\r\n\r\n" not in self.received:
            await self._receive_more()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        response = Response(head, b"")
        length = int(response.headers.get("content-length", "0"))
        while len(self.received) < length:
            await self._receive_more()
        response.body, self.received = self.received[:length], self.received[length:]
        return response

    async def _receive_more(self):
        if not await self.receive():
            raise ConnectionResetError("the server closed the connection")

    async def ask(self, *arguments, **options):
        """Sends a request, with the arguments of `request`, and reads the response."""
        await self.send(request(*arguments, **options))
        return await self.response()

    async def closed(self):
        """Waits until the server closes the connection. Returns all that it sent before."""
        while await self.receive():
            pass
        return self.received

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes the connection with a reset instead of an orderly end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def request(method, path, token=None, body=None, headers=()):
    """Returns the bytes of a request. A body is sent as JSON."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    data = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    return "\r\n".join([*lines, "", ""]).encode() + data


@contextlib.asynccontextmanager
async def crowd(port, count, receive_buffer=None):
    """Opens `count` connections, and closes them in the end."""
    connections = []

    async def one(_):
        connections.append(await Connection.open(port, receive_buffer))

    try:
        await within(60, each(range(count), one), f"{count} connections are opened")
        yield connections
    finally:
        for connection in connections:
            connection.close()


async def each(items, work, at_once=200):
    """Returns the results of `work` for each item, of which at most `at_once` are under way."""
    room = asyncio.Semaphore(at_once)

    async def one(item):
        async with room:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


@contextlib.asynccontextmanager
async def meanwhile(work):
    """Lets `work` run as a task beside the block, at whose end it is cancelled."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def within(seconds, work, promise):
    """Returns the result of `work`. Raises `Failure` with the promise if it takes longer."""
    try:
        return await asyncio.wait_for(work, seconds)
    except TimeoutError:
        raise Failure(f"not within {seconds} s: {promise}") from None


async def until(condition, seconds, promise):
    """Waits until the condition holds."""

    async def wait():
        while not condition():
            await asyncio.sleep(0.05)

    await within(seconds, wait(), promise)
